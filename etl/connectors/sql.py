"""Databases by SQLAlchemy URL, read-only, streamed and within a time limit; SQLite files have a reader of their own."""

from __future__ import annotations

import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from etl import clock
from etl.checks import raw_columns
from etl.connectors.base import SourceError, batch, match, plain, require
from etl.connectors.sqlite import SqliteReader, no_table
from etl.contract import Contract, Table

TIMEOUT_SECONDS = 600
CONNECT_SECONDS = 10
LOCK_SECONDS = 60
_LOCKED = ("55P03", 1205)  # PostgreSQL's state, MariaDB's and MySQL's number


def open_sql(contract: Contract, url: str, limit: float = TIMEOUT_SECONDS) -> SqliteReader | DatabaseReader:
    """The reader for a URL; SourceError for a URL that is none and for a SQLite file that is not there (it is never created).

    ``limit``: seconds that reading one table may take.
    """
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise SourceError("数据库地址格式不正确。请检查 sources.yaml 或环境变量中的 url。") from error
    if parsed.get_backend_name() != "sqlite":
        return DatabaseReader(contract, parsed, limit)
    path = Path(parsed.database or "")
    if not path.is_file():
        raise SourceError(f"找不到数据库文件 {path.name}。请{contract.owner}确认系统已导出数据。")
    with path.open("rb") as stream:
        head = stream.read(16)
    if not head:
        raise SourceError(f"数据库文件 {path.name} 是空的。请{contract.owner}重新导出。")
    if not head.startswith(b"SQLite format 3"):
        raise SourceError(f"{path.name} 不是 SQLite 数据库，可能已损坏。请{contract.owner}重新导出。")
    return SqliteReader(contract, path)


class DatabaseReader:
    """Any other database that SQLAlchemy reaches: one read-only transaction a table, cut off after ``limit`` seconds.

    Moments with a zone are given and compared in the bureau's, whatever zone the server or the account is set to.
    """

    def __init__(self, contract: Contract, url: URL, limit: float = TIMEOUT_SECONDS):
        self.contract, self.url, self.limit = contract, url, limit
        self.skipped: Counter[str] = Counter()
        options: dict[str, Any] = {"poolclass": sa.pool.NullPool}
        seconds, brief = max(1, int(limit)), max(1, min(CONNECT_SECONDS, int(limit)))
        self.patience = max(1, min(LOCK_SECONDS, int(limit) // 3))  # for a table that somebody else has locked
        match url.get_backend_name():
            case "postgresql":
                limits = f"-c statement_timeout={seconds * 1000} -c lock_timeout={self.patience * 1000} -c default_transaction_read_only=on -c timezone={clock.ZONE.key}"
                alive = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
                options |= {"connect_args": {"connect_timeout": max(2, brief), "options": limits, **alive}, "isolation_level": "REPEATABLE READ"}
            case "mysql" | "mariadb":
                options |= {"connect_args": {"connect_timeout": brief, "read_timeout": seconds, "write_timeout": brief}}
        try:
            self.engine = sa.create_engine(url, **options)
        except (SQLAlchemyError, ImportError) as error:
            raise SourceError(f"没有 {url.get_backend_name()} 数据库的驱动。请管理员安装后重试。") from error
        if url.get_backend_name() in ("mysql", "mariadb"):
            sa.event.listen(self.engine, "connect", lambda connection, _: _limited(connection, seconds, self.patience))

    def fingerprint(self, table: Table) -> None:
        """None: what changed in a live database only reading can tell."""

    def delivered_on(self) -> date | None:
        """None: a live database delivers on the day on which a change is read from it."""
        return None

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        yield from self._rows(table)

    def changed(self, table: Table, since: datetime) -> Iterator[pa.RecordBatch]:
        """All rows of every key of which a row changed at or after ``since``, or does not say when."""
        yield from self._rows(table, since)

    def first(self, table: Table) -> None:
        """Ask for one row: SourceError where the table, its columns or the server are not there."""
        for _ in self._rows(table, most=1):
            pass

    def total(self, table: Table) -> int:
        """How many rows the table has."""
        with self._connected(table) as con:
            return int(con.execute(sa.select(sa.func.count()).select_from(self._columns(con, table)[0])).scalar_one())

    def keys(self, table: Table) -> Iterator[pa.RecordBatch]:
        """Key and cursor of all rows as text, c0, c1 …"""
        with self._connected(table) as con:
            source, found, _ = self._columns(con, table)
            wanted = [table.column(c).source for c in (*table.key, *([table.cursor] if table.cursor else []))]
            query = sa.select(*(source.columns[found[w]] for w in wanted))
            for rows in self._stream(con, query):
                columns = [pa.array([plain(v) for v in c], pa.string()) for c in zip(*rows, strict=True)]
                yield pa.RecordBatch.from_arrays(columns, [f"c{i}" for i in range(len(columns))])

    def _rows(self, table: Table, since: datetime | None = None, most: int | None = None) -> Iterator[pa.RecordBatch]:
        with self._connected(table) as con:
            source, found, names = self._columns(con, table)
            require(self.contract, table, f"表 {table.source} ", dict.fromkeys(found, 0), names)
            raws = raw_columns(table)
            query: Any = sa.select(*(source.columns[found[r]].label(f"c{i}") for i, r in enumerate(raws) if r in found))
            if since is not None:
                query = self._recent(query, source, found, table, since)
            if most is not None:
                query = query.limit(most)
            place = {r: i for i, r in enumerate(r for r in raws if r in found)}
            position = count(1)
            for rows in self._stream(con, query):
                values = list(zip(*rows, strict=True))
                columns = [[plain(v) for v in values[place[r]]] if r in place else [""] * len(rows) for r in raws]
                yield batch(table, columns, table.source, [next(position) for _ in rows])

    def _recent(self, query: Any, source: sa.TableClause, found: dict[str, str], table: Table, since: datetime) -> Any:
        """The query for rows of keys that changed, and for changed rows without a key (no IN would find those)."""
        moved = source.columns[found[table.column(table.cursor).source]]
        keys = [source.columns[found[table.column(k).source]] for k in table.key]
        if isinstance(moved.type, sa.Date | sa.DateTime):
            recent = moved >= since
        else:  # text: compared as bytes, as a local order of characters may pass over signs
            plain_order = sa.collate(moved, "C") if self.url.get_backend_name() == "postgresql" else moved
            recent = sa.or_(plain_order >= f"{since:%Y-%m-%d %H:%M:%S}", moved == "")
        recent = sa.or_(recent, moved.is_(None))
        target: Any = keys[0] if len(keys) == 1 else sa.tuple_(*keys)
        unnamed = sa.or_(*(k.is_(None) for k in keys))
        return sa.union_all(query.where(target.in_(sa.select(*keys).where(recent))), query.where(unnamed, recent))

    @staticmethod
    def _stream(con: sa.Connection, query: Any) -> Iterator[Any]:
        return iter(con.execution_options(stream_results=True, max_row_buffer=20_000).execute(query).partitions(20_000))

    def _columns(self, con: sa.Connection, table: Table) -> tuple[sa.TableClause, dict[str, str], list[str]]:
        """The table as SQLAlchemy sees it and raw column → its real name (names differ in case between databases)."""
        inspector = sa.inspect(con)
        schema, _, wanted = table.source.rpartition(".")
        known = inspector.get_table_names(schema or None) + inspector.get_view_names(schema or None)
        real = next((n for n in known if n.casefold() == wanted.casefold()), None)
        if real is None:
            raise no_table(self.contract, table, "数据库")
        columns = inspector.get_columns(real, schema or None)
        names = [c["name"] for c in columns]
        found = {r: names[i] for r, i in match(table, names).items()}
        return sa.table(real, *(sa.column(c["name"], c["type"]) for c in columns), schema=schema or None), found, names

    def _connected(self, table: Table) -> _Guarded:
        return _Guarded(self, table)


class _Guarded:
    """A connection whose failures become one sentence (a driver's own message may carry the address and the account).

    A server that stops answering is not waited for: when the time is over the socket is closed under the driver.
    """

    def __init__(self, reader: DatabaseReader, table: Table):
        self.reader, self.table = reader, table
        self.connection: sa.Connection | None = None
        self.late = False
        self.watch = threading.Timer(reader.limit, self._cut)

    def __enter__(self) -> sa.Connection:
        try:
            self.connection = self.reader.engine.connect()
        except SQLAlchemyError as error:
            raise SourceError(
                f"数据库连接不上（{self.reader.url.get_backend_name()}）。请{self.reader.contract.owner}确认数据库在运行、账号可读。"
            ) from error
        self.watch.daemon = True
        self.watch.start()
        return self.connection

    def _cut(self) -> None:
        self.late = True
        driver: Any = self.connection.connection.driver_connection if self.connection is not None else None
        with suppress(Exception):
            number = driver.pgconn.socket if hasattr(driver, "pgconn") else driver._sock.fileno()
            with socket.socket(fileno=os.dup(number)) as line:
                line.shutdown(socket.SHUT_RDWR)

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        self.watch.cancel()
        if self.connection is not None:
            with suppress(SQLAlchemyError):
                self.connection.close()
        if self.late:
            raise SourceError(
                f"读取表 {self.table.source} 超过 {self.reader.limit:g} 秒，已中断。请{self.reader.contract.owner}检查数据库负载后重试。"
            ) from error
        driver = getattr(error, "orig", None)
        if getattr(driver, "sqlstate", None) in _LOCKED or next(iter(getattr(driver, "args", ())), None) in _LOCKED:
            raise SourceError(
                f"表 {self.table.source} 被对方系统的其他操作锁住，等了 {self.reader.patience} 秒。请{self.reader.contract.owner}确认操作结束后重试。"
            ) from error
        if isinstance(error, SQLAlchemyError):
            raise SourceError(
                f"读取表 {self.table.source} 时数据库报错或超时。请{self.reader.contract.owner}确认表可读后重试。"
            ) from error


def _limited(connection: Any, seconds: int, patience: int) -> None:
    """A session that only reads, whose statements the server itself ends, and that tells the time as the bureau does.

    MariaDB and MySQL name the limit differently. Their moments with a zone (``timestamp``) are given in the session's; names of zones are known to few.
    """
    cursor = connection.cursor()
    cursor.execute("set session transaction read only")
    cursor.execute(f"set session time_zone = '{datetime.now(clock.ZONE).isoformat()[-6:]}'")
    cursor.execute(f"set session lock_wait_timeout = {patience}")
    for limit in (f"set session max_statement_time = {seconds}", f"set session max_execution_time = {seconds * 1000}"):
        with suppress(Exception):
            cursor.execute(limit)
            break
    cursor.close()
