"""What providers reported of incidents, held against what others know: the list on 检查, and one provider's incidents of a year.

A missing report is a question to the provider, never a finding; where little is known nothing is said.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, cell, empty, panel, table

VERDICTS = {
    "需核查": fmt.Mark("需核查", "▲", "warn"), "未见异常": fmt.Mark("未见异常", "●", "good"), "样本不足": fmt.Mark("样本不足", "○", "none"),
}  # fmt: skip
STANDINGS = {
    "需核查": fmt.Mark("未见自报，需核查", "▲", "warn"), "已自报": fmt.Mark("已自报", "●", "good"),
    "未到期": fmt.Mark("报告期未满", "○", "none"), "身份存疑": fmt.Mark("身份存疑，不计", "○", "none"),
}  # fmt: skip
SOURCES = (("by_hospital", "医疗"), ("by_call", "呼叫"), ("by_device", "设备"), ("by_complaint", "投诉"))
CAUTION = "提请核查的问题，不是认定：送诊原因、告警和投诉都可能有误，以核实结果为准"


def audit_list(view: View) -> Node:
    """Providers whose self-reports are to be looked at; None where the region has no audit."""
    if not view.knows("self_report_rate"):
        return None
    rows, title = view.w.self_reports(view.area.code, view.month), "自报核查"
    if not rows:
        return panel(view, title, empty("本区域没有可核对的事件：别处没有照护期间事件的记录，或没有生效的自报核对办法。"), cls="full")
    counts = Counter(r["verdict"] for r in rows)
    summary = h("ul", [h("li", marks.chip(mark), f" {counts[v]} 家") for v, mark in VERDICTS.items()], cls="counts")
    asked = [r for r in rows if r["verdict"] == "需核查"]
    details = view.place.subjects("/providers")
    body = [
        [h("a", r["name"], href=details(r["provider_id"])), r.get("kind"), r.get("street"), r["known"], r["reported"], r["missing"], _rate(r),
         marks.chip(VERDICTS[r["verdict"]])]
        for r in asked
    ]  # fmt: skip
    cols = [Col("单位"), Col("类型"), Col("街道"), Col("别处已知", "n", note="照护期间、医疗或呼叫或设备或投诉有记录的事件"), Col("已自报", "n"),
            Col("未自报", "n"), Col("自报率", "n"), Col("核对")]  # fmt: skip
    listed = table(cols, body, caption=title) if body else empty("本区域没有需要核查自报情况的单位。")
    return panel(view, title, summary, listed, note=f"近 {rows[0]['months']} 个月；{CAUTION}", cls="full")


def returns_list(view: View) -> Node:
    """Providers whose zero reports are contradicted or that handed in nothing; None where the region asks for no monthly reports."""
    if not view.knows("zero_reports_doubted") or "incident_return_month" not in view.w.snapshot.tables:
        return None
    rows, title = view.w.incident_returns(view.area.code, view.month), "零报告核查"
    if not rows:
        return panel(view, title, empty("近 12 个月，本区域应按月报告的单位没有未报的月份，零报告也没有与别处记录不符的。"), cls="full")
    details = view.place.subjects("/providers")
    body = [
        [h("a", r["name"], href=details(r["provider_id"])), r.get("kind"), r.get("street"), r["asked"], r["zeros"], r["doubted"],
         _months(r["months_doubted"]), r["unfiled"], _months(r["months_unfiled"])]
        for r in rows
    ]  # fmt: skip
    cols = [Col("单位"), Col("类型"), Col("街道"), Col("应报月数", "n"), Col("零报告", "n"), Col("零报告不符", "n", note="零报告月份别处有未自报事件的记录，或同月另报有事件"),
            Col("不符月份"), Col("到期未报", "n"), Col("未报月份")]  # fmt: skip
    return panel(view, title, table(cols, body, caption=title, cls="tall"), note=f"近 12 个月；{CAUTION}", cls="full")


def _months(joined: str | None) -> str:
    """``2026年3月、5月``: the year once for its months."""
    said, year = [], ""
    for month in (joined or "").split("、"):
        if month:
            said.append(f"{int(month[5:])}月" if month[:4] == year else fmt.fmt_month(month))
            year = month[:4]
    return "、".join(said)


def incidents_panel(view: View) -> Node:
    """One provider's incidents that others know of, each with the report that answers for it; None where nothing is known."""
    if not view.knows("self_report_rate") or not view.scope.may("rows"):
        return None
    found, incidents = view.w.incidents_of(view.ident, view.month)
    if not found:
        return None
    summary = h(
        "p", marks.chip(VERDICTS[found["verdict"]]),
        f" 近 {found['months']} 个月，别处已知照护期间事件 {found['known']} 起，其中已自报 {found['reported']} 起、未见自报 {found['missing']} 起"
        f"（自报率 {_rate(found)}）。",
        "已知事件太少，不作判断。" if found["verdict"] == "样本不足" else "",
    )  # fmt: skip
    cols = [Col("发生时间"), Col("照护方式"), Col("别处记录"), Col("来源"), Col("自报编号"), Col("核对"), Col("明细")]
    body = [
        [cell(i["happened_at"]), i["care"], i["says"], "、".join(name for key, name in SOURCES if i[key]), i["report_no"],
         marks.chip(STANDINGS[i["standing"]]), h("span", _links(view, i), cls="links")]
        for i in incidents
    ]  # fmt: skip
    return panel(view, "自报核对", summary, table(cols, body, caption="自报核对", cls="tall"), note=CAUTION, cls="full")


def _links(view: View, incident: dict[str, Any]) -> list[Node]:
    """The record of others, and all that the provider reported in that month."""
    month = incident["month"]
    said = f"{fmt.fmt_month(month)}：{incident['says']}"
    there = view.place.rows("incidents_known", provider=view.ident, one=incident["incident_id"], month=month)
    own = view.place.rows("incidents_reported", provider=view.ident, month=month)
    return [h("a", "别处记录", href=there, aria_label=f"别处记录：{said}"), " ", h("a", "当月自报", href=own, aria_label=f"当月自报：{said}")]


def _rate(row: dict[str, Any]) -> str:
    return f"{fmt.fmt_number(row['rate'], 1)}%"
