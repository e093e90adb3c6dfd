"""How gunicorn runs the application. Addresses and numbers come from the settings; everything can be overridden on the command line."""

import gc
import os
from typing import Any

from dashboard.settings import WAITING, WAITING_FILES, Settings

_settings = Settings()
if _settings.metrics_port and not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_settings.layout.base / "metrics")  # before any worker counts anything

bind = f"{_settings.host}:{_settings.port}"
workers = _settings.workers
# Those that work, and those that wait for their turn, of pages, files and logins (``access.gate``); beyond these the answer is 503.
threads = (_settings.threads + WAITING) + (_settings.threads + WAITING_FILES) + (2 + WAITING) + 4
worker_class = "gthread"
# DuckDB and the ledger open their files in each worker: nothing that holds a file or a thread may cross the fork.
preload_app = False
timeout = 120
graceful_timeout = 30
keepalive = 15
# A worker that leaks is replaced before it hurts; jitter keeps them from leaving together.
max_requests = 200_000
max_requests_jitter = 20_000
limit_request_line = 8190
limit_request_fields = 60
accesslog = None
errorlog = "-"
loglevel = "warning"
forwarded_allow_ips = "127.0.0.1"
limit_request_field_size = 8190


def on_starting(_server: Any) -> None:
    """The counters begin at zero."""
    if _settings.metrics_port:
        from dashboard import metrics

        metrics.prepare(_settings.layout.base / "metrics")


def child_exit(_server: Any, worker: Any) -> None:
    """What a worker counted stays; its gauges go with it."""
    if _settings.metrics_port:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def post_worker_init(worker: Any) -> None:
    """Read what every view needs, then tell the collector how this program lives.

    A view makes thousands of small lists and drops them at once: let the collector look at them a hundred times less often.  What the
    application holds for good is set aside, so that a collection never walks it.
    """
    services = worker.wsgi.extensions["yiguan"]
    services.warm()
    services.look_ahead()
    if _settings.metrics_port:
        from dashboard import metrics

        metrics.offer(services, "127.0.0.1", _settings.metrics_port)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
