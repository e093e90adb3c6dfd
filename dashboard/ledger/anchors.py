"""Anchors: once a day the clock and the head of the audit trail are written to a file outside the ledger (日志锚定).

Verification then finds what the chain alone cannot show: lines cut off at the end, or a chain rewritten from some line on.  The file belongs
on another disk or machine (``YIGUAN_AUDIT_ANCHOR``), where whoever administers the database cannot write.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from dashboard.ledger.audit import FIRST, ZONE
from dashboard.ledger.models import AuditLine
from dashboard.ledger.store import Ledger
from dashboard.seals import Seals


class AnchorError(Exception):
    """The anchor file cannot be written or read; the message says what to do, in Chinese."""


class Anchor(NamedTuple):
    """The head of the chain at a moment: number and hash of the last line, sealed with the key of that name."""

    at: str
    line: int
    hash: str
    key: str
    seal: str

    def text(self) -> bytes:
        """What is sealed."""
        return json.dumps([self.at, self.line, self.hash, self.key]).encode()


def read(path: Path) -> list[Anchor]:
    """All anchors, oldest first; empty where there is no file yet. AnchorError for a file that is not one of ours."""
    if not path.exists():
        return []
    try:
        rows = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines() if row.strip()]
        return [Anchor(str(r["at"]), int(r["line"]), str(r["hash"]), str(r["key"]), str(r["seal"])) for r in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AnchorError(f"锚定文件 {path} 无法读取（{type(error).__name__}）。请从外部副本恢复该文件。") from error


def write(ledger: Ledger, path: Path, now: datetime | None = None, daily: bool = False) -> Anchor | None:
    """Append the head of the chain as one line, forced to the disk; with ``daily`` only the first time on a day (else None).

    Processes take turns.  AnchorError where the file cannot be written.
    """
    moment = (now or datetime.now(ZONE)).replace(tzinfo=None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640), "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if daily and _last_day(file.readall()) == f"{moment:%Y-%m-%d}":
                return None
            with ledger.read() as session:
                last = session.scalars(select(AuditLine).order_by(AuditLine.id.desc()).limit(1)).first()
            if last is None:
                return None
            key = ledger.seals.name if ledger.seals else ""
            made = Anchor(moment.isoformat(timespec="seconds"), last.id, last.hash, key, "")
            made = made._replace(seal=ledger.seals.seal(made.text()) if ledger.seals else "")
            file.write(json.dumps(made._asdict()).encode() + b"\n")
            os.fsync(file.fileno())
            return made
    except OSError as error:
        raise AnchorError(f"锚定文件 {path} 无法写入（{type(error).__name__}）。请检查 YIGUAN_AUDIT_ANCHOR 和目录权限。") from error


def _last_day(content: bytes) -> str:
    last = content.rstrip(b"\n").rpartition(b"\n")[2]
    try:
        return str(json.loads(last)["at"])[:10]
    except (ValueError, KeyError, TypeError):
        return ""


def compare(anchors: list[Anchor], hashes: Mapping[int, str], last: int, seals: Seals | None) -> Iterator[str]:
    """What does not agree between the anchors and the chain: ``hashes`` of the lines they name, ``last`` its last number."""
    before = Anchor("", 0, FIRST, "", "")
    for n, anchor in enumerate(anchors, start=1):
        day = anchor.at[:10]
        if anchor.key and seals is not None and seals.knows(anchor.key) and not seals.fits(anchor.text(), anchor.seal, anchor.key):
            yield f"第 {n} 个锚（{day}）的封印不符，锚定文件可能被改动"
        if anchor.at < before.at or anchor.line < before.line:
            yield f"第 {n} 个锚（{day}）的时间或条号小于前一个"
        if anchor.line > last:
            yield f"{day} 锚定时日志已有 {anchor.line} 条，现在只到第 {last} 条：末尾的日志被删除"
        elif hashes.get(anchor.line) != anchor.hash:
            yield f"第 {anchor.line} 条日志与 {day} 锚定的不同：自此或更早的日志被改写"
        before = anchor
