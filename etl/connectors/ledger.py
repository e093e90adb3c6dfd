"""The product's own ledger as a source: its audit trail counted by month and kind of action, and what was decided in cases.

Names of accounts, objects and addresses never leave the ledger. Of the audit trail only complete months are read, so that every sign-in of
today does not make a new snapshot; a decision counts from the day on which it was taken.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from etl import clock
from etl.connectors.base import NothingYetError, SourceError, batch
from etl.contract import Contract, Table


class LedgerReader:
    """``audit``, ``case_step`` and ``credit_repair`` of the ledger at an SQLAlchemy URL, read-only. NothingYetError before there is anything to read."""

    def __init__(self, contract: Contract, url: str):
        self.contract = contract
        self.skipped: Counter[str] = Counter()
        try:
            parsed = make_url(url)
            if parsed.get_backend_name() == "sqlite":
                path = Path(parsed.database or "")
                if not path.is_file() or not path.stat().st_size:
                    raise NothingYetError("台账库尚未建立。首次启动服务后自动建立。")
                parsed = URL.create("sqlite", database=f"file:{path.absolute().as_posix()}", query={"mode": "ro", "uri": "true"})
            engine = sa.create_engine(parsed)
            try:
                with engine.connect() as connection:
                    self.rows: dict[str, list[tuple[object, ...]]] = {
                        "audit": _counts(connection), "case_step": _measures(connection), "credit_repair": _repairs(connection),
                    }  # fmt: skip
            finally:
                engine.dispose()
        except SQLAlchemyError as error:
            raise SourceError("台账库无法读取。请管理员检查 YIGUAN_LEDGER_URL 与文件权限。") from error
        if not any(self.rows.values()):
            raise NothingYetError("台账还没有完整月份的记录。")

    def fingerprint(self, table: Table) -> str:
        return hashlib.sha256(repr(self.rows[table.source]).encode()).hexdigest()

    def delivered_on(self) -> date | None:
        return clock.today()

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        rows = self.rows[table.source]
        if rows:
            columns = [[None if value is None else str(value) for value in column] for column in zip(*rows, strict=True)]
            yield batch(table, columns, table.source, range(1, len(rows) + 1))


def _counts(connection: sa.Connection) -> list[tuple[object, ...]]:
    """(month, action, events, accounts) of every month that has ended."""
    if not sa.inspect(connection).has_table("audit"):
        return []
    audit = sa.table("audit", sa.column("at"), sa.column("action"), sa.column("account"))
    month = sa.func.substr(audit.c.at, 1, 7)
    query = (
        sa.select(month, audit.c.action, sa.func.count(), sa.func.count(audit.c.account.distinct()))
        .where(audit.c.at < clock.today().strftime("%Y-%m"))
        .group_by(month, audit.c.action)
        .order_by(month, audit.c.action)
    )
    found = [tuple(row) for row in connection.execute(query)]
    return sorted([*_archived(connection), *found])  # type: ignore[type-var]


def _archived(connection: sa.Connection) -> list[tuple[str, str, int, int]]:
    """The counts of the months whose lines have been moved to archive files; whole months only."""
    if not sa.inspect(connection).has_table("audit_archive"):
        return []
    kept = connection.execute(sa.text("select counts from audit_archive")).scalars()
    return [(str(month), str(action), int(events), int(accounts)) for text in kept for month, action, events, accounts in json.loads(text)]


def _measures(connection: sa.Connection) -> list[tuple[object, ...]]:
    """(measure_id, case_no, provider_id, kind, decided_on, document_no) of every step that supervision records, in the order taken."""
    if not sa.inspect(connection).has_table("case_step"):
        return []
    step = sa.table("case_step", *map(sa.column, ("case_id", "seq", "measure", "at", "document_no")))
    file = sa.table("case_file", *map(sa.column, ("id", "number", "provider_id")))
    query = (
        sa.select(step.c.case_id, step.c.seq, file.c.number, file.c.provider_id, step.c.measure, step.c.at, step.c.document_no)
        .join_from(step, file, file.c.id == step.c.case_id)
        .where(step.c.measure != "", file.c.provider_id != "")
        .order_by(step.c.case_id, step.c.seq)
    )
    return [
        (f"AJ{case}-{seq}", number, provider, measure, datetime.fromtimestamp(at, clock.ZONE).date(), document or None)
        for case, seq, number, provider, measure, at, document in connection.execute(query)
    ]


def _repairs(connection: sa.Connection) -> list[tuple[object, ...]]:
    """(provider_id, source_table, row_key, decided_on) of every repair of credit that was granted, in the order of the applications."""
    if not sa.inspect(connection).has_table("credit_repair"):
        return []
    named = ("id", "provider_id", "source_table", "row_key", "decided_on", "outcome")
    repair = sa.table("credit_repair", *map(sa.column, named))
    query = sa.select(*(repair.c[name] for name in named[1:5])).where(repair.c.outcome == "同意").order_by(repair.c.id)
    return [tuple(row) for row in connection.execute(query)]
