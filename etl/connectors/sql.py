"""Databases by SQLAlchemy URL, read-only and streamed; SQLite files through ADBC, which is several times as fast."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa
from adbc_driver_manager import Error as AdbcError
from adbc_driver_sqlite import dbapi as adbc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from etl.checks import raw_columns
from etl.connectors.base import CHUNK, SourceError, batch, match, plain, require, sha256, written_on
from etl.contract import Contract, Table

TIMEOUT_SECONDS = 600
CURSOR = "updated_at"


def open_sql(contract: Contract, url: str) -> SqliteReader | DatabaseReader:
    """The reader for a URL; SourceError for a URL that is none and for a SQLite file that is not there (it is never created)."""
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise SourceError("数据库地址格式不正确。请检查 sources.yaml 或环境变量中的 url。") from error
    if parsed.get_backend_name() != "sqlite":
        return DatabaseReader(contract, parsed)
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


class SqliteReader:
    """A SQLite file, opened read-only."""

    def __init__(self, contract: Contract, path: Path):
        self.contract, self.path = contract, path
        self.skipped: Counter[str] = Counter()
        self._hash = ""

    def fingerprint(self, table: Table) -> str:
        """The file's content hash, with that of an unmerged write-ahead log."""
        if not self._hash:
            log = self.path.with_name(self.path.name + "-wal")
            self._hash = sha256(self.path) + (sha256(log) if log.is_file() and log.stat().st_size else "")
        return self._hash

    def delivered_on(self) -> date | None:
        return written_on([self.path])

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        uri = f"file:{self.path.as_posix().replace('?', '%3f').replace('#', '%23')}?mode=ro"
        try:
            with adbc.connect(uri) as con, con.cursor() as cursor:
                yield from self._read(cursor, table)
        except AdbcError as error:
            raise SourceError(
                f"数据库 {self.path.name} 的表 {table.source} 无法读取，文件可能已损坏。请{self.contract.owner}重新导出。"
            ) from error

    def _read(self, cursor: adbc.Cursor, table: Table) -> Iterator[pa.RecordBatch]:
        cursor.execute("select name, type from pragma_table_info(?)", (table.source,))
        present = cursor.fetchall()
        if not present:
            raise _no_table(self.contract, table, self.path.name)
        names = [str(n) for n, _ in present]
        found = match(table, names)
        require(self.contract, table, f"表 {table.source} ", found, names)
        picks = [_as_text(*present[found[r]]) if r in found else "''" for r in raw_columns(table)]
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(CHUNK)})
        cursor.execute(f"select {', '.join(f'{p} as c{i}' for i, p in enumerate(picks))} from {_quoted(table.source)}")
        done = 0
        for rows in cursor.fetch_record_batch():
            if rows.num_rows:
                positions = pa.array(range(done + 1, done + rows.num_rows + 1), pa.int64())
                yield batch(table, rows.columns, table.source, positions)
                done += rows.num_rows


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _as_text(column: str, declared: str | None) -> str:
    """SQL for a column as text. The driver takes a column's type from the first rows, so a NULL must not come first."""
    kind = (declared or "").upper()
    text = "CHAR" in kind or "TEXT" in kind or "CLOB" in kind
    return f"coalesce({_quoted(column)}, '')" if text else f"coalesce(cast({_quoted(column)} as text), '')"


def _no_table(contract: Contract, table: Table, where: str) -> SourceError:
    return SourceError(f"{where} 中没有表 {table.source}（{table.title}）。请{contract.owner}确认系统未改表名。")


class DatabaseReader:
    """Any other database that SQLAlchemy reaches, in a read-only session with a time limit."""

    def __init__(self, contract: Contract, url: URL):
        self.contract, self.url = contract, url
        self.skipped: Counter[str] = Counter()
        options: dict[str, object] = {}
        match url.get_backend_name():
            case "postgresql":
                limits = f"-c statement_timeout={TIMEOUT_SECONDS * 1000} -c default_transaction_read_only=on"
                options = {"connect_args": {"connect_timeout": 10, "options": limits}}
            case "mysql" | "mariadb":
                options = {"connect_args": {"connect_timeout": 10, "read_timeout": TIMEOUT_SECONDS}}
        try:
            self.engine = sa.create_engine(url, **options)
        except (SQLAlchemyError, ImportError) as error:
            raise SourceError(f"没有 {url.get_backend_name()} 数据库的驱动。请管理员安装后重试。") from error
        if url.get_backend_name() in ("mysql", "mariadb"):
            sa.event.listen(self.engine, "connect", _read_only)

    def fingerprint(self, table: Table) -> str | None:
        """Row count and newest change, where the table tells when a row changed; else None: only reading can tell."""
        cursor = next((c for c in table.columns if c.name == CURSOR), None)
        with self._connected(table) as con:
            source, found, _ = self._columns(con, table)
            if cursor is None or cursor.source not in found:
                return None
            changed = source.columns[found[cursor.source]]
            rows, newest = con.execute(sa.select(sa.func.count(), sa.func.max(changed)).select_from(source)).one()
        return hashlib.sha256(f"{rows}|{plain(newest)}".encode()).hexdigest()

    def delivered_on(self) -> date | None:
        """None: a live database delivers on the day on which a change is read from it."""
        return None

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        with self._connected(table) as con:
            source, found, names = self._columns(con, table)
            require(self.contract, table, f"表 {table.source} ", dict.fromkeys(found, 0), names)
            raws = raw_columns(table)
            query = sa.select(*(source.columns[found[r]].label(f"c{i}") for i, r in enumerate(raws) if r in found))
            place = {r: i for i, r in enumerate(r for r in raws if r in found)}
            position = count(1)
            result = con.execution_options(stream_results=True, max_row_buffer=20_000).execute(query)
            for rows in result.partitions(20_000):
                values = list(zip(*rows, strict=True))
                columns = [[plain(v) for v in values[place[r]]] if r in place else [""] * len(rows) for r in raws]
                yield batch(table, columns, table.source, [next(position) for _ in rows])

    def _columns(self, con: sa.Connection, table: Table) -> tuple[sa.TableClause, dict[str, str], list[str]]:
        """The table as SQLAlchemy sees it and raw column → its real name (names differ in case between databases)."""
        inspector = sa.inspect(con)
        schema, _, wanted = table.source.rpartition(".")
        known = inspector.get_table_names(schema or None) + inspector.get_view_names(schema or None)
        real = next((n for n in known if n.casefold() == wanted.casefold()), None)
        if real is None:
            raise _no_table(self.contract, table, "数据库")
        names = [c["name"] for c in inspector.get_columns(real, schema or None)]
        found = {r: names[i] for r, i in match(table, names).items()}
        return sa.table(real, *(sa.column(n) for n in names), schema=schema or None), found, names

    def _connected(self, table: Table) -> _Guarded:
        return _Guarded(self, table)


class _Guarded:
    """A connection whose failures become one sentence (a driver's own message may carry the address and the account)."""

    def __init__(self, reader: DatabaseReader, table: Table):
        self.reader, self.table = reader, table
        self.connection: sa.Connection | None = None

    def __enter__(self) -> sa.Connection:
        try:
            self.connection = self.reader.engine.connect()
        except SQLAlchemyError as error:
            raise SourceError(
                f"数据库连接不上（{self.reader.url.get_backend_name()}）。请{self.reader.contract.owner}确认数据库在运行、账号可读。"
            ) from error
        return self.connection

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if self.connection is not None:
            self.connection.close()
        if isinstance(error, SQLAlchemyError):
            raise SourceError(
                f"读取表 {self.table.source} 时数据库报错或超时。请{self.reader.contract.owner}确认表可读后重试。"
            ) from error


def _read_only(connection: object, record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("set session transaction read only")
    cursor.close()
