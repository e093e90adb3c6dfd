"""``/audit``: the auditor reads, verifies and exports the audit trail, and changes nothing. Here, too, the daily anchor of the web server."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import structlog
from flask import Flask, Response, make_response, request

from dashboard.access.policy import allow
from dashboard.format import fmt_time
from dashboard.leaving import given
from dashboard.ledger import anchors
from dashboard.ledger.archive import Verdict, verify_all
from dashboard.ledger.journal import COLUMNS, PAGE, Wanted, actions, chosen, day, lines_for_proof
from dashboard.ledger.journal import page as lines_of
from dashboard.reports.sheets import Book
from dashboard.views import audit_page as show
from dashboard.views.page import register_desk

log = structlog.get_logger(__name__)
ZONE = ZoneInfo("Asia/Shanghai")
SHORTEST_PURPOSE = 2


def install(server: Flask, services: Any) -> None:
    """Add the routes, all behind the right ``audit``, and the hook that anchors once a day."""
    register_desk("/audit", "审计日志", "audit", order=210)
    for endpoint in ("audit", "audit_verify"):
        allow(endpoint, "audit")
    allow("audit_export", "audit", file="purpose")
    settings = services.settings

    def verified() -> Verdict:
        return verify_all(services.ledger, settings.archive_folder, settings.anchor_file)

    def drawn(wanted: Wanted, *first: Any, wrong: str = "", status: int = 200) -> Response:
        text = request.args.get("offset", "")
        offset = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
        lines, total = lines_of(services.ledger, wanted, offset)
        asked = {"account": wanted.account, "action": wanted.action, "object": wanted.object, "since": wanted.since, "until": wanted.until}
        try:
            held = anchors.read(settings.anchor_file)
        except anchors.AnchorError as problem:
            held, wrong = [], wrong or str(problem)
        body = [
            *first, show.state(held[-1].at if held else "", len(held), services.privacy.audit.keep_months), show.export(wanted),
            show.search(wanted, actions(services.ledger)), show.listing(lines, total, offset, PAGE, asked),
        ]  # fmt: skip
        page = services.desk("审计日志", *body, here="/audit", wrong=wrong)
        return make_response(page, status)

    @server.get("/audit", endpoint="audit")
    def audit() -> Response:
        wanted = _wanted(request.args)
        said = "；".join(f"{name} {value}" for name, value in (
            ("账号", wanted.account), ("操作", wanted.action), ("含", wanted.object), ("自", wanted.since), ("至", wanted.until)) if value)  # fmt: skip
        services.audit("查阅日志", "", said or "全部")
        return drawn(wanted)

    @server.post("/audit/verify")
    def audit_verify() -> Response:
        found = verified()
        services.audit("校验日志", "", "完整" if not found.problems else f"发现 {len(found.problems)} 处问题：{found.problems[0]}")
        return drawn(Wanted(), show.verdict(found))

    @server.post("/audit/export")
    def audit_export() -> Response:
        purpose = " ".join(request.form.get("purpose", "").split())[:60]
        wanted = _wanted(request.form)
        if len(purpose) < SHORTEST_PURPOSE:
            return drawn(wanted, wrong="请写明导出的用途。", status=400)
        given(purpose)
        who, now = services.identity, datetime.now(ZONE)
        by = f"{who.display_name}（{who.username}）"
        if request.form.get("form") == "jsonl":
            services.audit("导出日志", "JSON Lines", f"全部；用途：{purpose}")
            text = "\n".join(lines_for_proof(services.ledger, verified(), by, purpose)) + "\n"
            return _file(text.encode(), "application/x-ndjson", f"审计日志_{now:%Y%m%d}.jsonl")
        found = chosen(services.ledger, wanted, int(settings.export_rows))
        services.audit("导出日志", "Excel", f"{len(found)} 条；用途：{purpose}")
        stamp = f"{by} {fmt_time(now)} 导出，用途：{purpose}"
        book = Book(stamp, {"title": "审计日志", "author": by, "created": now.replace(tzinfo=None)})
        sheet = book.sheet("审计日志")
        book.text(sheet, 0, 0, "审计日志", bold=True, font_size=14)
        book.text(sheet, 1, 0, f"{services.bureau()}　{stamp}", font_color="#5A6573")
        book.table(sheet, 2, [title for _, title in COLUMNS], [[getattr(line, name) for name, _ in COLUMNS] for line in found])
        mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return _file(book.bytes(), mime, f"审计日志_{now:%Y%m%d}.xlsx")

    anchored: list[str] = []

    @server.after_request
    def anchor(response: Response) -> Response:
        """The first answer of a day takes the chain's head outside; a failure is told to the operators and stops nobody."""
        today = f"{datetime.now(ZONE):%Y-%m-%d}"
        if anchored != [today]:
            anchored[:] = [today]
            try:
                anchors.write(services.ledger, settings.anchor_file, daily=True)
            except Exception as error:
                log.error("audit_not_anchored", error=type(error).__name__)
                anchored.clear()
        return response


def _wanted(asked: Any) -> Wanted:
    def words(name: str, most: int) -> str:
        return " ".join(str(asked.get(name, "")).split())[:most]

    return Wanted(words("account", 64), words("action", 32) or words("kind", 32), words("object", 100), day(asked.get("since", "")), day(asked.get("until", "")))


def _file(content: bytes, mime: str, name: str) -> Response:
    response = Response(content, mimetype=mime)
    response.headers["Content-Disposition"] = f"attachment; filename=\"audit.{name.rpartition('.')[2]}\"; filename*=UTF-8''{quote(name, safe='')}"
    response.headers["Cache-Control"] = "no-store"
    return response
