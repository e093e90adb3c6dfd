"""Rows turned away: who has to correct how many, for which reason, the file to send back, and the rows themselves."""

from __future__ import annotations

from typing import Any

from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, cell, empty, panel, table
from dashboard.warehouse.types import Unknown

PAGE = 50
REASONS = 3
WIDE = ("row_key", "column_title", "value_masked", "sentence")


def by_owner(view: View) -> Node:
    """One line per owner and module: rows to correct, the commonest reasons, and the file that goes back to the owner."""
    rows = view.w.returns()
    if not rows:
        return panel(view, "按责任单位退回", empty("没有被隔离的记录，无需退回。"), cls="full")
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for r in rows:
        groups.setdefault((r["owner"], r["module"]), []).append(r)
    owners: dict[str, int] = {}
    for (owner, _), found in groups.items():
        owners[owner] = owners.get(owner, 0) + sum(r["rows"] for r in found)
    body, before = [], ""
    for (owner, module), found in sorted(groups.items(), key=lambda g: (-owners[g[0][0]], g[0][0], -sum(r["rows"] for r in g[1]))):
        first = owner != before
        before = owner
        back = None
        if first and view.scope.may("export"):
            back = h("a", "退回 Excel", href=view.place.export(view.page.key, table="returns", owner=owner), cls="btn small", target="_self",
                     aria_label=f"下载退回清单：{owner}")  # fmt: skip
        reasons = [h("li", f"{r['sentence']}（{r['rows']:,} 行）") for r in found[:REASONS]]
        if len(found) > REASONS:
            reasons.append(h("li", f"等 {len(found)} 种原因", cls="quiet"))
        count = h("a", f"{sum(r['rows'] for r in found):,}", href=view.place.url(module=module, owner=None, offset=None))
        body.append([owner if first else h("span", owner, cls="offscreen"), found[0]["title"], count, h("ul", reasons), back or " "])
    cols = [Col("责任单位"), Col("模块"), Col("隔离（行）", "n", note="一行因多种原因被隔离时，各原因分别计数"), Col("主要原因", "w"), Col("退回")]
    note = f"{len(owners)} 个责任单位，请更正后重新报送"
    return panel(view, "按责任单位退回", table(cols, body, caption="按责任单位退回"), note=note, cls="full returns")


def quarantine(view: View) -> Node:
    """The rejected rows with their reason, by module, page by page."""
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
    cols = [Col(rows.columns[k].title, "w" if names[k] in WIDE else "") for k in shown]

    def text(k: int, value: Any) -> Node:
        if names[k] == "module":
            return titles.get(value, value)
        if names[k] == "community_code" and value:
            try:
                return view.w.area(value).name
            except Unknown:
                return str(value)
        return cell(value)

    body = [[text(k, row[k]) for k in shown] for row in rows.rows]
    note = f"{rows.total:,} 条（行 × 原因），原值已脱敏"
    return panel(
        view,
        title,
        table(cols, body, caption=title, cls="tall"),
        pager(view, offset, rows.total),
        note=note,
        sheet="quarantine",
        cls="full",
        tools=tools,
    )


def pager(view: View, offset: int, total: int) -> Node:
    """Links to the pages before and after; None where everything fits."""
    before = h("a", "‹ 上一页", href=view.place.url(offset=max(offset - PAGE, 0) or None), cls="btn small") if offset else None
    after = h("a", "下一页 ›", href=view.place.url(offset=offset + PAGE), cls="btn small") if offset + PAGE < total else None
    if not before and not after:
        return None
    return h(
        "div", before, h("span", f"第 {offset + 1:,}–{min(offset + PAGE, total):,} 条，共 {total:,} 条", cls="num"), after, cls="pager"
    )
