"""Plays the simulated systems that are reached over HTTP: a folder of JSON files becomes a paged API on loopback."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

MODULES = ("alliance",)
MAX_PAGE_SIZE = 1000


class ApiServer(ThreadingHTTPServer):
    """Answers ``/<module>/api/<resource>?pageNum=1&pageSize=200&updatedSince=…`` from ``<sources>/<module>/<resource>.json``."""

    daemon_threads = True

    def __init__(self, sources: Path, port: int = 0):
        super().__init__(("127.0.0.1", port), _Handler)
        self.sources = Path(sources)
        self._known: dict[Path, tuple[int, list[Any]]] = {}
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def records(self, module: str, resource: str) -> list[Any] | None:
        """A resource's records, read again when the file has changed; None where there is no such resource."""
        path = self.sources / module / f"{resource}.json"
        if module not in MODULES or not resource.replace("-", "").isalnum() or not path.is_file():
            return None
        with self._lock:
            stamp = path.stat().st_mtime_ns
            if self._known.get(path, (0, []))[0] != stamp:
                self._known[path] = (stamp, json.loads(path.read_bytes()))
            return self._known[path][1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ApiServer

    def do_GET(self) -> None:
        """One page, or an error in the form that such platforms use."""
        parts = urlsplit(self.path)
        query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
        steps = parts.path.strip("/").split("/")
        records = self.server.records(steps[0], steps[2]) if len(steps) == 3 and steps[1] == "api" else None
        if records is None:
            self._say(404, {"code": 404, "msg": "接口不存在", "data": None})
            return
        try:
            page, size = int(query.get("pageNum", "1")), min(int(query.get("pageSize", "100")), MAX_PAGE_SIZE)
        except ValueError:
            page = size = 0
        if page < 1 or size < 1:
            self._say(200, {"code": 400, "msg": "分页参数有误", "data": None})
            return
        since = query.get("updatedSince", "")
        records = [r for r in records if r.get("updatedAt", "") >= since] if since else records
        part = records[(page - 1) * size : page * size]
        self._say(200, {"code": 0, "msg": "成功", "data": {"pageNum": page, "total": len(records), "list": part}})

    def _say(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the caller reports."""


@contextmanager
def playing(sources: Path) -> Iterator[str | None]:
    """While the block runs, the simulated APIs below ``sources`` answer, and ``YIGUAN_SOURCE_<MODULE>_URL`` says where.

    An address that somebody has set already is left alone. Yields the server's address, None where there is nothing to play.
    """
    wanted = [m for m in MODULES if (Path(sources) / m).is_dir() and not os.environ.get(_variable(m))]
    if not wanted:
        yield None
        return
    server = ApiServer(sources)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    os.environ.update({_variable(m): f"{server.address}/{m}/api" for m in wanted})
    try:
        yield server.address
    finally:
        for module in wanted:
            os.environ.pop(_variable(module), None)
        server.shutdown()
        server.server_close()
        thread.join(5)


def _variable(module: str) -> str:
    return f"YIGUAN_SOURCE_{module.upper()}_URL"
