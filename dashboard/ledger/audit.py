"""The audit trail: who did what, when, from where. A hash chain: every line carries the hash of the one before."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session as OrmSession

from dashboard.ledger.models import AuditLine
from dashboard.ledger.store import Ledger

FIRST = "0" * 64
ZONE = ZoneInfo("Asia/Shanghai")
_LOCK = 0x79_69_67_75_61_6E  # the advisory lock under which PostgreSQL appends, one at a time


def line_hash(line: AuditLine) -> str:
    """SHA-256 over the line's fields in a fixed form."""
    fields = [line.id, line.at, line.account, line.action, line.object, line.detail, line.ip, line.prev_hash]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def append(session: OrmSession, account: str, action: str, obj: str = "", detail: str = "", ip: str = "") -> AuditLine:
    """Add a line within a writing transaction: it stands or falls with what it reports."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = session.scalars(select(AuditLine).order_by(AuditLine.id.desc()).limit(1)).first()
    line = AuditLine(
        id=last.id + 1 if last else 1, at=datetime.now(ZONE).replace(tzinfo=None).isoformat(timespec="microseconds"), account=account[:64],
        action=action[:32], object=obj[:255], detail=detail[:4000], ip=ip[:64], prev_hash=last.hash if last else FIRST,
    )  # fmt: skip
    line.hash = line_hash(line)
    session.add(line)
    session.flush()
    return line


def record(ledger: Ledger, account: str, action: str, obj: str = "", detail: str = "", ip: str = "") -> None:
    """Add a line in a transaction of its own."""
    with ledger.write() as session:
        append(session, account, action, obj, detail, ip)


def verify(ledger: Ledger) -> list[str]:
    """What is wrong with the chain, in Chinese, one sentence a place; empty where it is whole."""
    problems: list[str] = []
    expected, previous = 1, FIRST
    with ledger.read() as session:
        for line in session.scalars(select(AuditLine).order_by(AuditLine.id).execution_options(yield_per=1000)):
            if line.id != expected:
                problems.append(f"第 {expected} 条至第 {line.id - 1} 条日志缺失")
            elif line.prev_hash != previous:
                problems.append(f"第 {line.id} 条日志与上一条不衔接")
            if line.hash != line_hash(line):
                problems.append(f"第 {line.id} 条日志被改动")
            expected, previous = line.id + 1, line.hash
    return problems
