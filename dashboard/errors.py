"""What people see when something is wrong: a clear page with what to do, never a traceback; the details go to the log under a reference."""

from __future__ import annotations

import secrets

import structlog
from dash.exceptions import DependencyException
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from dashboard.refusals import answer
from dashboard.warehouse import NoSnapshot, Unknown

log = structlog.get_logger(__name__)


def install(server: Flask) -> None:
    """Answer every exception, known or not."""

    @server.errorhandler(HTTPException)
    def known(error: HTTPException) -> Response:
        return answer(error.code or 500)

    @server.errorhandler(Unknown)
    def unknown(_error: Unknown) -> Response:
        return answer(404)

    @server.errorhandler(NoSnapshot)
    def nothing_yet(error: NoSnapshot) -> Response:
        return answer(503, str(error))

    # Dash answers an unknown file of a component package with an exception of its own.
    server.register_error_handler(DependencyException, lambda _error: answer(404))

    @server.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        reference = secrets.token_hex(4).upper()
        who = g.get("identity")
        # No values of the request, its path included: they may hold names or numbers of persons.
        log.error(
            "unexpected_error", reference=reference, method=request.method, route=request.url_rule.rule if request.url_rule else "", account=who.username if who else "",
            error=type(error).__name__, exc_info=error,
        )  # fmt: skip
        return answer(500, reference=reference)
