"""What bureau officials decide on the data pages: held deliveries are released or rejected, each with a reason, in somebody's name."""

from __future__ import annotations

from typing import Any, Literal, cast

from flask import Flask, Response, abort, redirect, request

from dashboard.access import policy
from dashboard.access.login import local_path
from dashboard.ledger import holds

LONGEST_REASON = 200


def install(server: Flask, services: Any) -> None:
    """Add ``POST /held/<module>``. It stands behind the guard, which refuses what other sites send and who may not; here: the reason."""
    policy.allow("decide", "held")

    @server.post("/held/<module>")
    def decide(module: str) -> Response:
        decision, reason = request.form.get("decision", ""), " ".join(request.form.get("reason", "").split())[:LONGEST_REASON]
        if decision not in ("released", "rejected"):
            abort(400)
        try:
            holds.decide(
                services.ledger, services.layout, module, cast(Literal["released", "rejected"], decision),
                by=services.identity.username, reason=reason, ip=request.remote_addr or "",
            )  # fmt: skip
        except holds.HoldError as problem:
            return Response(f"{problem}请返回上一页。", 409, mimetype="text/plain")
        return redirect(local_path(request.form.get("next") or "/data"), 303)  # type: ignore[return-value]
