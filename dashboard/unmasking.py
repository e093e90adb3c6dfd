"""Seeing one record in full: a purpose is asked for, the audit trail has it before anything is shown, and it ends by itself."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, abort, redirect, request

from dashboard.access.login import local_path
from dashboard.access.policy import allow
from dashboard.access.witness import give
from dashboard.warehouse import Unknown

SHORTEST_REASON, LONGEST_REASON = 4, 200


def install(server: Flask, services: Any) -> None:
    """Add ``POST /unmask``. It stands behind the guard; here: the purpose, the reason, and that the record is the reader's to see."""

    @server.post("/unmask", endpoint="unmask")
    def unmask() -> Response:
        ask = request.form.get
        identity = services.identity
        purpose = services.privacy.unmask.find(ask("purpose"))
        if purpose is None or purpose not in services.privacy.unmask.of(identity.role):
            abort(400)
        reason = " ".join(ask("reason", "").split())[:LONGEST_REASON]
        if purpose.needs_text and len(reason) < SHORTEST_REASON:
            return Response(f"“{purpose.name}”须写明具体事由（不少于 {SHORTEST_REASON} 个字）。请返回上一页补充。", 400, mimetype="text/plain")
        w = services.warehouse(ask("as_of", ""))
        if not w.scope.may("rows"):
            raise Unknown("record")
        found = w.record(ask("rows", ""), ask("area", ""), ask("month", ""), ask("which", ""), ask("one", ""), ask("provider") or None, quiet=True)
        give(
            services.ledger, identity, found.subject, purpose, reason, found.closed, services.settings.unmask_minutes, request.remote_addr or "",
        )  # fmt: skip
        return redirect(local_path(ask("next") or "/"), 303)  # type: ignore[return-value]

    allow("unmask", "unmask")
