"""Modules that come from many units (canteens, sites, homes, lead departments): who has delivered the last month, by street and module."""

from __future__ import annotations

from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, cell, panel, table

MOST = 20
CODE = "units_on_time"


def arrivals(view: View) -> Node:
    """Streets down, modules across: shape, word and the newest day; below it the units whose data of the month are missing."""
    rows = view.w.arrivals(view.area.code)
    if not rows:
        return None
    told = {m["module"]: m for m in view.w.modules()}
    modules = [m for m in told if any(r["module"] == m for r in rows)]
    streets = dict(sorted({(r["street_code"] or "", r["street"]) for r in rows}, key=lambda s: (s[0] == "", s[0])))
    cols = [Col("街道"), *(Col(told[m]["title"], note=str(told[m]["cadence"])) for m in modules)]
    body: list[list[Node]] = []
    for code, name in streets.items():
        head = h("a", name, href=view.place.url(area=code, rows=CODE)) if code and view.knows(CODE) else name
        body.append([head, *(_cell([r for r in rows if r["module"] == m and (r["street_code"] or "") == code]) for m in modules)])
    foot = ["合计", *(_cell([r for r in rows if r["module"] == m]) for m in modules)]
    late = [r for r in rows if not r["on_time"]]
    note = f"{len(rows)} 个单位，{len(late)} 个未报 {fmt.fmt_month(view.w.latest_month)}" if late else f"{len(rows)} 个单位均已报"
    return panel(
        view, "按街道的报送情况", table(cols, body, caption="按街道的报送情况", foot=foot), _late(view, late, told) if late else None,
        note=f"{note}；按各单位数据本身的日期判断，只看最近月份", sheet="arrivals", cls="full",
    )  # fmt: skip


def _cell(rows: list[dict[str, Any]]) -> Node:
    """How the units of one street stand with one module."""
    if not rows:
        return h("span", "不涉及", cls="quiet")
    missing = sum(not r["on_time"] for r in rows)
    newest = max((str(r["newest_on"])[:10] for r in rows if r["newest_on"]), default="")
    if not newest:
        return marks.chip(fmt.Mark(f"{len(rows)} 家从未报送", "■", "bad"))
    mark = fmt.Mark(f"{missing}/{len(rows)} 家未报", "▲", "warn") if missing else fmt.Mark(f"{len(rows)} 家已报", "●", "good")
    return [marks.chip(mark), " ", h("small", newest[5:], cls="quiet num", title=f"数据最近到 {newest}")]


def _late(view: View, late: list[dict[str, Any]], told: dict[str, dict[str, Any]]) -> Node:
    cols = [Col("未报单位"), Col("模块"), Col("街道"), Col("数据最近到"), Col("落后天数", "n"), Col("责任单位")]
    body = [
        [r["unit"], told[r["module"]]["title"], r["street"], cell(r["newest_on"])[:10], fmt.fmt_number(r["days_behind"]), told[r["module"]]["owner"]]
        for r in late[:MOST]
    ]
    more = h("p", f"另有 {len(late) - MOST} 个单位，见 Excel。", cls="hint") if len(late) > MOST else None
    return [table(cols, body, caption="未报单位"), more]
