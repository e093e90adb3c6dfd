"""Repairs of credit on the page: what was applied for and decided, and the forms for those who may."""

from __future__ import annotations

from datetime import date

from dashboard import format as fmt
from dashboard.inspections.repair import Repairs
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, empty, panel, table
from etl import clock

STATES = {"": fmt.Mark("待决定", "▲", "warn"), "同意": fmt.Mark("同意", "●", "good"), "不同意": fmt.Mark("不同意", "■", "plain")}


def repairs_panel(view: View) -> Node:
    """Records whose repair can be applied for, and all applications with their decisions; nothing where there is neither."""
    if view.w.ledger is None or view.month != view.w.latest_month or view.place.get("as_of"):
        return None
    names = {p["provider_id"]: p["name"] for p in view.providers}
    listed = [r for r in Repairs(view.w.ledger, view.w.communities, view.scope.providers).listed() if r.provider_id in names]
    taken = {(r.provider_id, r.source_table, r.row_key) for r in listed if r.outcome in ("", "同意")}
    body: list[list[Node]] = [
        [names[r.provider_id], r.sentence, r.grounds, r.applied_by, marks.chip(STATES[r.outcome]),
         f"{r.decided_by}（{r.decided_on}）：{r.note}" if r.outcome else _decide(view, r.id, r.applied_by)]
        for r in listed
    ]  # fmt: skip
    if view.scope.may("plan_inspections"):
        body += [
            [p["name"], x["sentence"], _apply(view, p["provider_id"], x["source_table"], x["row_key"], x["sentence"]), fmt.NONE,
             marks.chip(fmt.Mark("可申请", "○", "none")), f"{x['repairable_on']} 起"]
            for p in view.w.credit(view.area.code, view.month) if p["grade"] in ("C", "D")
            for x in p["reasons"] if _open(x["repairable_on"]) and (p["provider_id"], x["source_table"], x["row_key"]) not in taken
        ]  # fmt: skip
    title = "信用修复"
    if not body:
        return panel(view, title, empty("没有信用修复申请，也没有已到期可申请修复的记录。"), cls="full")
    cols = [Col("单位"), Col("失信记录", "w"), Col("修复理由", "w"), Col("申请人"), Col("状态"), Col("决定")]
    note = "整改到位并满规定月数后申请，由另一人决定；同意后自当月起不再计入信用等级"
    return panel(view, title, table(cols, body, caption=title, cls="tall"), note=note, cls="full")


def _open(day: date | None) -> bool:
    return day is not None and day <= clock.today()


def _hidden(**said: str) -> list[Node]:
    return [h("input", type="hidden", name=name, value=value) for name, value in said.items()]


def _apply(view: View, provider: str, source: str, key: str, sentence: str) -> Node:
    grounds = h("input", type="text", name="grounds", required=True, maxLength=200, placeholder="整改情况与证明材料", aria_label=f"修复理由：{sentence}")
    return h("form", grounds, _hidden(provider=provider, table=source, row=key, next=view.place.url()),
             h("button", "申请", type="submit", cls="btn small"), method="post", action="/inspections/repair", cls="decision")  # fmt: skip


def _decide(view: View, number: int, applicant: str) -> Node:
    if not view.scope.may("case_review"):
        return fmt.NONE
    note = h("input", type="text", name="note", required=True, maxLength=200, placeholder="理由", aria_label=f"决定理由（申请人 {applicant}）")
    buttons = [h("button", word, type="submit", name="outcome", value=word, cls="btn small") for word in ("同意", "不同意")]
    return h("form", note, buttons, _hidden(next=view.place.url()), method="post", action=f"/inspections/repair/{number}", cls="decision")
