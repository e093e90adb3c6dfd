"""The very rows that came to marts and went from them since a snapshot held them, so that its copy is brought up to date with them alone.

Where a part of a mart is exchanged (freshness.py) the rows that differ have just been found: they are kept, each with its hash and what it did
(+1 came, -1 went), until a snapshot holds them. They tell all only where nothing happened to the mart before they were kept; else there are none.
"""

from __future__ import annotations

import duckdb

from etl.clean import name

HASH, PASSES = "row_hash", "row_passes"
# Of more rows than this no copies are kept: to find them again costs little beside them.
MOST = 50_000


class Passing:
    """What is kept in the work file, table by table in the schema ``passing``."""

    def __init__(self, con: duckdb.DuckDBPyConnection):
        self.con = con
        con.execute("create schema if not exists passing")
        self.kept = set(rows(con))
        self.moved = {target for (target,) in con.execute("select distinct target from state.moved").fetchall()}

    def keep(self, target: str, going: str, coming: str) -> None:
        """Keep the rows of two tables; call inside the transaction in which they go and come, before they do."""
        if target in self.moved and target not in self.kept:
            return
        both = " union all ".join(f"select *, hash(t) as {HASH}, {n}::tinyint as {PASSES} from {rows} as t" for rows, n in ((going, -1), (coming, 1)))
        home = _home(target)
        known = target in self.kept
        self.con.execute(f"insert into {home} {both}" if known else f"create table {home} as {both}")
        self.moved.add(target)
        self.kept.add(target)
        if self.con.execute(f"select count(*) > {MOST} from {home}").fetchall() == [(True,)]:
            self.lose(target)

    def lose(self, target: str) -> None:
        """The mart has been made in another way: what is kept does not tell all of it."""
        if target in self.kept:
            self.con.execute(f"drop table {_home(target)}")
            self.kept.remove(target)
        self.moved.add(target)


def _home(target: str) -> str:
    return f"passing.{name(target)}"


def rows(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Mart → the table of all rows that came and went since :func:`held`; a mart of which not all are kept is left out."""
    found = con.execute("select table_name from duckdb_tables() where database_name = current_database() and schema_name = 'passing'").fetchall()
    return {target: _home(target) for (target,) in found}


def held(con: duckdb.DuckDBPyConnection) -> None:
    """A snapshot holds all marts as they are; call inside a transaction."""
    con.execute("drop schema if exists passing cascade")
