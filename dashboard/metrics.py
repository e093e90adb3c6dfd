"""What the running application tells Prometheus: requests by route, times, refusals, logins, sessions, the snapshot's and the modules' state.

Labels are routes as they are declared, status codes and module names: nothing of a person, no address, no value of a request.
Counters of all workers lie in one folder (prometheus_client's multiprocess mode) and are served together on a port of their own, by loopback only.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

log = structlog.get_logger(__name__)

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that has to be set before this module is imported by a worker (``gunicorn_conf`` does)."""

_TIMES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_requests = Counter("yiguan_requests", "Answers by route and status", ["route", "status"])
_seconds = Histogram("yiguan_request_seconds", "Time until the answer was ready", ["route"], buckets=_TIMES)
_answers = Counter("yiguan_view_answers", "Views answered from the store of kept answers, or drawn", ["kept"])
_refused = Counter("yiguan_refused", "Requests refused: overload, too many logins, too many costly requests", ["why"])
_logins = Counter("yiguan_logins", "Logins by outcome", ["outcome"])

_OUTCOMES = {303: "done", 401: "wrong", 429: "locked", 503: "busy"}


def request(route: str, status: str, seconds: float) -> None:
    """One request has been answered."""
    _requests.labels(route, status).inc()
    _seconds.labels(route).observe(seconds)


def view(kept: bool) -> None:
    """One view has been answered, from the store or drawn."""
    _answers.labels("yes" if kept else "no").inc()


def refused(why: str) -> None:
    """One request has been turned away."""
    _refused.labels(why).inc()


def login(status: int) -> None:
    """Somebody has tried to log in."""
    _logins.labels(_OUTCOMES.get(status, "other")).inc()


class State:
    """What is read at the moment of asking: snapshot, modules, sessions. A part that cannot be read is left out, and ``yiguan_up`` says so."""

    def __init__(self, services: Any) -> None:
        self._services = services

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges of this moment."""
        up = GaugeMetricFamily("yiguan_up", "Whether a part can be read", labels=["part"])
        for part, read in (("snapshot", self._snapshot), ("ledger", self._ledger)):
            try:
                yield from list(read())
                up.add_metric([part], 1)
            except Exception as error:
                log.warning("metrics_unreadable", part=part, error=type(error).__name__)
                up.add_metric([part], 0)
        yield up

    def _snapshot(self) -> Iterator[GaugeMetricFamily]:
        snapshot = self._services.newest()
        age = GaugeMetricFamily("yiguan_snapshot_age_seconds", "Since the snapshot in use was published")
        age.add_metric([], max(0.0, time.time() - snapshot.path.stat().st_mtime))
        yield age
        ok = GaugeMetricFamily("yiguan_module_ok", "Whether a module's delivery is in force and in time", labels=["module", "status"])
        for module, status in snapshot.cursor().cursor().execute("select module, status from meta_module order by module").fetchall():
            ok.add_metric([module, status], 1.0 if status == "ok" else 0.0)
        yield ok

    def _ledger(self) -> Iterator[GaugeMetricFamily]:
        now = int(time.time())
        found = self._services.ledger.fetch("select count(*) from session where not revoked and expires_at > ?", (now,))
        sessions = GaugeMetricFamily("yiguan_sessions", "Sessions that have not ended")
        sessions.add_metric([], float(found[0]))
        yield sessions


def prepare(folder: Path) -> None:
    """Before the workers start: an empty folder for their counters."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink()
    os.environ[FOLDER] = str(folder)


def registry(services: Any) -> CollectorRegistry:
    """Everything that is told: the counters of all workers, and the state."""
    found = CollectorRegistry()
    if os.environ.get(FOLDER):
        MultiProcessCollector(found)  # type: ignore[no-untyped-call]
    else:
        for one in (_requests, _seconds, _answers, _refused, _logins):
            found.register(one)
    found.register(State(services))  # type: ignore[arg-type]
    return found


def offer(services: Any, host: str, port: int, pause: float = 5) -> threading.Thread:
    """Serve the figures from whichever worker gets the port; the others keep asking for it, so that they go on when that one ends."""

    def go() -> None:
        while True:
            try:
                start_http_server(port, addr=host, registry=registry(services))
                return
            except OSError:
                time.sleep(pause)

    thread = threading.Thread(target=go, name="metrics", daemon=True)
    thread.start()
    return thread
