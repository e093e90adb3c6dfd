"""The audit trail: who did what, when, from where. A hash chain: every line carries the hash of the one before.

Lines are sealed with a key derived from the application's secret (``seals``), so that a chain rewritten by somebody with the database alone
does not fit; lines from before there were keys keep their plain hash, and the first sealed line covers them all.  That nothing was cut
off at the end, or replaced together with the key, is what ``anchors`` show.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session as OrmSession

from dashboard.ledger.models import AuditLine
from dashboard.ledger.models.privacy import AuditArchive
from dashboard.ledger.store import Ledger
from dashboard.seals import Seals

FIRST = "0" * 64
ZONE = ZoneInfo("Asia/Shanghai")
BACKWARDS = 300
"""Seconds that the clock may go back between two lines (servers that agree about the time only roughly)."""
_LOCK = 0x79_69_67_75_61_6E  # the advisory lock under which PostgreSQL appends, one at a time


def fixed(line: AuditLine) -> bytes:
    """The fields of a line in the form that is hashed."""
    fields = [line.id, line.at, line.account, line.action, line.object, line.detail, line.ip, line.prev_hash]
    return json.dumps([line.form, *fields] if line.form else fields, ensure_ascii=False, separators=(",", ":")).encode()


def line_hash(line: AuditLine, seals: Seals | None = None) -> str | None:
    """The hash that a line must carry; None where it was sealed with a key that is not at hand."""
    if not line.form:
        return hashlib.sha256(fixed(line)).hexdigest()
    return seals.seal(fixed(line), line.form) if seals is not None and seals.knows(line.form) else None


def append(session: OrmSession, account: str, action: str, obj: str = "", detail: str = "", ip: str = "") -> AuditLine:
    """Add a line within a writing transaction: it stands or falls with what it reports."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = session.scalars(select(AuditLine).order_by(AuditLine.id.desc()).limit(1)).first()
    seals: Seals | None = session.info.get("seals")
    line = AuditLine(
        id=last.id + 1 if last else 1, at=datetime.now(ZONE).replace(tzinfo=None).isoformat(timespec="microseconds"), account=account[:64],
        action=action[:32], object=obj[:255], detail=detail[:4000], ip=ip[:64], form=seals.name if seals else "",
        prev_hash=last.hash if last else FIRST,
    )  # fmt: skip
    line.hash = line_hash(line, seals) or ""
    session.add(line)
    session.flush()
    return line


def record(ledger: Ledger, account: str, action: str, obj: str = "", detail: str = "", ip: str = "") -> None:
    """Add a line in a transaction of its own."""
    with ledger.write() as session:
        append(session, account, action, obj, detail, ip)


@dataclass
class Checked:
    """What a look through the chain found. ``hashes`` holds those of the lines asked for."""

    lines: int = 0
    sealed: int = 0
    unproved: int = 0
    first: int = 0
    last: int = 0
    head: str = FIRST
    problems: list[str] = field(default_factory=list)
    hashes: dict[int, str] = field(default_factory=dict)


class Chain:
    """Takes lines one after the other and says what does not fit."""

    def __init__(self, seals: Seals | None, start: int = 1, previous: str = FIRST, wanted: Iterable[int] = ()) -> None:
        self.seals, self.expected, self.previous, self.wanted = seals, start, previous, frozenset(wanted)
        self.found = Checked(head=previous)
        self._sealed_before, self._clock = False, ""

    def take(self, line: AuditLine) -> None:
        """The next line, whatever its number."""
        found, said = self.found, self.found.problems
        if line.id != self.expected:
            said.append(f"第 {self.expected} 条至第 {line.id - 1} 条日志缺失")
        elif line.prev_hash != self.previous:
            said.append(f"第 {line.id} 条日志与上一条不衔接")
        wanted = line_hash(line, self.seals)
        if wanted is None:
            found.unproved += 1
        elif line.hash != wanted:
            said.append(f"第 {line.id} 条日志被改动")
        if self._sealed_before and not line.form:
            said.append(f"第 {line.id} 条日志没有用密钥校验，而它前面的日志有")
        if self._clock and _seconds(self._clock) - _seconds(line.at) > BACKWARDS:
            said.append(f"第 {line.id} 条日志的时间 {line.at[:19]} 早于上一条")
        self._sealed_before |= bool(line.form)
        self._clock = line.at
        found.lines += 1
        found.sealed += bool(line.form)
        found.first = found.first or line.id
        found.last, found.head = line.id, line.hash
        if line.id in self.wanted:
            found.hashes[line.id] = line.hash
        self.expected, self.previous = line.id + 1, line.hash


def _seconds(at: str) -> float:
    try:
        return datetime.fromisoformat(at).timestamp()
    except ValueError:
        return 0.0


def lines_from(session: OrmSession, first: int = 0) -> Iterator[AuditLine]:
    """The lines of the ledger in their order, some thousand at a time."""
    query = select(AuditLine).where(AuditLine.id >= first).order_by(AuditLine.id).execution_options(yield_per=1000)
    yield from session.scalars(query)


def examine(ledger: Ledger, wanted: Iterable[int] = ()) -> Checked:
    """Look through the lines that the ledger holds, beginning where the newest archive ends."""
    with ledger.read() as session:
        last = session.scalars(select(AuditArchive).order_by(AuditArchive.last_line.desc()).limit(1)).first()
        chain = Chain(ledger.seals, last.last_line + 1 if last else 1, last.last_hash if last else FIRST, wanted)
        for line in lines_from(session):
            chain.take(line)
    return chain.found


def verify(ledger: Ledger) -> list[str]:
    """What is wrong with the chain in the ledger, in Chinese, one sentence a place; empty where it is whole.

    A ledger opened without its key is looked through as far as that goes: links and plain hashes.
    """
    return examine(ledger).problems
