"""The way of a kept answer: in front of Flask, since its routing, hooks and headers cost three times the look-up of the session.

What it checks before it hands anything out is what the guard checks, by the same functions: where the request comes from, and who holds the
session, read from the ledger on every request.  An answer is kept only if the application said that it depends on nothing but snapshot,
scope and URL (``answers.MARK``), and is found again only by the same snapshot, the same scope and the very same bytes of the request.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from werkzeug.http import parse_cookie

from dashboard import metrics
from dashboard.access.answers import CALLBACKS, MARK, RUN, Kept
from dashboard.access.compression import encoding_for
from dashboard.access.guard import comes_from_us
from dashboard.access.sessions import Sessions
from dashboard.access.watch import ROUTE

LARGEST_KEPT_REQUEST = 8192
Environ = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ready:
    """A complete answer: status line, headers, body."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def size(self) -> int:
        return len(self.body) + 2000


class Front:
    """A WSGI application around another one."""

    def __init__(self, inner: Callable[..., Iterable[bytes]], sessions: Sessions, cookie: str, run_id: Callable[[], str | None], kept: Kept) -> None:
        self._inner, self._sessions, self._cookie, self._run_id, self._kept = inner, sessions, cookie, run_id, kept

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != CALLBACKS or environ.get("REQUEST_METHOD") != "POST":
            return self._inner(environ, start_response)
        sent = self._sent(environ)
        key = self._key(environ, sent) if sent is not None else None
        if key is None:
            return self._inner(environ, start_response)
        found = self._kept.get(key)
        if found is not None:
            metrics.view(kept=True)
            environ[ROUTE] = CALLBACKS
            start_response(found.status, found.headers)
            return [found.body]
        return self._fresh(environ, start_response, key)

    def _sent(self, environ: Environ) -> bytes | None:
        """The request's body, put back for whoever reads it next; None where it is too large to be a view's."""
        try:
            length = int(environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return None
        if not 0 < length <= LARGEST_KEPT_REQUEST:
            return None
        sent = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = io.BytesIO(sent)
        return bytes(sent)

    def _key(self, environ: Environ, sent: bytes) -> tuple[Any, ...] | None:
        """Under what the answer is kept; None for whoever the guard will refuse."""
        if not comes_from_us(environ):
            return None
        identity = self._sessions.identity(parse_cookie(environ).get(self._cookie))
        run = self._run_id()
        if identity is None or run is None or identity.pending:
            return None
        environ[RUN] = run
        return run, identity.scope.key, encoding_for(environ.get("HTTP_ACCEPT_ENCODING", "")), sent

    def _fresh(self, environ: Environ, start_response: Callable[..., Any], key: tuple[Any, ...]) -> Iterable[bytes]:
        metrics.view(kept=False)
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            told[:] = [status, headers]
            return start_response(status, headers, exc_info)

        answer = self._inner(environ, start)
        if environ.get(MARK) != key[:2] or not told:
            return answer
        try:
            body = b"".join(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        self._kept.put(key, Ready(told[0], [*told[1], ("X-Answer", "kept")], body))
        return [body]
