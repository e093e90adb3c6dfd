"""Writes a snapshot file: from a copy of the one before, in which only the tables and months that differ are put in anew.

Each file says itself what it holds, month by month (``meta_content``), so the comparison costs no look into the old one's rows; the
finished file is read back and compared with the work file before anybody may see it.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb

from etl import faults
from etl.clean import name, quote

Tables = Sequence[tuple[str, str, str]]
"""(table, where its rows are, order by)."""
Contents = dict[str, tuple[int, str]]
CONTENT = "meta_content"
# A file in which this share of the blocks is empty is written afresh.
SLACK = 0.5
# Replacing most of a table costs more than writing it anew.
MOST = 0.4


def write(con: duckdb.DuckDBPyConnection, file: Path, tables: Tables, before: Path | None) -> dict[str, Contents]:
    """Write ``file`` with these tables, from a copy of ``before`` where there is one; what each table holds. The file is closed on return."""
    if before is not None:
        shutil.copyfile(before, file)
    con.execute(f"attach {quote(file)} as snapshot_file")
    try:
        if before is not None and _slack(con) > SLACK:
            con.execute("detach snapshot_file")
            file.unlink()
            con.execute(f"attach {quote(file)} as snapshot_file")
        columns = _columns(con)
        held = _held(con) if CONTENT in columns else {}
        found: dict[str, Contents] = {}
        for table, source, order in tables:
            faults.point("snapshot", table)
            shape = con.execute(f"select * from {source} limit 0").description or []
            now = content(con, source, "month" in [d[0] for d in shape])
            same_shape = columns.get(table) == [(d[0], str(d[1])) for d in shape] if table in columns else False
            _put(con, table, source, order, held.get(table) if same_shape else None, now)
            found[table] = now
        for stranger in set(columns) - {t for t, _, _ in tables} - {CONTENT}:
            con.execute(f"drop table snapshot_file.main.{name(stranger)}")
        con.execute(f"create table snapshot_file.main.{CONTENT} (table_name varchar, month varchar, rows bigint, hash varchar)")
        contents = [(table, month, rows, total) for table, now in found.items() for month, (rows, total) in now.items()]
        for at in range(0, len(contents), 500):
            part = contents[at : at + 500]
            con.execute(f"insert into snapshot_file.main.{CONTENT} values {', '.join(['(?, ?, ?, ?)'] * len(part))}", [v for row in part for v in row])
        faults.point("checkpoint")
        con.execute("checkpoint snapshot_file")
    finally:
        con.execute("detach snapshot_file")
    return found


def differing(con: duckdb.DuckDBPyConnection, file: Path, contents: dict[str, Contents]) -> str | None:
    """The first table that does not hold in the file what it held in the work file; None where all agree."""
    con.execute(f"attach {quote(file)} as written (read_only)")
    try:
        for table, wanted in contents.items():
            monthly = "month" in [d[0] for d in con.execute(f"select * from written.main.{name(table)} limit 0").description or []]
            if content(con, f"written.main.{name(table)}", monthly) != wanted:
                return table
    finally:
        con.execute("detach written")
    return None


def content(con: duckdb.DuckDBPyConnection, source: str, monthly: bool) -> Contents:
    """Month ('' for a table without months) → rows and a sum of hashes that does not depend on their order."""
    month = "coalesce(cast(month as varchar), '')" if monthly else "''"
    rows = con.execute(f"select {month} as m, count(*), cast(sum(hash(t)) as varchar) from {source} as t group by 1").fetchall()
    return {m: (n, h) for m, n, h in rows}


def _put(con: duckdb.DuckDBPyConnection, table: str, source: str, order: str, was: Contents | None, now: Contents) -> None:
    target = f"snapshot_file.main.{name(table)}"
    if was is not None:
        months = {m for m in {*was, *now} if was.get(m) != now.get(m)}
        rows = sum(now[m][0] for m in months if m in now)
        if not months:
            return
        if "" not in months and rows <= MOST * sum(n for n, _ in now.values()):
            chosen = "month in (" + ", ".join(quote(m) for m in sorted(months)) + ")"
            con.execute(f"delete from {target} where {chosen}")
            con.execute(f"insert into {target} select * from {source} where {chosen}{order}")
            return
    con.execute(f"drop table if exists {target}")
    con.execute(f"create table {target} as select * from {source}{order}")


def _slack(con: duckdb.DuckDBPyConnection) -> float:
    """The share of the attached file's blocks that hold nothing."""
    total, free = con.execute("select total_blocks, free_blocks from pragma_database_size() where database_name = 'snapshot_file'").fetchall()[0]
    return free / total if total else 0.0


def _columns(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    """Table → (column, type) in order, of the attached file."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in con.execute(
        "select table_name, column_name, data_type from duckdb_columns() where database_name = 'snapshot_file' order by column_index"
    ).fetchall():
        found.setdefault(table, []).append((column, kind))
    return found


def _held(con: duckdb.DuckDBPyConnection) -> dict[str, Contents]:
    found: dict[str, Contents] = {}
    for table, month, rows, total in con.execute(f"select table_name, month, rows, hash from snapshot_file.main.{CONTENT}").fetchall():
        found.setdefault(table, {})[month] = (rows, total)
    con.execute(f"drop table snapshot_file.main.{CONTENT}")
    return found
