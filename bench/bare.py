"""What a view costs at the least: a bare WSGI application that looks the overview's figures up in the snapshot and answers JSON.

No accounts, no scope, no layout, nothing kept: the queries of the page's strip with its comparisons, the parts of the area, two years of
one figure, and the providers that need attention.  Our own views stand beside it in the same run (design: the hot path is plain).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

SNAPSHOT, CODES = "YIGUAN_BENCH_SNAPSHOT", "YIGUAN_BENCH_CODES"
THREADS = 4
_local = threading.local()
_STRIP = "select indicator, month, part, whole from figure where area_code = ? and month in (?, ?, ?) and indicator in ({})"
_PARTS = "select area_code, part, whole from figure where indicator = ? and month = ? and area_code in (select code from area where parent_code = ?)"
_TREND = "select month, part, whole from figure where indicator = ? and area_code = ? and month <= ? order by month desc limit 24"
_WATCH = """
select r.provider_id, r.star, r.score, e.state from rating r join exit_status e on e.provider_id = r.provider_id and e.month = r.month
where r.month = ? order by r.score nulls last limit 20
"""


def _cursor() -> duckdb.DuckDBPyConnection:
    if not hasattr(_local, "cursor"):
        config: dict[str, Any] = {"threads": 1, "memory_limit": "512MB"}
        _local.cursor = duckdb.connect(os.environ[SNAPSHOT], read_only=True, config=config).cursor()
    found: duckdb.DuckDBPyConnection = _local.cursor
    return found


def _compared(month: str) -> list[str]:
    """The month, the one before, the same a year ago."""
    at = int(month[:4]) * 12 + int(month[5:]) - 1
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in (at, at - 1, at - 12)]


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """``/?area=…&month=…`` as JSON."""
    asked = urllib.parse.parse_qs(environ["QUERY_STRING"])
    area, month = asked["area"][0], asked["month"][0]
    codes, cursor = os.environ[CODES].split(","), _cursor()
    answer = {
        "strip": cursor.execute(_STRIP.format(", ".join("?" * len(codes))), [area, *_compared(month), *codes]).fetchall(),
        "parts": cursor.execute(_PARTS, [codes[0], month, area]).fetchall(),
        "trend": cursor.execute(_TREND, [codes[0], area, month]).fetchall(),
        "watch": cursor.execute(_WATCH, [month]).fetchall(),
    }
    body = json.dumps(answer, ensure_ascii=False).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


@contextmanager
def serving(snapshot: Path, codes: list[str], workers: int, port: int, log: Path, ready: str) -> Iterator[str]:
    """The application under gunicorn as ours runs; yields its address. ``ready``: a query string to ask it with until it answers."""
    command = [
        sys.executable, "-m", "gunicorn", "bench.bare:app", "--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--worker-class", "gthread",
        "--threads", str(THREADS), "--keep-alive", "15", "--log-level", "warning", "--no-control-socket",
    ]  # fmt: skip
    env = {**os.environ, SNAPSHOT: str(snapshot), CODES: ",".join(codes)}
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream, env=env, cwd=Path(__file__).parent.parent)
    try:
        for _ in range(200):
            if process.poll() is not None:
                raise RuntimeError(f"the bare application ended: {log.read_text(errors='replace')[-800:]}")
            try:
                urllib.request.urlopen(f"{address}/?{ready}", timeout=5).read()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise TimeoutError(log.read_text(errors="replace")[-800:])
        yield address
    finally:
        process.terminate()
        process.wait(20)
