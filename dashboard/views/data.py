"""Panels of the data page's first view: the modules, how fresh they are against what was agreed, and where rejected rows come from."""

from __future__ import annotations

from typing import Any

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
        Col("模块"), Col("责任单位"), Col("来源系统"), Col("约定频次"), Col("接入方式"), Col("状态"), Col("数据日期"), Col("行数", "n"),
    ]  # fmt: skip
    body = [
        [h("a", m["title"], href=view.place.subject("/data/contract", module=m["module"])), m["owner"], m.get("systems"), m.get("cadence"),
         m.get("delivery"), marks.module_state(m["status"]), cell(m["data_date"])[:10], fmt.fmt_number(m.get("rows"))]
        for m in view.w.modules()
    ]  # fmt: skip
    said = [
        h("li", marks.module_state(m["status"]), h("b", m["title"]), h("span", str(m["message"]).removeprefix(f"{m['module']}: ")))
        for m in view.w.modules() if m.get("message")
    ]  # fmt: skip
    told = h("ul", said, cls="told", aria_label="各模块的说明") if said else None
    return panel(view, "数据来源与新鲜度", told, table(cols, body, caption="数据来源与新鲜度"), sheet="modules", cls="full")


def today(view: View) -> str:
    """What to add to a note on things that go on beside the snapshots, where an earlier snapshot is looked at; else nothing."""
    return "；这里始终显示现在的情况，不随所查看的快照变化" if view.place.get("as_of") else ""


def held(view: View) -> Node:
    """Deliveries that wait for a person's decision, with the form for those who may decide; None where nothing waits."""
    rows = view.w.held()
    if not rows:
        return None
    titles = {m["module"]: m["title"] for m in view.w.modules()}
    cols = [Col("模块"), Col("起始"), Col("数据日期"), Col("状态"), Col("原因", "w"), Col("处理")]
    body = []
    for r in rows:
        said: Node = f"{r['decided_by']}：{r['reason']}" if r.get("decided_by") else "由区民政局处理"
        if view.w.may_decide and not view.place.get("as_of"):
            if r["state"] == "pending":
                said = _decision(view, r)
            elif r["state"] == "rejected" and r["releasable"]:
                said = [h("p", said), _decision(view, r)]
        body.append([
            titles.get(r["module"], r["module"]), str(r["since"])[:16], cell(r["data_date"])[:10], r["state_text"],
            h("ul", [h("li", f) for f in r["findings"]]), said,
        ])  # fmt: skip
    note = "与上次相比异常，已沿用上次的数据；核实后放行或退回" + today(view)
    return panel(view, "暂缓采用的报送", table(cols, body, caption="暂缓采用的报送"), note=note, cls="full returns")


def _decision(view: View, row: dict[str, Any]) -> Node:
    """A reason and two buttons, for a rejected delivery only the one that releases it after all; sent to the server as a plain form."""
    reason = h("input", type="text", name="reason", required=True, maxLength=200, placeholder="理由", aria_label=f"处理理由：{row['module']}")
    buttons = [h("button", "退回", type="submit", name="decision", value="rejected", cls="btn small")] if row["state"] == "pending" else []
    if row["releasable"]:
        buttons.insert(0, h("button", "放行", type="submit", name="decision", value="released", cls="btn small"))
    back = h("input", type="hidden", name="next", value=view.place.url())
    return h("form", reason, buttons, back, method="post", action=f"/held/{row['module']}", cls="decision")
