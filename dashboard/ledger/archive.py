"""Old lines of the audit trail leave the ledger for archive files that still prove themselves; younger ones cannot leave (日志归档).

A file holds consecutive lines as JSON, one a row.  The ledger keeps of it the numbers, the file's hash, the hash of its last line and a seal
over them, and how many events each month had (the figures over the ledger outlive the lines).  The database itself refuses to delete a line
that no archive record covers, and any line younger than six months, whoever asks.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, func, select

from dashboard.ledger import anchors
from dashboard.ledger.audit import FIRST, ZONE, Chain, append, examine, lines_from
from dashboard.ledger.models import AuditLine
from dashboard.ledger.models.privacy import AuditArchive
from dashboard.ledger.store import Ledger
from dashboard.seals import Seals

FIELDS = ("id", "at", "account", "action", "object", "detail", "ip", "form", "prev_hash", "hash")
FEWEST_MONTHS = 6


class ArchiveError(Exception):
    """Nothing was archived; the message says why, in Chinese."""


def as_json(line: AuditLine) -> str:
    """A line as one row of an archive or an export."""
    return json.dumps({name: getattr(line, name) for name in FIELDS}, ensure_ascii=False, separators=(",", ":"))


def from_json(row: str) -> AuditLine:
    """The line of a row; ValueError for anything else."""
    told = json.loads(row)
    if not isinstance(told, dict) or set(told) != set(FIELDS):
        raise ValueError("not a line of the audit trail")
    return AuditLine(**told)


def before(months: int, now: datetime) -> str:
    """Lines older than this moment may leave: the begin of the month so many months ago, so that no month is torn apart."""
    number = now.year * 12 + now.month - 1 - months
    return f"{number // 12}-{number % 12 + 1:02d}-01T00:00:00.000000"


def archive(ledger: Ledger, folder: Path, months: int, now: datetime | None = None, by: str = "系统") -> AuditArchive | None:
    """Move the lines older than ``months`` (six at least) into a file of ``folder``; None where there are none.

    The chain is looked through first: ArchiveError where it is not whole.  The file is on the disk before the lines leave, and both
    happen in one transaction with the line that says so; a file left by a run that was killed is overwritten by the next.
    """
    moment = now or datetime.now(ZONE)
    limit = before(max(months, FEWEST_MONTHS), moment)
    if found := examine(ledger).problems:
        raise ArchiveError(f"日志链不完整（{found[0]}），未归档。请先用 yiguan audit verify 查明。")
    folder.mkdir(parents=True, exist_ok=True)
    with ledger.write() as session:
        last = session.scalar(select(func.max(AuditLine.id)).where(AuditLine.at < limit))
        top = session.scalar(select(func.max(AuditLine.id)))
        first = session.scalar(select(func.min(AuditLine.id)))
        young = session.scalar(select(func.min(AuditLine.id)).where(AuditLine.at >= limit))
        last = min(n - 1 for n in (top, young) if n is not None) if last is not None and top is not None else None
        if last is None or first is None or last < first:
            return None
        path = folder / f"audit-{first:09d}-{last:09d}.jsonl"
        counts: Counter[tuple[str, str]] = Counter()
        accounts: dict[tuple[str, str], set[str]] = {}
        head, digest = FIRST, hashlib.sha256()
        draft = path.with_suffix(".tmp")
        with draft.open("wb") as file:
            for line in lines_from(session, first):
                if line.id > last:
                    break
                row = as_json(line).encode() + b"\n"
                file.write(row)
                digest.update(row)
                kind = (line.at[:7], line.action)
                counts[kind] += 1
                accounts.setdefault(kind, set()).add(line.account)
                head = line.hash
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o440)
        draft.replace(path)
        told = json.dumps([[*kind, n, len(accounts[kind])] for kind, n in sorted(counts.items())], ensure_ascii=False)
        made = AuditArchive(
            first_line=first, last_line=last, last_hash=head, file=path.name, file_hash=digest.hexdigest(), counts=told,
            archived_at=int(time.time()), seal="",
        )  # fmt: skip
        made.seal = seal_of(made, ledger.seals)
        session.add(made)
        session.flush()
        session.execute(delete(AuditLine).where(AuditLine.id <= last))
        append(session, by, "归档日志", path.name, f"第 {first} 条至第 {last} 条，校验码 {made.file_hash[:16]}")
    return made


def seal_of(record: AuditArchive, seals: Seals | None, name: str = "") -> str:
    """The seal over an archive record, the key's name before it; empty without a key."""
    if seals is None:
        return ""
    name = name or seals.name
    fields = [record.first_line, record.last_line, record.last_hash, record.file, record.file_hash, record.counts]
    return f"{name}:{seals.seal(json.dumps(fields, ensure_ascii=False).encode(), name)}"


@dataclass
class Verdict:
    """The whole of the trail: archives, lines in the ledger, anchors. ``problems`` is empty where nothing is wrong."""

    lines: int = 0
    archived: int = 0
    sealed: int = 0
    unproved: int = 0
    anchors: int = 0
    last_anchor: str = ""
    last: int = 0
    head: str = FIRST
    problems: list[str] = field(default_factory=list)

    @property
    def keyless(self) -> str:
        """That lines could not be proved for want of their key; empty where all could."""
        return f"{self.unproved} 条日志的密钥不在手边，无法校验；请在 YIGUAN_FORMER_SECRET_KEYS 中补上更换前的密钥" if self.unproved else ""

    @property
    def damage(self) -> list[str]:
        """The problems without that one: what is wrong with the trail itself."""
        return [p for p in self.problems if p != self.keyless]


def verify_all(ledger: Ledger, folder: Path, anchor_file: Path | None, restored: bool = False) -> Verdict:
    """Look through the archives, the chain in the ledger and the anchors. A missing archive file is said, not passed over.

    ``restored``: the trail comes from a backup, and anchors younger than its end are left out.
    """
    found = Verdict()
    held: list[anchors.Anchor] = []
    try:
        held = anchors.read(anchor_file) if anchor_file is not None else []
    except anchors.AnchorError as error:
        found.problems.append(str(error))
    wanted = {a.line for a in held}
    hashes: dict[int, str] = {}
    for record in archives(ledger):
        hashes |= _archived(record, folder, ledger, found, wanted)
    here = examine(ledger, wanted)
    found.lines, found.sealed, found.unproved = here.lines, found.sealed + here.sealed, found.unproved + here.unproved
    found.last, found.head = here.last, here.head
    found.problems += here.problems
    if ledger.seals is not None and here.lines and not here.sealed:
        found.problems.append("日志中没有任何一条用密钥校验的记录")
    held = [a for a in held if a.line <= here.last] if restored else held
    found.problems += anchors.compare(held, hashes | here.hashes, here.last, ledger.seals)
    found.anchors, found.last_anchor = len(held), held[-1].at if held else ""
    if found.keyless:
        found.problems.append(found.keyless)
    return found


def archives(ledger: Ledger) -> list[AuditArchive]:
    """The archive records, oldest lines first."""
    with ledger.read() as session:
        return list(session.scalars(select(AuditArchive).order_by(AuditArchive.first_line)))


def _archived(record: AuditArchive, folder: Path, ledger: Ledger, found: Verdict, wanted: set[int]) -> dict[int, str]:
    """Check one archive file against its record; the hashes of the wanted lines in it."""
    path, seals = folder / record.file, ledger.seals
    name = record.seal.partition(":")[0]
    if seals is not None and seals.knows(name) and seal_of(record, seals, name) != record.seal:
        found.problems.append(f"归档 {record.file} 在台账中的登记被改动")
    start = found.archived + 1
    if record.first_line != start:
        found.problems.append(f"第 {start} 条至第 {record.first_line - 1} 条日志既不在台账中，也没有归档登记")
    found.archived = record.last_line
    if not path.is_file():
        found.problems.append(f"归档文件 {record.file} 不在 {folder}，无法校验")
        return {record.last_line: record.last_hash}
    chain = Chain(seals, record.first_line, _previous(record, ledger), wanted)
    digest = hashlib.sha256()
    try:
        for row in _rows(path):
            digest.update(row)
            chain.take(from_json(row.decode()))
    except (ValueError, OSError) as error:
        found.problems.append(f"归档文件 {record.file} 无法读取（{type(error).__name__}）")
    if digest.hexdigest() != record.file_hash or chain.found.head != record.last_hash or chain.found.last != record.last_line:
        found.problems.append(f"归档文件 {record.file} 与登记的校验码不符")
    found.problems += [f"归档 {record.file}：{p}" for p in chain.found.problems]
    found.sealed += chain.found.sealed
    found.unproved += chain.found.unproved
    return chain.found.hashes | {record.last_line: chain.found.head}


def _previous(record: AuditArchive, ledger: Ledger) -> str:
    """The hash that the first line of an archive refers to."""
    with ledger.read() as session:
        former = session.scalars(select(AuditArchive).where(AuditArchive.last_line == record.first_line - 1).limit(1)).first()
        return former.last_hash if former else FIRST


def _rows(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file
