"""Panels of the subsidies page: from budget to payment, by programme and by street. Amounts in 万元 with two decimals."""

from __future__ import annotations

from typing import Any

from dashboard import format as fmt
from dashboard.views.attention import bar
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, empty, panel, table

STEPS = (("budget", "年度预算"), ("applied_ytd", "累计申报"), ("approved_ytd", "累计审核通过"), ("paid_ytd", "累计发放"))
_NONE_HERE, _UP = "预算按街道下达，社区不单列。", "请返回街道或全区查看。"


def total(rows: list[dict[str, Any]], key: str) -> Any:
    """The sum of a column; None where no row has it."""
    known = [r[key] for r in rows if r.get(key) is not None]
    return sum(known) if known else None


def funnel(view: View) -> Node:
    """Four steps from the year's budget to what was paid, each as a share of the budget and of the step before."""
    rows = view.w.subsidies(view.area.code, view.month)
    title = "从预算到发放"
    year = f"{view.month[:4]}年1–{int(view.month[5:])}月，万元；申报、审核按应发月份计"
    if not rows:
        return panel(view, title, empty(_NONE_HERE + view.upwards(_UP)), cls="full")
    amounts = [(name, total(rows, key)) for key, name in STEPS]
    most = max((float(a) for _, a in amounts if a), default=0)
    items, before = [], None
    for name, amount in amounts:
        width = float(amount or 0) / most * 100 if most else 0
        share = h("small", f"上一步的 {fmt.fmt_share(amount, before)}") if before is not None else h("small", "全年")
        items.append(h("li", h("span", name, cls="name"), bar(width), h("b", fmt.fmt_wan(amount), cls="num"), share))
        before = amount
    return panel(view, title, h("ol", items, cls="funnel"), note=year, cls="half")


def by_programme(view: View) -> Node:
    """One row per programme."""
    rows = view.w.subsidies(view.area.code, view.month)
    if not rows:
        return None
    return panel(view, "按项目", _table(view, "项目", rows, "name"), note="万元", sheet="programmes", cls="full")


def by_street(view: View) -> Node:
    """One row per street within the reader's scope."""
    if view.area.level > 1:
        return None
    rows = view.w.subsidies_by_street(None, view.month)
    return panel(view, "按街道", _table(view, "街道", rows, "street"), note="万元", sheet="streets", cls="half") if rows else None


def _table(view: View, head: str, rows: list[dict[str, Any]], key: str) -> Node:
    wide = key == "name"
    cols = [
        Col(head),
        *([Col("发放对象")] if wide else []),
        Col("年度预算", "n"),
        Col("累计申报", "n"),
        Col("累计审核", "n"),
        Col("累计发放", "n"),
    ]
    cols += [Col("本月发放", "n")] if wide else []
    cols += [Col("执行率 %", "n", note="累计发放 ÷ 年度预算")]
    body = []
    for r in rows:
        name: Node = r[key]
        if r.get("street_code"):
            name = h("a", name, href=view.place.url(area=r["street_code"], rows=None))
        cells: list[Node] = [name]
        if wide:
            cells.append({"elder": "老年人", "provider": "服务单位"}.get(str(r.get("payee")), r.get("payee")))
        cells += [fmt.fmt_wan(r.get(k)) for k, _ in STEPS]
        cells += [fmt.fmt_wan(r.get("paid"))] if wide else []
        body.append([*cells, fmt.fmt_number(r.get("execution_rate"), 1)])
    sums: list[Node] = ["合计", *([h("span")] if wide else []), *(fmt.fmt_wan(total(rows, k)) for k, _ in STEPS)]
    sums += [fmt.fmt_wan(total(rows, "paid"))] if wide else []
    sums.append(fmt.fmt_share(total(rows, "paid_ytd"), total(rows, "budget"))[:-1] or fmt.NONE)
    return table(cols, body, caption=f"按{head}", foot=sums)
