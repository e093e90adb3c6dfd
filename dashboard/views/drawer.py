"""The rows behind a figure: a panel over the page, opened and paged by the URL."""

from __future__ import annotations

from typing import Any

from dashboard import format as fmt
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, cell, empty, table

PAGE = 50
RECORDS = {"inspection_finding": "检查问题", "inspection_inspection": "检查", "inspection_penalty": "行政处罚", "inspection_action": "退出文书",
           "provider_permit": "证照", "complaint_complaint": "投诉工单", "incident_known": "别处已知事件", "provider_provider": "服务单位", "rating": "评级"}  # fmt: skip


def drawer(view: View) -> Node:
    """None while no figure is asked for. Raises Unknown for an indicator or provider that the reader does not see."""
    code = view.place.get("rows")
    if not code:
        return None
    ind = view.ind(code)
    which = "whole" if view.place.get("which") == "whole" and ind.whole is not None else "part"
    provider = view.place.get("provider") or None
    offset = view.place.offset
    rows = view.w.rows(code, view.area.code, view.month, which=which, provider=provider, offset=offset, limit=PAGE)
    if provider:
        figure = view.w.provider_figures([code], provider, view.month)[code]
        about = str(view.w.provider(provider, view.month)["name"])
    else:
        figure, about = view.w.figures([code], view.area.code, view.month)[code], view.area.name
    listed = [f"{title}（{owner}，{str(date)[:10] if date else '尚无数据'}）" for _, title, owner, date in view.w.source_of(code)]
    sources = fmt.few(listed, what="个数据模块") or fmt.NONE
    return h(
        "section",
        h("div",
          h("div", h("h2", ind.name, h("b", fmt.fmt_value(ind, figure), cls="num"), id="drawer-title", tabindex="-1"),
            h("a", "关闭", href=view.place.closed(), cls="btn small close", aria_label="关闭明细（Esc）"), cls="row"),
          h("p", f"{about} · {fmt.fmt_month(view.month)} · 共 {rows.total:,} 条", _outside(rows), cls="sub"),
          h("p", h("em", "口径"), ind.definition, cls="def"),
          h("p", h("em", "来源"), sources, cls="def"),
          h("div", _switch(view, ind, figure, which), _tools(view, code, which, provider), cls="row"),
          cls="top"),
        _body(rows, view, view.w.record_key(code, which)),
        pager(view, offset, rows.total),
        cls="drawer", role="dialog", aria_labelledby="drawer-title", id="drawer",
    )  # fmt: skip


def record(view: View) -> Node:
    """The one record that a piece of evidence of the provider on this page rests on. Raises Unknown for any other record."""
    source, _, key = view.place.get("rec").partition(":")
    rows = view.w.evidence_row(view.ident, view.month, source, key)
    said = h(
        "p",
        f"{view.w.provider(view.ident, view.month)['name']} · {fmt.fmt_month(view.month)} · {RECORDS.get(source, '')} {key}",
        cls="sub",
    )
    body: Node = empty("这条记录在本快照中没有可显示的字段。")
    if len(rows.rows) == 1:
        pairs = [h("div", h("dt", c.title), h("dd", cell(v))) for c, v in zip(rows.columns, rows.rows[0], strict=True)]
        body = h("dl", pairs, cls="facts grow")
    elif rows.rows:
        body = _body(rows)
    close = h("a", "关闭", href=view.place.closed(), cls="btn small close", aria_label="关闭记录（Esc）")
    top = h("div", h("div", h("h2", "依据的记录", id="drawer-title", tabindex="-1"), close, cls="row"), said, cls="top")
    return h("section", top, body, cls="drawer", role="dialog", aria_labelledby="drawer-title", id="drawer")


def _outside(rows: Any) -> str:
    return f"，另有 {rows.outside:,} 条属于权限以外的区域" if getattr(rows, "outside", 0) else ""


def _switch(view: View, ind: Any, figure: Any, which: str) -> Node:
    if ind.whole is None:
        return h("span")
    names = ("样本", "样本") if ind.ranked else ("计入的记录", "参与的记录") if ind.kind == "mean" else ("分子", "分母")
    parts = [("part", names[0]), ("whole", names[1])]
    links = [
        h(
            "a",
            name,
            href=view.place.url(which=None if key == "part" else key, offset=None),
            aria_current="true" if key == which else None,
        )
        for key, name in parts
    ]
    return h("nav", links, cls="seg", aria_label="明细范围") if not ind.ranked else h("span")


def _tools(view: View, code: str, which: str, provider: str | None) -> Node:
    if not view.scope.may("export"):
        return None
    address = view.place.export(view.page.key, table="rows", rows=code, which=which, provider=provider)
    return h("a", "导出 Excel", href=address, cls="btn small", target="_self")


def _body(rows: Any, view: View | None = None, key: str = "") -> Node:
    """The rows as a table; with a ``key`` column, its cells open the one record."""
    if not rows.rows:
        return empty("没有符合口径的记录。可切换分母查看全部记录，或换一个月份。")
    cols = [
        Col(c.title, "n" if _numeric(rows.rows, k) else "", note="按权限脱敏" if c.privacy else "")
        for k, c in enumerate(rows.columns)
    ]
    at = next((k for k, c in enumerate(rows.columns) if c.name == key), -1)

    def shown(k: int, value: Any) -> Node:
        text = cell(value)
        if k != at or view is None or value is None:
            return text
        return h("a", text, href=view.place.url(one=value), aria_label=f"打开记录 {text}")

    body = [[shown(k, v) for k, v in enumerate(row)] for row in rows.rows]
    return table(cols, body, caption="明细记录", cls="grow")


def _numeric(rows: list[Any], k: int) -> bool:
    values = [row[k] for row in rows if row[k] is not None]
    return bool(values) and all(
        not isinstance(v, (str, bool)) and hasattr(v, "__add__") and hasattr(v, "__float__") for v in values
    )


def pager(view: View, offset: int, total: int) -> Node:
    if total <= PAGE and not offset:
        return None
    before = h("a", "‹ 上一页", href=view.place.url(offset=max(offset - PAGE, 0) or None), cls="btn small") if offset else None
    after = h("a", "下一页 ›", href=view.place.url(offset=offset + PAGE), cls="btn small") if offset + PAGE < total else None
    first = min(offset + 1, total)
    return h(
        "div", before, h("span", f"第 {first:,}–{min(offset + PAGE, total):,} 条，共 {total:,} 条", cls="num"), after, cls="pager"
    )
