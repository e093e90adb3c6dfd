"""Files that leave the house: none without its route being declared to give files, none without its line in the audit trail, and none that may
hold persons without a purpose stated in a form of ours.

The rule is held where every answer passes, so that a route added later cannot forget it: what is not a page and not declared does not leave.
"""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, g, request

from dashboard import refusals
from dashboard.access import policy

log = structlog.get_logger(__name__)

PAGES = frozenset({"text/html", "text/plain"})
SHORTEST_REASON, LONGEST_REASON = 2, 60


def install(server: Flask) -> None:
    """Add the hook; after the headers, so that a refusal has them, too."""

    @server.after_request
    def watch(response: Response) -> Response:
        attached = "Content-Disposition" in response.headers
        if response.status_code >= 300 or (response.mimetype in PAGES and not attached):
            return response
        way = policy.file_of(request.endpoint)
        # Flask calls every file of a folder ``inline``: only what is handed out to be kept is attached.
        if way == "public" and not response.headers.get("Content-Disposition", "").startswith("attachment"):
            return response
        if way == "line" and g.get("recorded"):
            return response
        if way == "purpose" and g.get("recorded") and g.get("purpose"):
            return response
        log.error("file_held_back", endpoint=request.endpoint, declared=way, recorded=bool(g.get("recorded")), purpose=bool(g.get("purpose")))
        return refusals.answer(500)


def stated(services: Any, title: str, note: str = "") -> str | Response:
    """What the file is for, in words; until that is said, the page that asks. Only a form of ours may say it: a link cannot."""
    if request.method != "POST":
        return Response(services.ask_purpose(title, note=note), mimetype="text/html")
    purpose = next((p for p in services.privacy.export.of(services.identity.role) if p.code == request.form.get("purpose", "")), None)
    text = " ".join(request.form.get("reason", "").split())[:LONGEST_REASON]
    if purpose is None or (purpose.needs_text and len(text) < SHORTEST_REASON):
        wrong = "请选择用途。" if purpose is None else f"选择“{purpose.name}”时请写明用途。"
        return Response(services.ask_purpose(title, wrong, note), 400, mimetype="text/html")
    return given(f"{purpose.name}（{text}）" if text else str(purpose.name))


def given(purpose: str) -> str:
    """Note that the purpose of this request's file has been said; the purpose again."""
    g.purpose = purpose
    return purpose
