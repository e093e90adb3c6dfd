"""Puts the simulated records into the forms in which the outside systems really deliver them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import adbc_driver_sqlite
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from adbc_driver_manager import (
    INGEST_OPTION_MODE,
    INGEST_OPTION_MODE_APPEND,
    INGEST_OPTION_TARGET_TABLE,
    AdbcConnection,
    AdbcStatement,
)

if TYPE_CHECKING:
    import sqlalchemy as sa

ARROW = {"text": pa.string(), "int": pa.int64(), "real": pa.float64()}
SQLITE = {"text": "TEXT", "int": "INTEGER", "real": "REAL"}
LONG_TEXT = {"MS", "YY", "DZ", "MC", "JCRY", "TK"}


# SQLAlchemy takes half a second to load: three processes simulate, and mostly into files.


class SqlSink:
    """One SQL module's database: a fresh SQLite file, or tables dropped and made anew behind any SQLAlchemy URL."""

    def __init__(self, url: str | None, path: Path):
        self.schemas: dict[str, dict[str, str]] = {}
        self.engine = None
        self.adbc: AdbcConnection | None = None
        if url is None or url.startswith("sqlite:///"):
            path = path if url is None else Path(url.removeprefix("sqlite:///"))
            path.parent.mkdir(parents=True, exist_ok=True)
            for old in (path, path.with_name(path.name + "-journal"), path.with_name(path.name + "-wal")):
                old.unlink(missing_ok=True)
            self.adbc = AdbcConnection(adbc_driver_sqlite.connect(str(path)))
            self._run(
                "PRAGMA journal_mode=off", "PRAGMA synchronous=off", "PRAGMA locking_mode=exclusive", "PRAGMA page_size=8192"
            )
        else:
            import sqlalchemy as sa

            self.engine = sa.create_engine(url)

    def _run(self, *statements: str) -> None:
        for sql in statements:
            with AdbcStatement(self.adbc) as statement:
                statement.set_sql_query(sql)
                pa.RecordBatchReader.from_stream(statement.execute_query()[0]).read_all()

    def create(self, name: str, columns: Mapping[str, str]) -> None:
        """A table without keys, as old systems have them. ``columns``: name → text, int or real."""
        self.schemas[name] = dict(columns)
        if self.adbc is not None:
            self._run(f"CREATE TABLE {name} ({', '.join(f'{c} {SQLITE[k]}' for c, k in columns.items())})")
            return
        self._sqlalchemy_table(name).metadata.drop_all(self.engine)
        self._sqlalchemy_table(name).metadata.create_all(self.engine)

    def index(self, name: str, *columns: str) -> None:
        """An index on each of these columns, once the table is full: by number for the system's own screens, by moment for its interfaces."""
        if self.adbc is not None:
            for column in columns:
                self._run(f"CREATE INDEX {name}_{column} ON {name} ({column})")
            return
        import sqlalchemy as sa

        table = self._sqlalchemy_table(name)
        for column in columns:  # by SQLAlchemy, for a server may fold names that are not quoted
            sa.Index(f"{name}_{column}", table.c[column]).create(self.engine)

    def _sqlalchemy_table(self, name: str) -> sa.Table:
        import sqlalchemy as sa

        kinds = {"int": sa.BigInteger(), "real": sa.Double()}
        columns = [
            sa.Column(c, kinds.get(k) or sa.String(1000 if c in LONG_TEXT else 120)) for c, k in self.schemas[name].items()
        ]
        return sa.Table(name, sa.MetaData(), *columns, mysql_charset="utf8mb4")

    def append(self, name: str, columns: Mapping[str, Any]) -> int:
        """Rows from equally long columns (arrays or Arrow arrays); returns their number."""
        schema = pa.schema([(c, ARROW[k]) for c, k in self.schemas[name].items()])
        table = pa.Table.from_arrays([arrow(columns[c], schema.field(c).type) for c in schema.names], schema=schema)
        if self.adbc is not None:
            with AdbcStatement(self.adbc) as statement:
                statement.set_options(**{INGEST_OPTION_TARGET_TABLE: name, INGEST_OPTION_MODE: INGEST_OPTION_MODE_APPEND})
                statement.bind_stream(table)
                statement.execute_update()
        else:
            target = self._sqlalchemy_table(name)
            with self.engine.begin() as connection:  # type: ignore[union-attr]
                for batch in table.to_batches(max_chunksize=5000):
                    connection.execute(target.insert(), batch.to_pylist())
        return table.num_rows

    def close(self) -> None:
        """Releases the database."""
        if self.adbc is not None:
            self.adbc.close()
        elif self.engine is not None:
            self.engine.dispose()


def arrow(values: Any, kind: pa.DataType) -> pa.Array:
    """Any column as Arrow; NaN in numbers is null."""
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        out = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        return out if out.type == kind else pc.cast(out, kind)
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        out = pa.array(values, from_pandas=True)
        return out if kind == pa.float64() else pc.cast(out, kind, safe=False)
    return pa.array(values, type=kind)


def stamps(seconds: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """``YYYY-MM-DD HH:MM:SS`` of seconds since 1970 (local time); null where ``missing``."""
    array = pa.array(np.asarray(seconds, dtype=np.int64), mask=missing)
    return pc.cast(pc.cast(array, pa.timestamp("s")), pa.string())


def take(words: Iterable[str | None] | pa.Array, index: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """``words[index]`` as an Arrow string array; null where ``missing``."""
    known = words if isinstance(words, pa.Array) else pa.array(list(words), pa.string())
    return pc.take(known, pa.array(np.asarray(index), mask=missing))


def csv_file(path: Path, columns: Mapping[str, Any], total: Mapping[str, str], encoding: str = "gb18030") -> int:
    """A finance extract: header, rows, one 合计 line where there is a total, CRLF, GB18030; returns the number of rows without the total."""
    arrays = [arrow(v, pa.string()).fill_null("") for v in columns.values()]
    arrays = [_quoted(a) for a in arrays]
    lines = pc.binary_join_element_wise(*arrays, ",").to_pylist() if len(arrays[0]) else []
    footer = [",".join(total.get(name, "") for name in columns)] if total else []
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\r\n".join([",".join(columns), *lines, *footer, ""]).encode(encoding))
    return len(lines)


def _quoted(array: pa.Array) -> pa.Array:
    """Cells that contain a comma in quotes."""
    comma = pc.match_substring(array, ",")
    if not pc.any(comma).as_py():
        return array
    return pc.if_else(comma, pc.binary_join_element_wise('"', array, '"', ""), array)
