"""Panels of the data page's first view: the modules, how fresh they are against what was agreed, and where rejected rows come from."""

from __future__ import annotations

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, cell, panel, table


def modules_side(view: View) -> Node:
    """State of the modules in short, trouble first."""
    rows = view.w.modules()
    bad = [m for m in rows if m["status"] != "ok"]
    items = [
        h("li", h("a", marks.module_state(m["status"]), h("span", m["title"]), h("small", cell(m["data_date"])[:10], cls="num"),
                  href=view.place.subject("/data/contract", module=m["module"])))
        for m in rows
    ]  # fmt: skip
    note = f"{len(rows)} 个，{len(bad)} 个需处理" if bad else f"{len(rows)} 个，全部正常"
    return h(
        "section",
        h("h2", "数据模块", h("small", note)),
        h("ul", items, cls="watch"),
        cls="panel attention grow",
        aria_label="数据模块",
    )


def modules(view: View) -> Node:
    """Who delivers what, how often, as of when, and what is wrong."""
    cols = [
        Col("模块"), Col("责任单位"), Col("来源系统"), Col("约定频次"), Col("接入方式"), Col("状态"), Col("数据日期"), Col("行数", "n"), Col("说明", "w"),
    ]  # fmt: skip
    body = [
        [h("a", m["title"], href=view.place.subject("/data/contract", module=m["module"])), m["owner"], m.get("systems"), m.get("cadence"),
         m.get("delivery"), marks.module_state(m["status"]), cell(m["data_date"])[:10], fmt.fmt_number(m.get("rows")), m.get("message")]
        for m in view.w.modules()
    ]  # fmt: skip
    return panel(view, "数据来源与新鲜度", table(cols, body, caption="数据来源与新鲜度"), sheet="modules", cls="full")
