"""SQLite files, opened read-only, through ADBC, which is several times as fast as the driver of the standard library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
from adbc_driver_manager import Error as AdbcError
from adbc_driver_sqlite import dbapi as adbc

from etl.checks import raw_columns
from etl.connectors import observed
from etl.connectors.base import CHUNK, SourceError, batch, content_hash, match, require, stamp, written_on
from etl.connectors.observed import Observed
from etl.contract import Contract, Table


def no_table(contract: Contract, table: Table, where: str) -> SourceError:
    """The error for a database without the table."""
    return SourceError(f"{where} 中没有表 {table.source}（{table.title}）。请{contract.owner}确认系统未改表名。")


@dataclass(slots=True)
class _Ahead:
    """What was read of a table before its turn, of the file as a glance showed it."""

    glance: str
    since: datetime
    seen: Observed
    changed: list[pa.RecordBatch] | None
    keys: list[pa.RecordBatch] | None


class SqliteReader:
    """A SQLite file, opened read-only."""

    def __init__(self, contract: Contract, path: Path):
        self.contract, self.path = contract, path
        self.skipped: Counter[str] = Counter()
        self._ahead: dict[str, _Ahead] = {}

    def fingerprint(self, table: Table) -> str:
        """The file's content hash, with that of an unmerged write-ahead log."""
        log = self.path.with_name(self.path.name + "-wal")
        return content_hash(self.path) + (content_hash(log) if log.is_file() and log.stat().st_size else "")

    def glance(self) -> str | None:
        """What tells an untouched file without reading it ('' where it would not tell); None for a file that is better hashed.

        A table with a cursor says itself what is new: a file that is written to all day is not read as a whole to find out that it was.
        """
        if not any(table.cursor for table in self.contract.tables):
            return None
        log = self.path.with_name(self.path.name + "-wal")
        try:
            seen = [stamp(path) for path in (self.path, log) if path is self.path or path.is_file()]
        except OSError:
            return ""
        return repr([found for found, _ in seen]) if all(settled for _, settled in seen) else ""

    def delivered_on(self) -> date | None:
        return written_on([self.path])

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        yield from self._rows(table)

    def changed(self, table: Table, since: datetime) -> Iterator[pa.RecordBatch]:
        """All rows of every key of which a row changed at or after ``since``, or does not say when."""
        ahead = self._ahead.get(table.name)
        if ahead and ahead.changed is not None and (ahead.glance, ahead.since) == (self.glance(), since):
            observed.tell(ahead.seen)
            yield from ahead.changed
        else:
            yield from self._rows(table, since)

    def total(self, table: Table) -> int:
        """How many rows the table has."""
        return sum(b.column(0)[0].as_py() for b in self._query(table, lambda _: "select count(*) as n from {table}", ()))

    def keys(self, table: Table) -> Iterator[pa.RecordBatch]:
        """Key and cursor of all rows as text, c0, c1 …"""
        ahead = self._ahead.pop(table.name, None)
        if ahead and ahead.keys is not None and ahead.glance == self.glance():
            yield from ahead.keys
            return
        wanted = [table.column(c).source for c in (*table.key, *([table.cursor] if table.cursor else []))]

        def sql(texts: dict[str, str]) -> str:
            return f"select {', '.join(f'{texts[w]} as c{i}' for i, w in enumerate(wanted))} from {{table}}"

        yield from self._query(table, sql, ())

    def look_ahead(self, table: Table, since: datetime, most: int, keys: bool) -> None:
        """Hold ready what :meth:`changed` gives, and :meth:`keys` if asked, each if it takes no more than ``most`` bytes. It counts until the file is touched."""
        glance = self.glance()
        if glance:
            with observed.apart() as seen:
                changed = _within(most, self.changed(table, since))
                self._ahead[table.name] = _Ahead(glance, since, seen, changed, _within(most, self.keys(table)) if keys else None)

    def _rows(self, table: Table, since: datetime | None = None) -> Iterator[pa.RecordBatch]:
        def sql(texts: dict[str, str]) -> str:
            picks = ", ".join(f"{texts[r]} as c{i}" for i, r in enumerate(raw_columns(table)))
            return f"select {picks} from {{table}}" + (f" where {touched(table, texts)}" if since else "")

        bound = f"{since:%Y-%m-%d %H:%M:%S}" if since else ""
        done = 0
        for rows in self._query(table, sql, (bound,) * (2 if since else 0)):
            positions = pa.array(range(done + 1, done + rows.num_rows + 1), pa.int64())
            yield batch(table, rows.columns, table.source, positions)
            done += rows.num_rows

    def _query(self, table: Table, sql: Callable[[dict[str, str]], str], bound: Sequence[object]) -> Iterator[pa.RecordBatch]:
        """Batches of a query made from the SQL of each raw column as text; SourceError where the file cannot be read."""
        uri = f"file:{self.path.as_posix().replace('?', '%3f').replace('#', '%23')}?mode=ro"
        try:
            with adbc.connect(uri) as con, con.cursor() as cursor:
                cursor.execute("select name, type from pragma_table_info(?)", (table.source,))
                present = cursor.fetchall()
                if not present:
                    raise no_table(self.contract, table, self.path.name)
                names = [str(n) for n, _ in present]
                found = match(table, names)
                require(self.contract, table, f"表 {table.source} ", found, names)
                texts = {r: _as_text(*present[found[r]]) if r in found else "''" for r in raw_columns(table)}
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(CHUNK)})
                cursor.execute(sql(texts).replace("{table}", _quoted(table.source)), tuple(bound) or None)
                for rows in cursor.fetch_record_batch():
                    if rows.num_rows:
                        yield rows
        except AdbcError as error:
            raise SourceError(
                f"数据库 {self.path.name} 的表 {table.source} 无法读取，文件可能已损坏。请{self.contract.owner}重新导出。"
            ) from error


def _within(most: int, batches: Iterator[pa.RecordBatch]) -> list[pa.RecordBatch] | None:
    """The batches, if they take no more than ``most`` bytes."""
    held = []
    for rows in batches:
        most -= rows.nbytes
        if most < 0:
            return None
        held.append(rows)
    return held


def touched(table: Table, texts: dict[str, str]) -> str:
    """SQL: rows of keys that changed since the moment bound (twice), or whose moment of change is missing.

    Columns of text stand bare, so that an index on the key and one on the moment of change are used where the system has them.
    """
    keys = ", ".join(_bare(texts[table.column(k).source]) for k in table.key)
    moved = _bare(texts[table.column(table.cursor).source])
    recent = f"({moved} >= ? or {moved} = '' or {moved} is null)"
    return f"({keys}) in (select {keys} from {{table}} where {recent}) or {recent}"


_TEXT = ("coalesce(", ", '')")


def _bare(text: str) -> str:
    """The column within the SQL of a column of text; any other's SQL as it is."""
    inner = text.removeprefix(_TEXT[0]).removesuffix(_TEXT[1])
    return text if inner.startswith("cast(") or not text.startswith(_TEXT[0]) else inner


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _as_text(column: str, declared: str | None) -> str:
    """SQL for a column as text. The driver takes a column's type from the first rows, so a NULL must not come first."""
    kind = (declared or "").upper()
    text = "CHAR" in kind or "TEXT" in kind or "CLOB" in kind
    return f"coalesce({_quoted(column)}, '')" if text else f"coalesce(cast({_quoted(column)} as text), '')"
