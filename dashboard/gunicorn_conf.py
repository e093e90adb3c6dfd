"""How gunicorn runs the application. Addresses and numbers come from the settings; everything can be overridden on the command line."""

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


def post_worker_init(_worker: object) -> None:
    """A view makes thousands of small lists and drops them at once: let the collector look at them a hundred times less often.

    What the application holds for good is set aside, so that a collection never walks it.
    """
    import gc

    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
