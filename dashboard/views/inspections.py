"""Panels and map marks of the inspections page: open findings with their clocks, risk, credit."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.attention import bar
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.page import Layer
from dashboard.views.tables import Col, cell, empty, panel, table

OVERDUE, SOON, RUNNING, UNORDERED = "overdue", "soon", "running", "unordered"
CLOCKS = {
    OVERDUE: fmt.Mark("逾期未整改", "◆", "bad"),
    SOON: fmt.Mark("七日内到期", "▲", "warn"),
    RUNNING: fmt.Mark("期限内", "■", "plain"),
    UNORDERED: fmt.Mark("未下达整改", "○", "none"),
}
SOON_DAYS = 7
GRADES = {
    "A": fmt.Mark("A 守信", "●", "good"), "B": fmt.Mark("B 正常", "■", "plain"), "C": fmt.Mark("C 轻微失信", "▲", "warn"),
    "D": fmt.Mark("D 严重失信", "◆", "bad"),
}  # fmt: skip
MOST = 15


def month_end(month: str) -> date:
    """The last day of a month."""
    year, number = int(month[:4]), int(month[5:])
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)


def clock_of(finding: dict[str, Any], end: date) -> str:
    """Where a finding's rectification stands at the month's end."""
    if finding["deadline"] is None:
        return UNORDERED
    left = (finding["deadline"] - end).days
    return OVERDUE if left < 0 else SOON if left <= SOON_DAYS else RUNNING


def _findings(view: View) -> list[dict[str, Any]]:
    end = month_end(view.month)
    return [{**f, "clock": clock_of(f, end)} for f in view.w.open_findings(view.area.code, view.month)]


def finding_spots(view: View) -> list[tuple[dict[str, Any], fmt.Mark, str]]:
    """Providers with open findings, marked by the worst clock among them."""
    by: dict[str, list[dict[str, Any]]] = {}
    for found in _findings(view):
        by.setdefault(found["provider_id"], []).append(found)
    order = list(CLOCKS)
    return [
        (p, CLOCKS[min((f["clock"] for f in by[p["provider_id"]]), key=order.index)], f"{len(by[p['provider_id']])} 项未整改")
        for p in view.providers if p["provider_id"] in by
    ]  # fmt: skip


open_findings = Layer("open", "spots", "整改时钟", finding_spots, tuple(CLOCKS.values()))


def clocks(view: View) -> Node:
    """How many open findings are overdue, nearly due, running; each row filters the list below."""
    counts = Counter(f["clock"] for f in _findings(view))
    most = max(counts.values(), default=0)
    chosen = view.place.get("state")
    rows = [
        h("li", h(
            "a", marks.chip(mark), bar(counts[key] / most * 100 if most else 0), h("span", f"{counts[key]} 项", cls="num"),
            href=view.place.url(state=None if chosen == key else key, rows=None), aria_current="true" if chosen == key else None,
        )) for key, mark in CLOCKS.items()
    ]  # fmt: skip
    return h("section", h("h2", "整改时钟", h("small", "截至月末，点按筛选")), h("ul", rows, cls="bars links"), cls="panel attention", aria_label="整改时钟")


def findings_list(view: View) -> Node:
    """Open findings, the gravest first, with the days that are left or have passed."""
    chosen, end, title = view.place.get("state"), month_end(view.month), "未整改问题"
    everything = _findings(view)
    rows = [f for f in everything if chosen not in CLOCKS or f["clock"] == chosen]
    if not rows:
        return panel(view, title, empty("本区域月末没有这类未整改的问题。" if everything else "本区域月末没有未整改的问题。"), cls="full")
    details = view.place.subjects("/providers")
    body = [
        [
            h("a", f["provider_name"], href=details(f["provider_id"])), f["severity"], f["scope"], f["field"], f["description"], f["clause"],
            cell(f["inspected_on"]), cell(f["deadline"]), marks.chip(CLOCKS[f["clock"]]), _left(f["deadline"], end),
        ]
        for f in rows
    ]  # fmt: skip
    cols = [Col("单位"), Col("程度"), Col("范围"), Col("领域"), Col("问题", "w"), Col("条款", "w"), Col("检查日期"), Col("整改期限"), Col("状态"),
            Col("天数", "n", note="截至月末，距期限的天数；负数为逾期天数")]  # fmt: skip
    note = f"{len(rows)} 项" + (f"，共 {len(everything)} 项" if len(rows) < len(everything) else "")
    return panel(view, title, table(cols, body, caption=title, cls="tall"), note=note, cls="full")


def _left(deadline: date | None, end: date) -> str:
    return fmt.NONE if deadline is None else f"{(deadline - end).days}"


def risk_list(view: View) -> Node:
    """Providers with the highest inspection risk, and what it consists of."""
    rows, title = view.w.risks(view.area.code, view.month), "检查风险"
    if not rows:
        return panel(view, title, empty("本区域本月没有风险测算：没有生效的抽查办法，或没有在营单位。"), cls="full")
    details = view.place.subjects("/providers")
    body = [
        [
            h("a", r["name"], href=details(r["provider_id"])), r.get("kind"), r.get("street"), fmt.fmt_number(r["risk"]), r["stratum"],
            "；".join(f"{x['sentence']}（{x['points']}）" for x in r["reasons"]) or "没有加分项",
            cell(r["last_on"]), r["due_because"],
        ]
        for r in rows[:MOST]
    ]  # fmt: skip
    cols = [Col("单位"), Col("类型"), Col("街道"), Col("风险分", "n", note="抽查办法所列各项加分之和，权重 = 基础分 + 风险分"), Col("分层"), Col("构成（分）", "w"),
            Col("上次检查"), Col("下月应查")]  # fmt: skip
    due = sum(bool(r["due_rule"]) for r in rows)
    note = f"最高的 {min(MOST, len(rows))} 家，共 {len(rows)} 家；下月应查必查 {due} 家；办法版本 {rows[0]['policy_version']}"
    return panel(view, title, table(cols, body, caption=title), note=note, cls="full")


def credit_list(view: View) -> Node:
    """How many have each credit grade by verified records, and C and D with their reasons beside the grade on the register."""
    rows, title = view.w.credit(view.area.code, view.month), "信用等级"
    if not rows:
        return panel(view, title, empty("本区域本月没有信用等级：没有生效的信用办法，或没有在营单位。"), cls="full")
    counts = Counter(r["grade"] for r in rows)
    summary = h("ul", [h("li", marks.chip(mark), f" {counts[g]} 家") for g, mark in GRADES.items()], cls="counts")
    low = sorted((r for r in rows if r["grade"] in ("C", "D")), key=lambda r: (r["grade"] != "D", r["provider_id"]))
    details = view.place.subjects("/providers")
    body = [
        [h("a", r["name"], href=details(r["provider_id"])), r.get("street"), marks.chip(GRADES[r["grade"]]), r["because"], r["basis"], cell(r["since"]),
         r["registered"] or "未登记", "公示" if r["published"] else fmt.NONE]
        for r in low
    ]  # fmt: skip
    cols = [Col("单位"), Col("街道"), Col("等级"), Col("依据的记录", "w"), Col("条款", "w"), Col("起算"), Col("登记等级", note="信用记录登记的等级"), Col("公示")]
    listed = table(cols, body, caption="C、D 级单位") if body else empty("没有 C、D 级单位。")
    note = f"只依据查实的检查、处罚、监管措施和证照记录，共 {len(rows)} 家"
    return panel(view, title, summary, listed, note=note, cls="full")


# The sections of an assessment of the grade, and those of a third-party evaluation: column → what it is called.
SECTIONS = {"setting_share": "环境", "facilities_share": "设施设备", "management_share": "运营管理", "service_share": "服务"}
EVALUATED = {"evaluated_setting_share": "环境设施", "evaluated_management_share": "运营管理", "evaluated_service_share": "服务质量"}


def grades_list(view: View) -> Node:
    """Grades of GB/T 37276 that the provider's own scores or the latest third-party evaluation do not bear out; None where the check is not there."""
    if not view.knows("grades_contradicted"):
        return None
    rows, title = view.w.grade_checks(view.area.code, view.month), "等级存疑"
    if not rows:
        return panel(view, title, empty("本区域没有与评分不符的评定等级。"), cls="full")
    details = view.place.subjects("/providers")
    body = [
        [h("a", r["provider_name"], href=details(r["provider_id"])), r["kind"], f"{fmt.star_word(r['grade'])[0]}级", fmt.fmt_number(r["grade_score"]),
         fmt.fmt_number(r["least_score"]), fmt.fmt_number(r["least_share"]), cell(r["evaluated_on"]), _doubt(r)]
        for r in rows
    ]  # fmt: skip
    cols = [Col("单位"), Col("类型"), Col("等级"), Col("评定得分", "n"), Col("至少", "n"), Col("分项至少%", "n", note="每个分项的得分占该项满分至少达到的百分比"),
            Col("评价日期", note="近 12 个月最近一次第三方评价"), Col("存疑", "w")]  # fmt: skip
    note = f"{len(rows)} 家，按 GB/T 37276 的总分与分项要求核对；第三方评价的分项与等级评定的分项相近而不相同，供复核"
    return panel(view, title, table(cols, body, caption=title, cls="tall"), note=note, cls="full")


def _doubt(row: dict[str, Any]) -> str:
    said = []
    if row["total_short"]:
        said.append("没有评定得分" if row["grade_score"] is None else "评定得分低于等级要求")
    for whose, sections, short in (("评定", SECTIONS, row["section_short"]), ("第三方评价", EVALUATED, row["evaluation_short"])):
        if short:
            low = [f"{name}{fmt.fmt_number(row[part], 1)}%" for part, name in sections.items() if row[part] is not None and row[part] < row["least_share"] - 0.000001]
            said.append(f"{whose}分项低于等级要求：{'、'.join(low)}")
    return "；".join(said)
