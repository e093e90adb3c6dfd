"""What officials do on the inspections page: plan, commit, draw, give up; and the file of a draw, which names inspectors and all providers of the district."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import Flask, Response, abort, redirect, request

from dashboard.access import policy
from dashboard.access.login import local_path
from dashboard.inspections.candidates import PolicyError, candidates, version_in_force
from dashboard.inspections.repair import Record, RepairError, Repairs
from dashboard.inspections.store import By, Inspections, NoPlanError
from dashboard.warehouse import Warehouse
from etl import clock, draw
from etl.draw import DrawError
from etl.draw.steps import CHINA

LONGEST = 200


def install(server: Flask, services: Any) -> None:
    """Add the routes; they stand behind the guard, which refuses what other sites send."""
    for endpoint in ("plan_inspections", "commit_inspections", "draw_inspections", "void_inspections"):
        policy.allow(endpoint, "plan_inspections")
    policy.allow("drawn_file", "inspectors", file="line")
    policy.allow("apply_repair", "plan_inspections")
    policy.allow("decide_repair", "case_review")

    def book() -> Inspections:
        return Inspections(services.ledger, services.region.code)

    def whole() -> Inspections:
        """The plans, for somebody who acts on them or takes one with him: a plan is of all providers, so nobody who sees but some does."""
        if services.identity.scope.providers is not None:
            abort(404)
        return book()

    def by() -> By:
        return By(services.identity.username, request.remote_addr or "")

    @server.post("/inspections/plan/<month>")
    def plan_inspections(month: str) -> Response:
        warehouse = services.warehouse()
        if warehouse.root.level != 1 or month != _following(warehouse.latest_month):
            abort(404)
        return _done(lambda: _make(services, warehouse, whole(), month, by()))

    @server.post("/inspections/commit/<number>")
    def commit_inspections(number: str) -> Response:
        return _done(lambda: whole().commit(number, by()))

    @server.post("/inspections/draw/<number>")
    def draw_inspections(number: str) -> Response:
        return _done(lambda: _draw(whole(), number, by()))

    @server.post("/inspections/void/<number>")
    def void_inspections(number: str) -> Response:
        return _done(lambda: whole().void(number, _said("reason"), by()))

    @server.post("/inspections/repair")
    def apply_repair() -> Response:
        warehouse = services.warehouse()
        found = _record(warehouse, request.form.get("provider"), request.form.get("table"), request.form.get("row"))
        return _done(lambda: Repairs(services.ledger).apply(found, _said("grounds"), clock.today(), by()))

    @server.post("/inspections/repair/<number>")
    def decide_repair(number: str) -> Response:
        mine = services.warehouse().communities
        return _done(lambda: Repairs(services.ledger, mine, services.identity.scope.providers).decide(number, _said("outcome"), _said("note"), clock.today(), by()))

    @server.get("/inspections/<number>.json")
    def drawn_file(number: str) -> Response:
        if services.warehouse().root.level != 1:  # a street sees its own part on the page
            abort(404)
        try:
            found = whole().plan(number)
        except NoPlanError:
            abort(404)
        if found.row.stage != "drawn":
            abort(404)
        services.audit("下载抽取文件", found.row.number)
        answer = Response(found.row.paper, mimetype="application/json")
        answer.headers["Content-Disposition"] = f'attachment; filename="{found.row.number}.json"'
        return answer


def _said(name: str) -> str:
    return " ".join(request.form.get(name, "").split())[:LONGEST]


def _record(warehouse: Warehouse, provider: str | None, table: str | None, row: str | None) -> Record:
    """The record of the latest credit grades that a form names; 404 for any other."""
    for graded in warehouse.credit(warehouse.root.code, warehouse.latest_month):
        for reason in graded["reasons"] if graded["provider_id"] == provider else ():
            if (reason["source_table"], reason["row_key"]) == (table, row):
                return Record(graded["provider_id"], graded["community_code"], reason["source_table"], reason["row_key"], reason["sentence"],
                              reason["repairable_on"])  # fmt: skip
    abort(404)


def _make(services: Any, warehouse: Warehouse, book: Inspections, month: str, by: By) -> None:
    version = version_in_force(services.region, month)
    if version is None:
        raise DrawError("本地区没有生效的抽查办法（policies/inspection.yaml）。")
    try:
        on = date.fromisoformat(_said("on"))
    except ValueError:
        raise DrawError("种子的公布日写法不对，应如 2026-11-22。") from None
    book.make(version, candidates(warehouse, warehouse.latest_month), month, _said("source"), on, by)


def _draw(book: Inspections, number: str, by: By) -> None:
    try:
        numbers = draw.read_numbers(_said("numbers"))
    except ValueError as problem:
        raise DrawError(f"{problem}。") from None
    try:
        at = datetime.fromisoformat(_said("at")).replace(tzinfo=CHINA)
    except ValueError:
        raise DrawError("公布时间写法不对，应如 2026-11-22 21:15。") from None
    book.draw(number, numbers, _said("evidence"), at, by)


def _done(act: Callable[[], object]) -> Response:
    """Back to the page after the act; what is refused is said with the reason, and nothing has happened."""
    try:
        act()
    except LookupError:
        abort(404)
    except (DrawError, PolicyError, RepairError) as problem:
        return Response(f"{problem}\n请返回上一页。", 409, mimetype="text/plain")
    return redirect(local_path(request.form.get("next") or "/inspections"), 303)  # type: ignore[return-value]


def _following(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02d}"
