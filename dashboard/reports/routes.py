"""The download routes. They stand behind the server's guard; here: the export permission, the audit line, the file's name."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Flask, Response, abort, request

from dashboard.access import policy
from dashboard.access.gate import gone
from dashboard.leaving import stated
from dashboard.reports import FORMATS, build
from dashboard.reports.export import offered, sheet_of
from dashboard.reports.issued import IssueError, Monthly, in_force
from dashboard.reports.letter import provider_letter
from dashboard.reports.table_file import Meta, Sheet, Wish, table_xlsx
from dashboard.reports.template import template_xlsx
from dashboard.warehouse import Unknown, Warehouse
from dashboard.warehouse.deliveries import declared

ZONE = ZoneInfo("Asia/Shanghai")
AT_ONCE = 2
WAIT = 90
_turns = threading.BoundedSemaphore(AT_ONCE)
"""Making a file takes a processor for a second: so many at once a process, the others wait their turn, so that pages stay quick."""


@contextmanager
def turn() -> Iterator[None]:
    """One of the places for making files; 503 after waiting too long, and nothing made for who has hung up."""
    if not _turns.acquire(timeout=WAIT):
        abort(503)
    try:
        if gone(request.environ):
            abort(503)
        yield
    finally:
        _turns.release()


def install(server: Flask, services: Any) -> None:
    """Add ``/export/<subject>.xlsx``, ``/contract/<module>.xlsx`` and ``/report.<docx|xlsx|pdf>``."""

    for endpoint in ("export", "report", "letter"):
        policy.allow(endpoint, "export", file="purpose")
    policy.allow("contract", "export", file="line")

    @server.route("/export/<subject>.xlsx", methods=["GET", "POST"])
    def export(subject: str) -> Response:
        w = _warehouse(services)
        wish = _wish(w, int(services.settings.export_rows))
        offered(w, subject, wish)
        purpose = stated(services, "导出表格")
        if isinstance(purpose, Response):
            return purpose
        with turn():
            sheet = sheet_of(w, subject, wish)
            meta = _meta(services, w, wish, sheet, purpose)
            content = table_xlsx(sheet.title, sheet.columns, sheet.rows, meta)
        area = w.area(wish.area)
        # The line is written before the file leaves: what cannot be recorded is not handed out.
        services.audit("export", f"{sheet.title} {area.code} {wish.month}", _left(content, purpose, f"{len(sheet.rows)} 行；"))
        return _file(content, "xlsx", f"{area.name}_{sheet.title}_{wish.month}")

    @server.get("/contract/<module>.xlsx")
    def contract(module: str) -> Response:
        w = _warehouse(services)
        words = w.contract(module)
        if not words.fillable:  # a module that is delivered otherwise would leave a filled-in workbook unread
            raise Unknown("template")
        with turn():
            content = template_xlsx(declared()[words.module], words, services.bureau())
        services.audit("export", f"填报模板 {module}", "空白模板")
        return _file(content, "xlsx", f"{words.title}填报模板")

    @server.route("/report.<fmt>", methods=["GET", "POST"])
    def report(fmt: str) -> Response:
        if fmt not in FORMATS:
            raise Unknown("format")
        w = _warehouse(services)
        area = w.area(request.args.get("area") or w.root.code)
        month = request.args.get("month") or w.latest_month
        # An older snapshot, or the draft beside what was signed, is shown when it is asked for by name.
        live = request.args.get("as_of") or request.args.get("draft")
        signed = None if live else in_force(Monthly(services.ledger), w, area.code, month)
        w.figures([], area.code, month)
        purpose = stated(services, "下载月报")
        if isinstance(purpose, Response):
            return purpose
        try:
            with turn():
                content = build(w, area.code, month, fmt, issued_by=_who(services), now=datetime.now(ZONE), purpose=purpose, signed=signed,
                                bureau=services.bureau())  # fmt: skip
        except IssueError as problem:
            return Response(str(problem), 409, mimetype="text/plain")
        services.audit("report", f"月报 {fmt} {area.code} {month} {signed.row.number if signed else '未签发稿'}", _left(content, purpose))
        return _file(content, fmt, f"{area.name}养老服务监管月报_{month}")

    @server.route("/letter/<provider>.docx", methods=["GET", "POST"])
    def letter(provider: str) -> Response:
        w = _warehouse(services)
        month = request.args.get("month") or w.latest_month
        w.provider(provider, month)
        purpose = stated(services, "下载告知函")
        if isinstance(purpose, Response):
            return purpose
        with turn():
            name, content = provider_letter(w, provider, month, services.bureau(), issued_by=_who(services), now=datetime.now(ZONE))
        services.audit("export", f"告知函 {provider} {month}", _left(content, purpose))
        return _file(content, "docx", f"{name}监管评级告知函_{month}")


def _warehouse(services: Any) -> Warehouse:
    """The reader's warehouse over the snapshot asked for; Unknown where he may take nothing out of the house."""
    w: Warehouse = services.warehouse(request.args.get("as_of", ""), watched=False)
    if not w.scope.may("export"):
        raise Unknown("export")
    return w


def _wish(w: Warehouse, cap: int) -> Wish:
    ask = request.args.get
    return Wish(
        area=ask("area") or w.root.code, month=ask("month") or w.latest_month, table=ask("table", ""), code=ask("rows") or ask("code") or "",
        which=ask("which") or "part", provider=ask("provider") or None, programme=ask("programme") or None, module=ask("module") or None,
        owner=ask("owner") or None, cap=cap,
    )  # fmt: skip


def _who(services: Any) -> str:
    who = services.identity
    return f"{who.display_name}（{who.username}）" if who.display_name != who.username else str(who.username)


def _left(content: bytes, purpose: str, rows: str = "") -> str:
    """What the audit trail keeps of a file that left: rows, purpose, and the hash by which a copy that turns up is known again."""
    return f"{rows}用途：{purpose}；{len(content):,} 字节；SHA-256 {hashlib.sha256(content).hexdigest()}"


def _meta(services: Any, w: Warehouse, wish: Wish, sheet: Sheet, purpose: str) -> Meta:
    return Meta(
        area="".join(a.name for a in w.path(wish.area)), month=wish.month, data_date=w.snapshot.data_date, run_id=w.snapshot.run_id,
        synthetic=w.snapshot.synthetic, by=_who(services), at=datetime.now(ZONE), purpose=purpose, definition=sheet.definition,
        source=sheet.source, total=sheet.total, figure=sheet.figure,
    )  # fmt: skip


def _file(content: bytes, fmt: str, name: str) -> Response:
    """A download; the name in UTF-8 as RFC 5987 has it, with a plain one for old clients."""
    response = Response(content, mimetype=FORMATS[fmt])
    full = quote(f"{name}.{fmt}".replace("/", "_"), safe="")
    response.headers["Content-Disposition"] = f"attachment; filename=\"yiguan.{fmt}\"; filename*=UTF-8''{full}"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
