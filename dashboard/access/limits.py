"""How often somebody may ask for what is costly or worth guessing at: counted in one small file for all workers.

Costly is every endpoint whose right is among ``COSTLY`` or that gives files, so that an export, a report or an unmasking added later is counted without
anybody thinking of it.  Logins are counted by address, and failures only: a whole office behind one address logs in at half past eight.
The file holds no names: keys are hashes, and it may be lost at any time.
"""

from __future__ import annotations

import hashlib
import math
import sqlite3
import threading
import time
from pathlib import Path
from typing import NamedTuple

import structlog
from flask import Flask, Response, g, request

from dashboard import metrics, refusals
from dashboard.access import policy
from dashboard.settings import Settings

log = structlog.get_logger(__name__)

COSTLY = frozenset({"export", "unmask", "jobs", "policy_try"})
LOGINS = frozenset({"login", "code"})
FORGET_AFTER = 3600


class Rate(NamedTuple):
    """So many at once, and then evenly so many in so many seconds."""

    most: int
    seconds: int


class Limits:
    """Counters of all workers of one installation. Thread-safe; a file that cannot be used lets everybody pass and is logged."""

    def __init__(self, path: Path) -> None:
        self._path, self._local = path, threading.local()

    def take(self, key: str, rate: Rate, cost: int = 1) -> int:
        """Count one more of this key. 0 where it is within the rate, else the seconds after which it will be.

        The generic cell rate algorithm: one moment a key, up to which its allowance is used up.
        ``cost`` 0 asks without counting.
        """
        now, step = time.time(), rate.seconds / rate.most
        name = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]
        try:
            connection = self._connection()
            connection.execute("begin immediate")
            try:
                row = connection.execute("select used_until from used where key = ?", (name,)).fetchone()
                used = max(row[0] if row else 0.0, now)
                wait = used + step - now - rate.seconds
                if wait > 1e-6:
                    return max(1, math.ceil(wait))
                if cost:
                    connection.execute("insert into used values (?, ?) on conflict (key) do update set used_until = excluded.used_until", (name, used + step * cost))
                    connection.execute("delete from used where used_until < ?", (now - FORGET_AFTER,))
                return 0
            finally:
                connection.execute("commit")
        except sqlite3.Error as error:
            self._local.connection = None
            log.warning("limits_unavailable", error=type(error).__name__)
            return 0

    def _connection(self) -> sqlite3.Connection:
        held: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if held is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
            held = sqlite3.connect(self._path, timeout=2, isolation_level=None)
            # Losing the counters costs nothing, waiting for the disk would.
            held.execute("pragma journal_mode = wal")
            held.execute("pragma synchronous = off")
            held.execute("create table if not exists used (key text primary key, used_until real not null) without rowid")
            self._local.connection = held
        return held


def install(server: Flask, settings: Settings) -> None:
    """Add the hooks; after the guard, which says who asks."""
    limits = Limits(settings.layout.base / "limits.sqlite")
    costly, failures = Rate(settings.costly_rate, 60), Rate(settings.login_failures, 600)

    @server.before_request
    def count() -> Response | None:
        endpoint, address = request.endpoint or "", request.remote_addr or ""
        wait = 0
        if endpoint in LOGINS and request.method == "POST":
            wait = limits.take(f"login {address}", failures, cost=0)
        elif (policy.right_for(endpoint) in COSTLY or policy.file_of(endpoint) in ("line", "purpose")) and g.get("identity") is not None:
            # By address as well: ten accounts in one hand get no more than four would.
            wait = limits.take(f"account {g.identity.account_id}", costly) or limits.take(f"address {address}", Rate(costly.most * 4, 60))
        return too_many(wait, "login" if endpoint in LOGINS else "costly") if wait else None

    @server.after_request
    def count_failure(response: Response) -> Response:
        if request.endpoint in LOGINS and request.method == "POST":
            metrics.login(response.status_code)
            if response.status_code == 401:
                limits.take(f"login {request.remote_addr or ''}", failures)
        return response


def too_many(wait: int, why: str) -> Response:
    """429 with the time to wait, in words and in ``Retry-After``."""
    metrics.refused(why)
    said = f"{wait} 秒" if wait < 120 else f"{-(-wait // 60)} 分钟"
    response = refusals.answer(429, f"请求过于频繁，请在{said}后再试。")
    response.headers["Retry-After"] = str(wait)
    return response
