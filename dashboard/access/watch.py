"""The outermost layer: every request gets a number, is measured, and in production leaves one line in the log.

The line names the route as it is declared, never the path or the query: those may hold what somebody typed or whom he looked at.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from flask import Flask, request

from dashboard import metrics

log = structlog.get_logger("requests")

ROUTE = "yiguan.route"
_NUMBER = re.compile(r"[0-9a-f]{16,64}")


class Watch:
    """A WSGI application around another one. ``trusted``: a proxy stands before us, and its number of a request is taken over."""

    def __init__(self, inner: Callable[..., Iterable[bytes]], trusted: bool, told: bool) -> None:
        self._inner, self._trusted, self._told = inner, trusted, told

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started, status = time.perf_counter(), "000"
        given = environ.get("HTTP_X_REQUEST_ID", "") if self._trusted else ""
        number = given if _NUMBER.fullmatch(given) else secrets.token_hex(8)
        structlog.contextvars.bind_contextvars(request=number)

        def start(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = line[:3]
            return start_response(line, headers, exc_info)

        try:
            return self._inner(environ, start)
        finally:
            seconds, route = time.perf_counter() - started, environ.get(ROUTE, "other")
            metrics.request(route, status, seconds)
            if self._told:
                log.info("request", method=environ.get("REQUEST_METHOD", "")[:8], route=route, status=status, ms=round(seconds * 1000, 1))
            structlog.contextvars.clear_contextvars()


def install(server: Flask) -> None:
    """Let the watch know which route a request went to."""

    @server.after_request
    def note(response: Any) -> Any:
        if request.url_rule is not None:
            request.environ[ROUTE] = request.url_rule.rule
        return response
