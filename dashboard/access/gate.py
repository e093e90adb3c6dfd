"""How many requests are worked on at once, and how many may wait: beyond that the answer is 503 at once, never a slow or half figure.

Files (exports, reports) have a room of their own, so that fifty reports asked for at once leave the pages their threads; so has whatever checks a
password, which is slow on purpose: a flood of logins must not keep those out who are logged in.
Who has hung up while he waited is not worked for: a report that was given up makes room for the next.
Kept answers, the health checks and static files pass without waiting: they cost less than the refusal.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from dashboard import metrics

FREE = ("/healthz", "/readyz", "/assets/", "/_dash-component-suites/")
FILES = ("/export/", "/report.", "/letter/", "/contract/")
LOGINS = frozenset({"/login", "/account/password", "/account/totp/off", "/account/totp/start", "/account/outside"})
BUSY = "访问人数较多，暂时不能提供服务，请稍后再试。".encode()
HEADERS = [
    ("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(BUSY))), ("Retry-After", "3"), ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"), ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
]  # fmt: skip


class Room:
    """``working`` at once, ``waiting`` beside them for at most ``patience`` seconds."""

    def __init__(self, working: int, waiting: int, patience: float) -> None:
        self._turns, self._places, self._patience = threading.Semaphore(working), threading.Semaphore(working + waiting), patience

    def enter(self) -> bool:
        """Whether it is one's turn; whoever is let in has to leave."""
        if not self._places.acquire(blocking=False):
            return False
        if self._turns.acquire(timeout=self._patience):
            return True
        self._places.release()
        return False

    def leave(self) -> None:
        """Make room for the next."""
        self._turns.release()
        self._places.release()


def gone(environ: dict[str, Any]) -> bool:
    """Whether the client of a request has hung up; False where the server does not let us see its connection."""
    connection = environ.get("gunicorn.socket")
    if not isinstance(connection, socket.socket):
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False  # still there, with nothing more to say
    except OSError:
        return True


class Gate:
    """A WSGI application around another one."""

    def __init__(self, inner: Callable[..., Iterable[bytes]], pages: Room, files: Room, logins: Room) -> None:
        self._inner, self._pages, self._files, self._logins = inner, pages, files, logins

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(FREE):
            return self._inner(environ, start_response)
        if path in LOGINS and environ.get("REQUEST_METHOD") == "POST":
            room = self._logins
        else:
            room = self._files if path.startswith(FILES) else self._pages
        if not room.enter():
            metrics.refused("overload")
            start_response("503 Service Unavailable", list(HEADERS))
            return [BUSY]
        try:
            if gone(environ):
                metrics.refused("gone")
                start_response("503 Service Unavailable", list(HEADERS))
                return [BUSY]
            # Flask's answers are complete when they are returned: nothing is worked on while they are sent.
            return self._inner(environ, start_response)
        finally:
            room.leave()
