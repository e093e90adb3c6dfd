"""Builds a mart in full, or only what a change of its inputs touches: some months, and in the other months some shares of the keys."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import duckdb

from etl.clean import first, name
from etl.freshness import Freshness
from etl.labels import FINE, SHARES, label, listed, share
from etl.martfile import Mart

_DAY = re.compile(r"strftime\((\"\w+\"), '%Y-%m'\)")
_MONTH = re.compile(r"(\d{4}-\d{2})?")
# What a mart is called while it is built beside the one in use.
NEW = "__new"
# Above this share of the keys a month is built as a whole, and above it in all months the mart is.
MOST = 0.25
# A mart counted in more ways than this is not counted anew when it has been built as a whole, unless it is longer than that.
MANY, LONG = 3, 300_000


def labels(mart: Mart, fresh: Freshness) -> dict[str, str]:
    """Table read → what a change in it is told by (see ``labels.label``): of its columns only those that the mart's SQL may look at.

    The input whose rows the mart follows is told by month alone: where one of its rows changes, its month is built again.
    """
    return {
        table: label(mart.monthly.get(table, ""), "" if table == mart.rows[0] else mart.keyed.get(table, ""), fresh.part(table, mart.uses[table]))
        for table in sorted(mart.reads)
    }


@dataclass(frozen=True, slots=True)
class Cover:
    """What holds everything changed: whole months, and in the others shares of the keys (of ``SHARES`` in the months ``within``, of ``FINE`` in all)."""

    months: frozenset[str] = frozenset()
    shares: frozenset[str] = frozenset()
    fine: frozenset[str] = frozenset()
    within: frozenset[str] = frozenset()

    def holds(self, column: str) -> str:
        """SQL: the key belongs to one of the shares."""
        return " or ".join(_among(column, n, found) for found, n in ((self.shares, SHARES), (self.fine, FINE)) if found)

    def rows(self, column: str, time: str) -> str:
        """SQL: a row of the mart is of one of the shares, in a month for which that share was named."""
        ways = [_among(column, FINE, self.fine)] if self.fine else []
        return " or ".join([*ways, f"coalesce({time}, '') in {listed(self.within)} and {_among(column, SHARES, self.shares)}"] if self.shares else ways)


def _among(column: str, shares: int, found: Collection[str]) -> str:
    return f"{share(column, shares)} in ({', '.join(map(str, sorted(map(int, found))))})"


def cover(changed: Collection[str]) -> Cover | None:
    """Months and shares of keys that hold everything changed; None where that is most of the mart."""
    by_month: dict[str, set[str]] = {}
    months = {found for found in changed if "/" not in found}
    for found in changed:
        month, keyed, key = found.partition("/")
        if keyed:
            by_month.setdefault(month, set()).add(key)
    fine = by_month.pop("", set())
    months |= {m for m, keys in by_month.items() if len(keys) > MOST * SHARES}
    within = by_month.keys() - months
    shares: set[str] = set().union(*(by_month[m] for m in within))
    most = len(shares) / SHARES + len(fine) / FINE > MOST
    return None if most else Cover(frozenset(months), frozenset(shares), frozenset(fine), frozenset(within))


def whole(mart: Mart, changed: Collection[str] | None) -> bool:
    """True where the mart is built as a whole."""
    return changed is None or not mart.time or cover(changed) is None


def beside(con: duckdb.DuckDBPyConnection, mart: Mart) -> None:
    """Build the whole mart beside the one in use; :func:`put` lets it take its place."""
    con.execute(f"create or replace table marts.{name(mart.name + NEW)} as {mart.sql}")


def put(con: duckdb.DuckDBPyConnection, mart: Mart, fresh: Freshness) -> None:
    """Put what :func:`beside` built in the place of the mart; call inside a transaction begun after it.

    Of a mart that many read, each by its own columns, only the rows that differ are exchanged: to count it anew for all of them costs more.
    """
    made = f"marts.{name(mart.name + NEW)}"
    short = first(con, f"select count(*) <= {LONG} from {made}") == (True,)
    if short and fresh.counted(mart.name) > MANY and fresh.shape(f"marts.{name(mart.name)}") == fresh.shape(made):
        fresh.exchange(mart.name, "true", f"from {made}")
        con.execute(f"drop table {made}")
        return
    con.execute(f"drop table if exists marts.{name(mart.name)}")
    con.execute(f"alter table {made} rename to {name(mart.name)}")
    fresh.written(mart.name)


def clear(con: duckdb.DuckDBPyConnection) -> None:
    """Drop what a killed run left beside the marts."""
    left = con.execute(
        "select table_name from duckdb_tables() where schema_name = 'marts' and database_name = current_database() and ends_with(table_name, ?)", [NEW]
    ).fetchall()
    for (table,) in left:
        con.execute(f"drop table marts.{name(table)}")


def write(con: duckdb.DuckDBPyConnection, mart: Mart, changed: Collection[str], fresh: Freshness) -> None:
    """Build the months and keys of a mart that have changed; not for one that is built as a :func:`whole`."""
    found = cover(changed) or Cover()
    months, time = found.months, name(mart.time)
    if months:
        part = f"{time} in {listed(months)}"
        views = {source: _in_months(by, months) for source, by in mart.monthly.items() if source in mart.reads}
        with _narrowed(con, views, fresh):
            fresh.exchange(mart.name, part, f"select * from ({mart.sql}) where {part}")
    if found.shares or found.fine:
        rest = f"coalesce({time}, '') not in {listed(months)}" if months else "true"
        driver, columns = mart.rows
        pair = name(columns[0]) if len(columns) == 1 else f"({', '.join(name(c) for c in columns)})"
        views = {source: found.holds(column) for source, column in mart.keyed.items() if source in mart.reads - mart.whole}
        mine = these = f"({found.rows(columns[0], time)})"
        if driver:
            home, chosen = fresh.home(driver), found.holds(mart.keyed[driver])
            # The driver is the longest of the inputs: it is looked through once, by the few columns that tell its rows.
            con.execute(f"create or replace temp table driving as select rowid as row, {', '.join(map(name, columns))} from {home} where {chosen}")
            views[driver] = "rowid in (select row from temp.driving)"
            mine, these = f"{pair} in (select {pair} from {home} where {chosen})", f"{pair} in (select {pair} from temp.driving)"
        with _narrowed(con, views, fresh):
            fresh.exchange(mart.name, f"{rest} and {these}", f"select * from ({mart.sql}) where {rest} and {these}", lasting=f"{rest} and {mine}")


def _in_months(by: str, months: Collection[str]) -> str:
    """SQL: a row belongs to one of these months. A day or moment is held against their bounds, which is cheaper than to write each out as text."""
    day = _DAY.fullmatch(by)
    if not day or not all(_MONTH.fullmatch(m) for m in months):
        return f"coalesce(cast({by} as varchar), '') in {listed(months)}"
    return " or ".join(
        f"{day[1]} >= date '{m}-01' and {day[1]} < date '{m}-01' + interval 1 month" if m else f"{day[1]} is null" for m in sorted(months)
    )


@contextmanager
def _narrowed(con: duckdb.DuckDBPyConnection, views: Mapping[str, str], fresh: Freshness) -> Iterator[None]:
    """Within the block these tables show only the rows that the conditions name."""
    for source, where in views.items():
        con.execute(f"create or replace temp view {name(source)} as select * from {fresh.home(source)} where {where}")
    try:
        yield
    finally:
        with suppress(duckdb.TransactionException):  # a rollback takes the views with it
            for source in views:
                con.execute(f"drop view if exists temp.{name(source)}")
