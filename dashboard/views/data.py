"""Panels of the data page: the modules and how fresh they are, what was read and what became of it, the rows turned away."""

from __future__ import annotations

from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, cell, empty, panel, table
from dashboard.warehouse.types import Unknown

PAGE = 50


def modules_side(view: View) -> Node:
    """State of the modules in short, trouble first."""
    rows = view.w.modules()
    bad = [m for m in rows if m["status"] != "ok"]
    items = [
        h("li", h("a", marks.module_state(m["status"]), h("span", m["title"]), h("small", cell(m["data_date"])[:10], cls="num"),
                  href=view.place.url(module=m["module"], offset=None), aria_current="true" if view.place.get("module") == m["module"] else None))
        for m in rows
    ]  # fmt: skip
    note = f"{len(rows)} 个，{len(bad)} 个需处理" if bad else f"{len(rows)} 个，全部正常"
    return h(
        "section",
        h("h2", "数据模块", h("small", note)),
        h("ul", items, cls="watch"),
        cls="panel attention",
        aria_label="数据模块",
    )


def modules(view: View) -> Node:
    """Who delivers what, how often, as of when."""
    cols = [
        Col("模块"),
        Col("责任单位"),
        Col("来源系统"),
        Col("频次"),
        Col("状态"),
        Col("数据日期"),
        Col("行数", "n"),
        Col("说明", "w"),
    ]
    body = [
        [m["title"], m["owner"], m.get("systems"), m.get("cadence"), marks.module_state(m["status"]), cell(m["data_date"])[:10],
         fmt.fmt_number(m.get("rows")), m.get("message")]
        for m in view.w.modules()
    ]  # fmt: skip
    return panel(view, "数据来源与新鲜度", table(cols, body, caption="数据来源与新鲜度"), sheet="modules", cls="full")


def loads(view: View) -> Node:
    """For every table: read = loaded + quarantined + superseded, in rows and in money."""
    if not getattr(view.scope, "can_see_data", False):
        return None
    rows = view.w.loads()
    titles = {m["module"]: m["title"] for m in view.w.modules()}
    cols = [
        Col("数据表"), Col("模块"), Col("读取", "n"), Col("入库", "n"), Col("隔离", "n"), Col("被更新替代", "n"), Col("存疑", "n"), Col("核对"),
        Col("金额：读取（万元）", "n"), Col("入库", "n"), Col("隔离", "n"), Col("替代", "n"),
    ]  # fmt: skip
    body = []
    for r in rows:
        even = r["read"] == (r["loaded"] or 0) + (r["quarantined"] or 0) + (r["superseded"] or 0)
        mark = fmt.Mark("平", "●", "good") if even else fmt.Mark("不平", "■", "bad")
        out = (
            h("a", fmt.fmt_number(r["quarantined"]), href=view.place.url(module=r["module"], offset=None))
            if r["quarantined"]
            else "0"
        )
        money = [fmt.fmt_wan(r.get(f"money_{k}")) for k in ("read", "loaded", "quarantined", "superseded")]
        if r.get("money_read") is None:
            money = [fmt.NONE] * 4
        body.append([
            r["title"], titles.get(r["module"], r["module"]), fmt.fmt_number(r["read"]), fmt.fmt_number(r["loaded"]), out,
            fmt.fmt_number(r["superseded"]), fmt.fmt_number(r["warned"]), marks.chip(mark), *money,
        ])  # fmt: skip
    note = "最近一次接入：读取 = 入库 + 隔离 + 被更新替代"
    return panel(view, "接入核对", table(cols, body, caption="接入核对"), note=note, sheet="loads", cls="full")


def quarantine(view: View) -> Node:
    """Rows turned away, with the reason, by module."""
    if not getattr(view.scope, "can_see_data", False):
        return None
    module, offset = view.place.get("module") or None, view.place.offset
    rows = view.w.quarantine(module, offset, PAGE)
    titles: dict[str, str] = {m["module"]: m["title"] for m in view.w.modules()}
    links = [h("a", "全部模块", href=view.place.url(module=None, offset=None), aria_current=None if module else "true")]
    links += [
        h("a", t, href=view.place.url(module=m, offset=None), aria_current="true" if m == module else None)
        for m, t in titles.items()
    ]
    tools = h(
        "details",
        h("summary", f"模块：{titles.get(module or '', '全部')}", cls="btn small"),
        h("div", links, cls="pop list"),
        cls="menu",
    )
    title = "隔离记录"
    if not rows.rows:
        return panel(view, title, empty("没有被隔离的记录。"), tools=tools, cls="full")
    names = [c.name for c in rows.columns]
    shown = [k for k, n in enumerate(names) if n not in ("table_name", "batch", "rule")]
    cols = [Col(rows.columns[k].title, "w" if names[k] == "sentence" else "") for k in shown]

    def text(k: int, value: Any) -> Node:
        if names[k] == "module":
            return titles.get(value, value)
        if names[k] == "community_code" and value:
            try:
                return view.w.area(value).name
            except Unknown:
                return value
        return cell(value)

    body = [[text(k, row[k]) for k in shown] for row in rows.rows]
    before = h("a", "‹ 上一页", href=view.place.url(offset=max(offset - PAGE, 0) or None), cls="btn small") if offset else None
    after = h("a", "下一页 ›", href=view.place.url(offset=offset + PAGE), cls="btn small") if offset + PAGE < rows.total else None
    pager = h(
        "div",
        before,
        h("span", f"第 {offset + 1:,}–{min(offset + PAGE, rows.total):,} 条，共 {rows.total:,} 条", cls="num"),
        after,
        cls="pager",
    )
    note = f"{rows.total:,} 条，请责任单位更正后重新报送"
    return panel(
        view,
        title,
        table(cols, body, caption=title, cls="tall"),
        pager if before or after else None,
        note=note,
        sheet="quarantine",
        cls="full",
        tools=tools,
    )
