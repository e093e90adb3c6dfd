"""Writes down what is read of persons in the request at hand, and knows what leave the reader has to see records in full."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import g
from sqlalchemy import delete

from dashboard.access.leave import Leave
from dashboard.access.sessions import Identity
from dashboard.ledger import Ledger
from dashboard.ledger.audit import append, record
from dashboard.ledger.models.privacy import Unmasking
from etl.policy.privacy import Privacy, Purpose

READ, UNMASKED = "查看个人记录", "查看完整信息"
SAME_READING = 60
"""Seconds within which the same reader's same page is one reading (a page is drawn by the server, then again by its callback)."""
ZONE = ZoneInfo("Asia/Shanghai")
_recent: dict[tuple[str, str, str], float] = {}
_lock = threading.Lock()


class RequestWitness:
    """The witness of one reader. An answer that he saw is never kept for anybody else, nor for the same reader."""

    def __init__(self, ledger: Ledger, identity: Identity, policy: Privacy, ip: str) -> None:
        self._ledger, self._identity, self._policy, self._ip = ledger, identity, policy, ip

    def read(self, obj: str, detail: str) -> None:
        """Add a line to the audit trail, now; what the ledger raises keeps the record from being shown."""
        g.pop("answer_run", None)
        key, now = (self._identity.token_hash, obj, detail), time.monotonic()
        with _lock:
            if now - _recent.get(key, -SAME_READING) < SAME_READING:
                return
        record(self._ledger, self._identity.username, READ, obj, detail, self._ip)
        with _lock:
            if len(_recent) > 5000:
                _recent.clear()
            _recent[key] = now

    def leave(self, subject: str) -> Leave | None:
        """What was given to this very session and has not run out."""
        g.pop("answer_run", None)
        found = self._ledger.fetch(
            "select expires_at, purpose, reason from unmasking where session_hash = ? and subject = ? and expires_at > ? order by id desc",
            (self._identity.token_hash, subject, int(time.time())),
        )
        if found is None:
            return None
        until = datetime.fromtimestamp(found[0], ZONE).strftime("%H:%M")
        purpose = self._policy.unmask.find(found[1])
        return Leave(until, purpose.name if purpose else str(found[1]), str(found[2]))

    def purposes(self) -> list[tuple[str, str, bool]]:
        """What this role may ask for."""
        return [(p.code, p.name, p.needs_text) for p in self._policy.unmask.of(self._identity.role)]


def give(
    ledger: Ledger, identity: Identity, subject: str, purpose: Purpose, reason: str, fields: tuple[str, ...], minutes: int, ip: str
) -> None:
    """Leave for one subject: the line in the audit trail and the leave itself stand or fall together."""
    now = int(time.time())
    until = datetime.fromtimestamp(now + minutes * 60, ZONE)
    with ledger.write() as session:
        session.execute(delete(Unmasking).where(Unmasking.expires_at < now))
        said = f"用途：{purpose.name}" + (f"（{reason}）" if reason else "") + f"；字段：{'、'.join(fields)}；有效至 {until:%H:%M}"
        append(session, identity.username, UNMASKED, subject, said, ip)
        session.add(
            Unmasking(
                account_id=identity.account_id, session_hash=identity.token_hash, subject=subject, purpose=purpose.code, reason=reason,
                given_at=now, expires_at=now + minutes * 60,
            )
        )  # fmt: skip
