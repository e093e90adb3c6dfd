"""What is out of date: every table that is built remembers the contents, month by month, of what it was built from.

A table is rebuilt where the contents of an input differ from those it remembers, and only then: nothing has to be announced, so a run that
was killed between two steps is simply continued by the next one.  Where a mart's header declares that an output month depends on
the same month of an input only, just those months are built again; everything else is built in full.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import duckdb

from etl.clean import first, name

Contents = dict[str, tuple[int, str]]
"""Month ('' where a table is looked at as a whole) → rows and a sum of hashes that does not depend on their order."""
_STATE = """
create table if not exists state.content (source varchar, by_month varchar, token varchar, month varchar, rows bigint, hash varchar);
create table if not exists state.built (target varchar, source varchar, by_month varchar, month varchar, rows bigint, hash varchar);
create sequence if not exists state.building;
"""
DEFINITION = "#definition"


class Freshness:
    """The memory of one work file. ``tokens``: what changes whenever a checked table does."""

    def __init__(self, con: duckdb.DuckDBPyConnection):
        self.con = con
        con.execute(_STATE)
        rows = con.execute(
            "select module || '_' || table_name, concat_ws('/', batch, check_hash, refs, loaded_at) from state.delivery"
        ).fetchall()
        self.tokens: dict[str, str] = dict(rows)
        self.tokens |= dict(
            con.execute("select target, hash from state.built where source = ?", ["#token"]).fetchall()
        )
        self.held: dict[tuple[str, str], Contents] = {}
        self.homes = dict(
            con.execute(
                "select table_name, table_schema from information_schema.tables where table_schema in ('checked', 'marts')"
                " and table_catalog = current_database() order by table_schema"
            ).fetchall()
        )

    def contents(self, source: str, by: str = "") -> Contents | None:
        """The contents of a table as it is now, by an expression that gives the month; None for a table that is not ours to know."""
        home = self.home(source)
        if home is None:
            return None
        token = self.tokens.get(source)
        if token is None:
            return self._count(home, by)
        if (source, by) not in self.held:
            kept = self.con.execute(
                "select month, rows, hash from state.content where source = ? and by_month = ? and token = ?", [source, by, token]
            ).fetchall()
            found = {m: (n, h) for m, n, h in kept} if kept else self._count(home, by)
            if not kept:
                self.con.execute("delete from state.content where source = ? and by_month = ?", [source, by])
                self._write("state.content", [(source, by, token, m, n, h) for m, (n, h) in found.items()] or [(source, by, token, "", 0, "0")])
            self.held[source, by] = found
        return self.held[source, by]

    def home(self, source: str) -> str | None:
        """The qualified name of a checked table or mart; None where there is none."""
        if source not in self.homes:
            there = first(
                self.con, "select table_schema from information_schema.tables where table_name = ? and table_schema in ('marts', 'checked')"
                " and table_catalog = current_database() order by table_schema desc", [source],
            )  # fmt: skip
            if not there:
                return None
            self.homes[source] = there[0]
        return f"{self.homes[source]}.{name(source)}"

    def stale(self, target: str, inputs: Mapping[str, str], definition: str) -> set[str] | None:
        """The months in which an input differs from what the target was built from; None: build it in full.

        ``inputs``: table → month expression ('' where the whole table matters).
        """
        kept = self.con.execute(
            "select source, by_month, month, rows, hash from state.built where target = ? and source not in ('#token', '#figures')", [target]
        ).fetchall()
        was: dict[str, tuple[str, Contents]] = {}
        for source, by, month, rows, found in kept:
            was.setdefault(source, (by, {}))[1][month] = (rows, found)
        if was.get(DEFINITION, ("", {}))[1].get("") != (0, _short(definition)):
            return None
        months: set[str] = set()
        for source, by in inputs.items():
            now = self.contents(source, by)
            if now is None or source not in was or was[source][0] != by:
                return None
            then = was[source][1]
            differing = {m for m in {*now, *then} if now.get(m, (0, "0")) != then.get(m, (0, "0"))}
            if differing and not by:
                return None
            months |= differing
        return months

    def built(self, target: str, inputs: Mapping[str, str], definition: str) -> None:
        """Remember that the target has been built from its inputs as they are now; call inside its transaction."""
        self.forget(target)
        token = str(first(self.con, "select nextval('state.building')")[0])  # type: ignore[index]
        rows: list[tuple[object, ...]] = [(target, DEFINITION, "", "", 0, _short(definition)), (target, "#token", "", "", 0, token)]
        for source, by in inputs.items():
            found = self.contents(source, by) or {}
            rows += [(target, source, by, m, n, h) for m, (n, h) in found.items()] or [(target, source, by, "", 0, "0")]
        self._write("state.built", rows)
        self.tokens[target] = token
        for key in [k for k in self.held if k[0] == target]:
            del self.held[key]

    def forget(self, target: str) -> None:
        """The target is about to change: what it was built from is unknown until it is done."""
        self.con.execute("delete from state.built where target = ?", [target])

    def _count(self, home: str, by: str) -> Contents:
        month = f"coalesce(cast({by} as varchar), '')" if by else "''"
        rows = self.con.execute(f"select {month} as m, count(*), cast(sum(hash(t)) as varchar) from {home} as t group by 1").fetchall()
        return {m: (n, h) for m, n, h in rows}

    def _write(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        width = len(rows[0])
        marks = ", ".join(["(" + ", ".join("?" * width) + ")"] * len(rows))
        self.con.execute(f"insert into {table} values {marks}", [v for row in rows for v in row])


def _short(text: str) -> str:
    # A later DuckDB may hash differently, or compute an expression differently: then everything is built again.
    return hashlib.sha256((duckdb.__version__ + text).encode()).hexdigest()[:24]


def listed(months: Iterable[str]) -> str:
    """Months as an SQL list; months are checked to be nothing else."""
    quoted = [f"'{m}'" for m in sorted(months) if "'" not in m]
    return f"({', '.join(quoted) or 'null'})"
