"""What a delivery changed in rows already loaded, by month: the list of revised months that a snapshot shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import duckdb

from etl import clock
from etl.checks import Compiled
from etl.clean import insert, name
from etl.sift import staged
from etl.sift_part import touched

KEEP = timedelta(days=400)
COLUMNS = (
    "run_id varchar, recorded_at timestamp, module varchar, table_name varchar, month varchar, added bigint, changed bigint, removed bigint"
)


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create ``state.revision`` and drop what is older than a year."""
    con.execute(f"create table if not exists state.revision ({COLUMNS})")
    con.execute("delete from state.revision where recorded_at < ?", [clock.now() - KEEP])


def revised(con: duckdb.DuckDBPyConnection, compiled: Compiled, month: str | None, part: bool) -> list[tuple[Any, ...]]:
    """(month, added, changed, removed) of a table before what lies ready is swapped in; months that were reported already.

    ``month`` is SQL over the checked table (None: the table has no month, its changes are listed without one); ``part``: only the
    touched keys lie ready.
    """
    home = f"checked.{name(compiled.full_name)}"
    columns = [
        [c for (c,) in con.execute(
            "select column_name from duckdb_columns() where schema_name = 'checked' and table_name = ? order by 1", [table]
        ).fetchall()]
        for table in (compiled.full_name, staged(compiled).split(".", 1)[1].strip('"'))
    ]  # fmt: skip
    if columns[0] != columns[1]:
        return []  # the contract itself has changed: nothing can be compared row by row
    keys, of = ", ".join(name(k) for k in compiled.table.key), month or "null"
    same = ", ".join(name(c) for c in columns[0])
    # First the rows, by the key alone; only these are read whole.
    old = f"{home} where rowid in (select rowid from {home} semi join {touched(compiled)} using ({keys}))" if part else home
    rows = f"select {keys}, hash({same}) as h, coalesce(cast({of} as varchar), '') as m from"
    return con.execute(
        f"with o as ({rows} {old}), n as ({rows} {staged(compiled)}),"
        f" pair as (select o.h as was, n.h as now, o.m as old, n.m as new from o full join n using ({keys})"
        " where o.h is distinct from n.h)"
        " select nullif(m, ''), sum(a)::bigint, sum(c)::bigint, sum(r)::bigint from ("
        " select new as m, (was is null)::integer as a, (was is not null)::integer as c, 0 as r from pair where now is not null"
        " union all select old, 0, (now is not null)::integer, (now is null)::integer from pair"
        " where was is not null and (now is null or old is distinct from new)) group by m"
        f"{_reported(con) if month else ''} order by m"
    ).fetchall()


def _reported(con: duckdb.DuckDBPyConnection) -> str:
    there = con.execute("select 1 from information_schema.tables where table_schema = 'marts' and table_name = 'month'").fetchall()
    return " having m in (select month from marts.month)" if there else ""


def record(con: duckdb.DuckDBPyConnection, run_id: str, compiled: Compiled, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write down what was revised; call inside the transaction that puts it in force."""
    head = (run_id, clock.now(), compiled.module, compiled.table.name)
    insert(con, "state.revision", [(*head, *row) for row in rows])
