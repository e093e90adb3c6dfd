"""Builds a mart in full, or only what a change of its inputs touches: some months, and in the other months some shares of the keys."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import duckdb

from etl.clean import first, name, quote
from etl.freshness import Freshness
from etl.labels import FINE, SHARES, label, listed, share
from etl.martfile import Mart

_DAY = re.compile(r"strftime\((\"\w+\"), '%Y-%m'\)")
_MONTH = re.compile(r"(\d{4}-\d{2})?")
# What a mart is called while it is built beside the one in use.
NEW = "__new"
# A database in memory beside the work file, for what parts let go and come: temporary tables belong to one connection.
_ASIDE = "mart_parts"
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


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a mart that are made anew: ``where`` (SQL) names them among those that stand, ``rows`` (a query) gives them as they are to be."""

    where: str
    rows: str
    views: Mapping[str, str] = field(default_factory=dict)
    """Input → query that shows in its place what the rows need of it."""
    driving: str = ""
    """Query of the table ``driving``, which ``where``, ``rows`` and ``views`` may speak of."""
    lasting: str = ""
    """``where`` without ``driving``."""


def parts(mart: Mart, changed: Collection[str] | None, fresh: Freshness) -> list[Part]:
    """The parts of a mart that have to be made anew; none where it is built as a whole and takes the place of the one in use.

    Of a mart that many read, each by its own columns, only the rows that differ are exchanged: to count it anew for all of them costs more.
    """
    found = None if changed is None else cover(changed)
    if found is None or not (mart.time or mart.keyed):
        home = fresh.home(mart.name)
        much = home is None or fresh.counted(mart.name) <= MANY or first(fresh.con, f"select count(*) <= {LONG} from {home}") != (True,)
        return [] if much or fresh.shape(str(home)) != fresh.shape(f"({mart.sql})") else [Part("true", mart.sql)]
    made: list[Part] = []
    months, time = found.months, name(mart.time)
    if months:
        within = f"{time} in {listed(months)}"
        views = {source: _in_months(by, months) for source, by in mart.monthly.items() if source in mart.reads}
        made.append(Part(within, f"select * from ({mart.sql}) where {within}", _shown(views, fresh)))
    if found.shares or found.fine:
        rest = f"coalesce({time}, '') not in {listed(months)}" if months else "true"
        driver, columns = mart.rows
        pair = name(columns[0]) if len(columns) == 1 else f"({', '.join(name(c) for c in columns)})"
        views = {source: found.holds(column) for source, column in mart.keyed.items() if source in mart.reads - mart.whole}
        mine = these = f"({found.rows(columns[0], time)})"
        driving = ""
        if driver:
            home, chosen = fresh.home(driver), found.holds(mart.keyed[driver])
            # The driver is the longest of the inputs: it is looked through once, by the few columns that tell its rows.
            driving = f"select rowid as row, {', '.join(map(name, columns))} from {home} where {chosen}"
            views[driver] = "rowid in (select row from temp.driving)"
            mine, these = f"{pair} in (select {pair} from {home} where {chosen})", f"{pair} in (select {pair} from temp.driving)"
        query = f"select * from ({mart.sql}) where {rest} and {these}"
        made.append(Part(f"{rest} and {these}", query, _shown(views, fresh), driving, f"{rest} and {mine}"))
    return made


def _shown(views: Mapping[str, str], fresh: Freshness) -> dict[str, str]:
    return {source: f"select * from {fresh.home(source)} where {where}" for source, where in views.items()}


def make(con: duckdb.DuckDBPyConnection, mart: Mart, made: Sequence[Part]) -> None:
    """Build a mart, or lay what its parts let go and come, beside the one in use; :func:`take` puts it in force.

    It may be called with a connection of its own, outside a transaction, once all that the mart reads is there, and changes nothing that is in use.
    """
    if made:
        _differ(con, mart.name, made)
    else:
        con.execute(f"create or replace table marts.{name(mart.name + NEW)} as {mart.sql}")


def take(con: duckdb.DuckDBPyConnection, mart: Mart, made: Sequence[Part], fresh: Freshness) -> None:
    """Put in force what :func:`make` made; call inside a transaction begun after it."""
    if made:
        fresh.exchange(mart.name, [part.lasting or part.where for part in made], *_sides(mart.name))
        return
    con.execute(f"drop table if exists marts.{name(mart.name)}")
    con.execute(f"alter table marts.{name(mart.name + NEW)} rename to {name(mart.name)}")
    fresh.written(mart.name)


@contextmanager
def aside(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Within the block there is a place for what :func:`make` lays of parts, and rows keep their row ids until :func:`take` looks for them.

    Only a checkpoint moves rows: within the block the log may grow instead. Enter it outside a transaction.
    """
    limit = first(con, "select current_setting('checkpoint_threshold')") or ("",)
    con.execute(f"attach if not exists ':memory:' as {_ASIDE}")
    con.execute("set checkpoint_threshold = '1TB'")
    try:
        yield
    finally:
        with suppress(duckdb.Error):  # what went wrong before is to be told
            con.execute(f"set checkpoint_threshold = {quote(limit[0])}")
            con.execute(f"detach {_ASIDE}")


def forget(con: duckdb.DuckDBPyConnection, mart: Mart) -> None:
    """Drop what was laid of a mart's parts; a transaction writes to one database only, so outside of the one that took it."""
    for side in _sides(mart.name):
        con.execute(f"drop table if exists {side}")


def _sides(mart: str) -> tuple[str, str]:
    """The tables of rows that come to a mart and of the row ids of those that go."""
    return f"{_ASIDE}.main.{name(mart + ' coming')}", f"{_ASIDE}.main.{name(mart + ' parting')}"


def _differ(con: duckdb.DuckDBPyConnection, mart: str, made: Sequence[Part]) -> None:
    """Lay what has to come to the parts and what has to go from them. Of equal rows as many stay as both sides have."""
    home, (coming, parting) = f"marts.{name(mart)}", _sides(mart)
    try:
        con.execute(f"create or replace temp table coming as from {home} limit 0")
        con.execute("create or replace temp table parting (row bigint)")
        for part in made:
            if part.driving:
                con.execute(f"create or replace temp table driving as {part.driving}")
            with _narrowed(con, part.views):
                con.execute(f"insert into coming by name {part.rows}")
            # The rows are found by the columns of the condition alone; only they are read whole.
            con.execute(f"insert into parting select rowid from {home} where {part.where}")
        con.execute(f"create or replace temp table standing as select rowid as row, hash(t) as h from {home} as t where rowid in (select row from parting)")
        con.execute("create or replace temp table arriving as select rowid as row, hash(t) as h from coming as t")
        con.execute(
            "create or replace temp table differing as select h, cast(sum(n) as bigint) as n"
            " from (select h, 1 as n from standing union all select h, -1 from arriving) group by h having sum(n) <> 0"
        )
        surplus = "select row from (select row, n, row_number() over (partition by h) as k from {} join differing using (h)) where k <= {}"
        con.execute(f"create or replace table {parting} as {surplus.format('standing', 'n')}")
        con.execute(f"create or replace table {coming} as select * from coming where rowid in ({surplus.format('arriving', '-n')})")
    finally:
        for table in ("coming", "parting", "driving", "standing", "arriving", "differing"):
            con.execute(f"drop table if exists temp.{table}")


def clear(con: duckdb.DuckDBPyConnection) -> None:
    """Drop what a killed run left beside the marts."""
    left = con.execute(
        "select table_name from duckdb_tables() where schema_name = 'marts' and database_name = current_database() and ends_with(table_name, ?)", [NEW]
    ).fetchall()
    for (table,) in left:
        con.execute(f"drop table marts.{name(table)}")


def _in_months(by: str, months: Collection[str]) -> str:
    """SQL: a row belongs to one of these months. A day or moment is held against their bounds, which is cheaper than to write each out as text."""
    day = _DAY.fullmatch(by)
    if not day or not all(_MONTH.fullmatch(m) for m in months):
        return f"coalesce(cast({by} as varchar), '') in {listed(months)}"
    return " or ".join(
        f"{day[1]} >= date '{m}-01' and {day[1]} < date '{m}-01' + interval 1 month" if m else f"{day[1]} is null" for m in sorted(months)
    )


@contextmanager
def _narrowed(con: duckdb.DuckDBPyConnection, views: Mapping[str, str]) -> Iterator[None]:
    """Within the block these inputs show only the rows that the queries give."""
    for source, query in views.items():
        con.execute(f"create or replace temp view {name(source)} as {query}")
    try:
        yield
    finally:
        for source in views:
            con.execute(f"drop view if exists temp.{name(source)}")
