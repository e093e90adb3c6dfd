"""How gunicorn runs the application. Addresses and numbers come from the settings; everything can be overridden on the command line."""

import gc
from typing import Any

from dashboard.settings import Settings

_settings = Settings()

bind = f"{_settings.host}:{_settings.port}"
workers = _settings.workers
threads = _settings.threads
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


def post_worker_init(worker: Any) -> None:
    """Read what every view needs, then tell the collector how this program lives.

    A view makes thousands of small lists and drops them at once: let the collector look at them a hundred times less often.  What the
    application holds for good is set aside, so that a collection never walks it.
    """
    worker.wsgi.extensions["yiguan"].warm()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
