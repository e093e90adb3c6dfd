"""A scripted web server on loopback: a test says what it answers to each request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Answer:
    """What is answered: ``body`` is sent as it is, or as JSON where it is no bytes; ``cut`` bytes of it are withheld."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    drip: float = 0.0
    cut: int = 0


Script = Callable[[str, dict[str, str], dict[str, str]], Answer]


@dataclass
class Site:
    """A running server and the requests it has had: (path, query, headers)."""

    url: str
    requests: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)


@contextmanager
def site(script: Script) -> Iterator[Site]:
    """Serve ``script(path, query, headers)`` on a free port of loopback while the block runs."""
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query, headers = dict(parse_qsl(parts.query)), {k.lower(): v for k, v in self.headers.items()}
            here.requests.append((parts.path, query, headers))
            answer = script(parts.path, query, headers)
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            stop.wait(answer.wait)
            self.send_response(answer.status)
            for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(body))} | answer.headers).items():
                self.send_header(name, value)
            self.end_headers()
            body = body[: len(body) - answer.cut]
            if not answer.drip:
                self.wfile.write(body)
            for byte in body if answer.drip else b"":
                if stop.wait(answer.drip):
                    return
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
            self.close_connection = bool(answer.cut)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is part of the tests."""

    server = Quiet(("127.0.0.1", 0), Handler)
    here = Site(f"http://127.0.0.1:{server.server_port}/api")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def paged(records: list[Any], size: int = 2, key: str = "pageNo") -> Script:
    """An API that pages through ``records`` as the contract of these tests says."""

    def script(path: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
        page = int(query[key])
        part = records[(page - 1) * size : page * size]
        return Answer({"code": 0, "msg": "ok", "data": {"page": page, "total": len(records), "list": part}})

    return script


__all__ = ["Answer", "Script", "Site", "paged", "site"]
