"""``/reports``: the report of an area and month, whether it is signed, what has changed since, and all that was issued."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, make_response, redirect, request

from dashboard.access import policy
from dashboard.reports.issued import IssueError, Monthly, can_issue, changes, current, in_force, substance
from dashboard.views import monthly_desk as views
from dashboard.views.page import register_desk
from dashboard.warehouse import Unknown

MONTHS = 24
LONGEST = 120


def install(server: Flask, services: Any) -> None:
    """Add the page and the step."""
    register_desk("/reports", "月报", "export", order=60)
    policy.allow("monthly", "export")
    policy.allow("monthly_issue", "report_issue")
    held = Monthly(services.ledger)

    def page(area: str, month: str, wrong: str = "", status: int = 200) -> Response:
        w = services.warehouse(watched=False)
        signed = in_force(held, w, area, month)
        report = current(w, area, month)
        changed = []
        if signed is not None and signed.row.found != substance(report):
            try:
                changed = changes(signed, report)
            except IssueError as problem:
                wrong = wrong or str(problem)
        areas = [w.root, *w.children(w.root.code)]
        may = services.identity.scope.may("report_issue") and w.scope.providers is None and can_issue(month)
        body = (
            views.choose(areas, area, list(w.months)[-MONTHS:], month),
            views.state(report, substance(report), signed, changed, may, w.scope.providers is not None),
            views.issued(held.listed(_below(w)) if w.scope.providers is None else [], {a.code: a.name for a in w.snapshot.areas.values()}),
        )
        said = "已签发，内容已固定。" if request.args.get("done") == "issued" else ""
        text = services.desk("月报", *body, here="/reports", said=said, wrong=wrong, snapshot=w.snapshot)
        return make_response(text, status)

    @server.get("/reports", endpoint="monthly")
    def shown() -> Response:
        w = services.warehouse(watched=False)
        area, month = request.args.get("area") or w.root.code, request.args.get("month") or w.latest_month
        return page(area, month)

    @server.post("/reports/issue", endpoint="monthly_issue")
    def signed() -> Response:
        w = services.warehouse(watched=False)
        area, month = request.form.get("area", ""), request.form.get("month", "")
        if w.scope.providers is not None:
            raise Unknown("reports")
        report = current(w, area, month)
        if not can_issue(month):
            return page(area, month, "当月尚未结束，月报不能签发。", 409)
        if request.form.get("found") != substance(report):
            return page(area, month, "数据在您查看之后已更新，请核对后再签发。", 409)
        me = services.identity
        reason = " ".join(request.form.get("reason", "").split())[:LONGEST]
        try:
            held.issue(report, me.username, me.display_name, reason, request.remote_addr or "")
        except IssueError as problem:
            return page(area, month, str(problem), 409)
        return redirect(f"/reports?area={area}&month={month}&done=issued", 303)  # type: ignore[return-value]


def _below(w: Any) -> list[str]:
    return [w.root.code, *sorted(w.communities)]
