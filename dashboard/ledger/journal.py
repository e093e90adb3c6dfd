"""The audit trail as the auditor reads it: lines chosen by account, action, time and object, page by page, and the whole of it for an assessor."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select

from dashboard.ledger.archive import Verdict, as_json
from dashboard.ledger.audit import ZONE
from dashboard.ledger.models import AuditLine
from dashboard.ledger.store import Ledger

PAGE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; empty parts match everything. ``since`` and ``until`` are days (YYYY-MM-DD), both included."""

    account: str = ""
    action: str = ""
    object: str = ""
    since: str = ""
    until: str = ""

    def narrow(self, query: Select[tuple[AuditLine]]) -> Select[tuple[AuditLine]]:
        """The query with the conditions."""
        if self.account:
            query = query.where(AuditLine.account == self.account)
        if self.action:
            query = query.where(AuditLine.action == self.action)
        if self.object:
            query = query.where(AuditLine.object.contains(self.object, autoescape=True) | AuditLine.detail.contains(self.object, autoescape=True))
        if self.since:
            query = query.where(AuditLine.at >= self.since)
        if self.until:
            query = query.where(AuditLine.at <= self.until + "T99")
        return query


def day(text: str) -> str:
    """A day as asked for; empty for anything that is none."""
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return ""


def page(ledger: Ledger, wanted: Wanted, offset: int = 0, limit: int = PAGE) -> tuple[list[AuditLine], int]:
    """Lines, newest first, and how many there are."""
    with ledger.read() as session:
        total = session.scalar(select(func.count()).select_from(wanted.narrow(select(AuditLine)).subquery())) or 0
        query = wanted.narrow(select(AuditLine)).order_by(AuditLine.id.desc()).offset(offset).limit(limit)
        return list(session.scalars(query)), total


def actions(ledger: Ledger) -> list[str]:
    """The kinds of actions on record."""
    with ledger.read() as session:
        return list(session.scalars(select(AuditLine.action).distinct().order_by(AuditLine.action)))


def chosen(ledger: Ledger, wanted: Wanted, most: int) -> list[AuditLine]:
    """Lines in their order, at most so many of the newest."""
    lines, _ = page(ledger, wanted, 0, most)
    return lines[::-1]


def lines_for_proof(ledger: Ledger, verdict: Verdict, by: str, purpose: str) -> Iterator[str]:
    """The lines of the ledger as JSON Lines for an assessor: a head that says how hashes are made, the lines, a foot with the head of the chain.

    Whoever has the file can recompute the links and plain hashes by himself; sealed lines also need the key.
    """
    now = datetime.now(ZONE).replace(tzinfo=None).isoformat(timespec="seconds")
    head = {
        "kind": "yiguan audit export 1", "at": now, "by": by, "purpose": purpose,
        "hash": "form 为空：SHA-256([id,at,account,action,object,detail,ip,prev_hash])；否则 HMAC-SHA256(密钥 form, [form,id,…,prev_hash])；JSON 无空格 UTF-8",
        "anchors": verdict.anchors, "problems": verdict.problems,
    }  # fmt: skip
    digest = hashlib.sha256()
    for row in (json.dumps(head, ensure_ascii=False), *_rows(ledger)):
        digest.update(row.encode() + b"\n")
        yield row
    yield json.dumps({"kind": "end", "last": verdict.last, "head": verdict.head, "sha256_of_lines_above": digest.hexdigest()}, ensure_ascii=False)


def _rows(ledger: Ledger) -> Iterator[str]:
    from dashboard.ledger.audit import lines_from

    with ledger.read() as session:
        for line in lines_from(session):
            yield as_json(line)


COLUMNS: Sequence[tuple[str, str]] = (
    ("id", "序号"), ("at", "时间"), ("account", "账号"), ("action", "操作"), ("object", "对象"), ("detail", "详情"), ("ip", "地址"),
    ("form", "封印"), ("prev_hash", "上一条校验码"), ("hash", "校验码"),
)  # fmt: skip
"""The columns of the Excel export."""
