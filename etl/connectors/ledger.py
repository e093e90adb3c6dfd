"""The product's own ledger as a source: its audit trail counted by month and kind of action inside the database.

Names, objects and addresses never leave the ledger. Only complete months are read, so that every sign-in of today does not make
a new snapshot.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from etl import clock
from etl.connectors.base import NothingYetError, SourceError, batch
from etl.contract import Contract, Table


class LedgerReader:
    """``audit`` of the ledger at an SQLAlchemy URL, read-only. NothingYetError before the first complete month with an entry."""

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
            self.rows = _counts(parsed)
        except SQLAlchemyError as error:
            raise SourceError("台账库无法读取。请管理员检查 YIGUAN_LEDGER_URL 与文件权限。") from error
        if not self.rows:
            raise NothingYetError("台账还没有完整月份的记录。")

    def fingerprint(self, table: Table) -> str:
        return hashlib.sha256(repr(self.rows).encode()).hexdigest()

    def delivered_on(self) -> date | None:
        return clock.today()

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        columns = [[str(value) for value in column] for column in zip(*self.rows, strict=True)]
        yield batch(table, columns, table.source, range(1, len(self.rows) + 1))


def _counts(url: URL) -> list[tuple[str, str, int, int]]:
    """(month, action, events, accounts) of every month that has ended."""
    audit = sa.table("audit", sa.column("at"), sa.column("action"), sa.column("account"))
    month = sa.func.substr(audit.c.at, 1, 7)
    query = (
        sa.select(month, audit.c.action, sa.func.count(), sa.func.count(audit.c.account.distinct()))
        .where(audit.c.at < clock.today().strftime("%Y-%m"))
        .group_by(month, audit.c.action)
        .order_by(month, audit.c.action)
    )
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table("audit"):
                return []
            found = [tuple(row) for row in connection.execute(query)]
            return sorted([*_archived(connection), *found])  # type: ignore[list-item]
    finally:
        engine.dispose()


def _archived(connection: sa.Connection) -> list[tuple[str, str, int, int]]:
    """The counts of the months whose lines have been moved to archive files; whole months only."""
    if not sa.inspect(connection).has_table("audit_archive"):
        return []
    kept = connection.execute(sa.text("select counts from audit_archive")).scalars()
    return [(str(month), str(action), int(events), int(accounts)) for text in kept for month, action, events, accounts in json.loads(text)]
