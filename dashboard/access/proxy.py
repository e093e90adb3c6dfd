"""Whom a request comes from when a reverse proxy stands in front: what the proxy says, and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

TELLING = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_REQUEST_ID", "HTTP_FORWARDED")


class Behind:
    """A WSGI application around another one. ``hops``: proxies one behind the other; ``addresses``: where the nearest one connects from."""

    def __init__(self, inner: Callable[..., Iterable[bytes]], hops: int, addresses: Sequence[str]) -> None:
        self._inner, self._addresses = inner, frozenset(addresses)
        self._told = ProxyFix(inner, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[arg-type]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("REMOTE_ADDR", "") in self._addresses:
            return self._told(environ, start_response)
        for name in TELLING:
            environ.pop(name, None)
        return self._inner(environ, start_response)
