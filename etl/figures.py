"""Figures: part and whole of every indicator for every area and month, and for every provider; one pass over each mart.

Parts and wholes of an area are the sums over all areas below it, medians and quantiles are taken from the rows of each area.  Nothing is
divided.  A month without rows gives 0; a module that has never delivered gives no figure at all, and for a month that no delivery covers
there is none either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType

import duckdb

from etl.clean import insert, name, quote
from etl.coverage import Span
from etl.freshness import Freshness
from etl.hands import hands
from etl.indicators.base import Indicator, Measure
from etl.labels import listed
from etl.martfile import Mart

_TABLES = """
create table if not exists marts.figure
  (indicator varchar, area_code varchar, level integer, month varchar, part double, whole double);
create table if not exists marts.provider_figure (indicator varchar, provider_id varchar, month varchar, part double, whole double);
"""
# A database in memory beside the work file, for what the sums over marts are kept in while figures are made of them: temporary tables belong to
# one connection, and these are filled by two.
_SUMS = "figure_sums"
Places = dict[Measure, tuple[str, int]]
"""Measure → mart, and the number of its column among the sums over that mart."""


def start(con: duckdb.DuckDBPyConnection) -> None:
    """Create the figure tables where they are not there yet."""
    con.execute(_TABLES)


def refresh(
    con: duckdb.DuckDBPyConnection, target: str, indicators: Iterable[Indicator], marts: Mapping[str, Mart], fresh: Freshness,
    unknown: Collection[str] = (), spans: Mapping[str, Span] = MappingProxyType({}),
) -> None:  # fmt: skip
    """Bring the figures of these indicators up to date, in the months in which one of their marts has changed.

    ``target`` names this group of indicators; figures of other groups are left alone, those of indicators that are no more are dropped.
    """
    found = list(indicators)
    definition = repr([(i, i.code in unknown, spans.get(i.code)) for i in found])
    given = dict.fromkeys(("area", "area_closure", "month"), "")
    by_mart = {m: name(marts[m].time) for i in found for m in i.marts}
    months = fresh.stale(target, given | by_mart, definition)
    if months == set():
        return
    if months is not None:
        touched = {m for m in by_mart if fresh.stale(target, {m: by_mart[m]}, definition)}
        found = [i for i in found if touched & set(i.marts)]
    with _summed(con, found, marts, unknown, months) as places:
        con.execute("begin")
        try:
            which = "indicator in (" + ", ".join(quote(i.code) for i in found) + ")" if found else "false"
            within = f" and month in {listed(months)}" if months is not None else ""
            gone = con.execute("select by_month from state.made where target = ? and source = '#figures'", [target]).fetchall()
            codes = {i.code for i in found} if months is None else set()
            for table in ("figure", "provider_figure"):
                con.execute(f"delete from marts.{table} where {which}{within}")
                for (code,) in gone:
                    if months is None and code not in codes:
                        con.execute(f"delete from marts.{table} where indicator = ?", [code])
            _write(con, found, marts, unknown, spans, months, places)
            kept = gone if months is not None else [(code,) for code in sorted(codes)]
            fresh.built(target, given | by_mart, definition)
            insert(con, "state.made", [(target, "#figures", code, 0, "") for (code,) in kept or [("",)]])
            con.execute("commit")
        except BaseException:
            with suppress(duckdb.Error):
                con.execute("rollback")
            raise


def materialise(
    con: duckdb.DuckDBPyConnection, indicators: Iterable[Indicator], marts: Mapping[str, Mart], unknown: Collection[str] = (),
    spans: Mapping[str, Span] = MappingProxyType({}), months: Collection[str] | None = None,
) -> None:  # fmt: skip
    """Write the figures of these indicators into ``marts.figure`` and ``marts.provider_figure``.

    ``unknown`` names indicators whose modules have never delivered: they get no rows.  ``spans`` gives the first and last month of those
    that do not hold for the whole calendar (see ``etl.coverage``); ``months`` limits what is written. KeyError for a mart that is not there.
    """
    found = list(indicators)
    with _summed(con, found, marts, unknown, months) as places:
        _write(con, found, marts, unknown, spans, months, places)


@contextmanager
def _summed(
    con: duckdb.DuckDBPyConnection, indicators: Iterable[Indicator], marts: Mapping[str, Mart], unknown: Collection[str],
    months: Collection[str] | None,
) -> Iterator[Places]:  # fmt: skip
    """Within the block the sums over all marts that the indicators read are at hand; two marts are added up at a time.

    Enter it outside a transaction: one that has begun need not see what other connections write.
    """
    measures: dict[str, list[Measure]] = {}
    for indicator in indicators:
        for measure in (indicator.part, indicator.whole):
            if indicator.code not in unknown and measure is not None and measure not in measures.setdefault(measure.mart, []):
                measures[measure.mart].append(measure)
    con.execute(f"attach if not exists ':memory:' as {_SUMS}")
    try:
        with hands(con) as hand:
            begun = {mart: hand(_aggregate, marts[mart], found, months) for mart, found in measures.items()}
            for mart, future in begun.items():
                try:
                    future.result()
                except duckdb.OutOfMemoryException:  # two together were too much
                    _aggregate(con, marts[mart], measures[mart], months)
        yield {m: (mart, i) for mart, found in measures.items() for i, m in enumerate(found)}
    finally:
        with suppress(duckdb.Error):  # what went wrong before is to be told, not that this is still in use
            con.execute(f"detach {_SUMS}")


def _write(
    con: duckdb.DuckDBPyConnection, indicators: Iterable[Indicator], marts: Mapping[str, Mart], unknown: Collection[str],
    spans: Mapping[str, Span], months: Collection[str] | None, places: Places,
) -> None:  # fmt: skip
    """Make figures of the sums."""
    con.execute(
        "create or replace temp table grid as"
        " select a.code as area_code, a.level, m.month from marts.area as a cross join marts.month as m"
        + (f" where m.month in {listed(months)}" if months is not None else "")
    )
    for indicator in indicators:
        if indicator.code in unknown:
            continue
        part = places[indicator.part]
        whole = places[indicator.whole] if indicator.whole else None
        _write_areas(con, indicator, part, whole, _within(spans.get(indicator.code)))
        if marts[part[0]].provider and (whole is None or marts[whole[0]].provider):
            _write_providers(con, indicator, part, whole, _within(spans.get(indicator.code)))


def _sums(kind: str, mart: str) -> str:
    return f"{_SUMS}.main.{name(f'{kind}_{mart}')}"


def _sql(measure: Measure) -> str:
    where = "" if measure.where == "true" else f" filter (where {measure.where})"
    if measure.median:
        return f"cast(median({measure.value}){where} as double)"
    if measure.quantile is not None:
        return f"cast(quantile_cont({measure.value}, {float(measure.quantile)}){where} as double)"
    return f"count(*){where}" if measure.value == "1" else f"sum({measure.value}){where}"


def _aggregate(con: duckdb.DuckDBPyConnection, mart: Mart, measures: list[Measure], months: Collection[str] | None) -> None:
    """Tables of sums by area and by provider, with columns m0, m1 … in the order of ``measures``."""
    sums = [(i, m) for i, m in enumerate(measures) if not m.ranked]
    medians = [(i, m) for i, m in enumerate(measures) if m.ranked]
    source, area, month = f"marts.{name(mart.name)}", name(mart.area), name(mart.time)
    if months is not None:
        source = f"(select * from {source} where {month} in {listed(months)})"
    provider = f", {name(mart.provider)} as provider_id" if mart.provider else ""
    first = "".join(f", {_sql(m)} as m{i}" for i, m in sums)
    con.execute(
        "create or replace temp table base as"
        f" select {area} as area_code, {month} as month{provider}{first} from {source} group by all"
    )
    again = "".join(f", cast(sum(m{i}) as double) as m{i}" for i, _ in sums)
    by_area = (
        f"select c.ancestor as area_code, b.month{again} from base as b"
        " join marts.area_closure as c on c.descendant = b.area_code group by all"
    )
    by_provider = f"select provider_id, month{again} from base where provider_id is not null group by all"
    middle = "".join(f", {_sql(m)} as m{i}" for i, m in medians)
    if medians:
        rows = (
            f"select c.ancestor as area_code, {month} as month{middle} from {source}"
            f" join marts.area_closure as c on c.descendant = {area} group by all"
        )
        by_area = f"select * from ({by_area}) full join ({rows}) using (area_code, month)"
        rows = f"select {name(mart.provider or mart.area)} as provider_id, {month} as month{middle} from {source} group by all"
        by_provider = f"select * from ({by_provider}) full join ({rows}) using (provider_id, month)"
    con.execute(f"create or replace table {_sums('by_area', mart.name)} as {by_area}")
    if mart.provider:
        # A mart may hold records from before the first month reported, because evidence rests on them: they make no figures.
        reported = f"select * from ({by_provider}) where month in (select month from marts.month)"
        con.execute(f"create or replace table {_sums('by_provider', mart.name)} as {reported}")
    con.execute("drop table base")


def _value(indicator: Indicator, alias: str, index: int, measure: Measure) -> str:
    # No rows is a true 0 for a count or a sum; the median of nothing is unknown.
    return f"{alias}.m{index}" if measure.ranked else f"coalesce({alias}.m{index}, 0)"


def _within(span: Span | None) -> str:
    """SQL over ``month``: the months that are known."""
    return f" and month between {quote(span[0])} and {quote(span[1])}" if span else ""


def _write_areas(
    con: duckdb.DuckDBPyConnection, indicator: Indicator, part: tuple[str, int], whole: tuple[str, int] | None, within: str
) -> None:
    levels = ", ".join(str(int(level)) for level in indicator.levels)
    join = f"left join {_sums('by_area', part[0])} as p on p.area_code = g.area_code and p.month = g.month"
    below = "null"
    if whole and indicator.whole:
        join += f" left join {_sums('by_area', whole[0])} as w on w.area_code = g.area_code and w.month = g.month"
        below = _value(indicator, "w", whole[1], indicator.whole)
    con.execute(
        f"insert into marts.figure select {quote(indicator.code)}, g.area_code, g.level, g.month,"
        f" {_value(indicator, 'p', part[1], indicator.part)}, {below} from grid as g {join} where g.level in ({levels}){within.replace('month', 'g.month', 1)}"
    )


def _write_providers(
    con: duckdb.DuckDBPyConnection, indicator: Indicator, part: tuple[str, int], whole: tuple[str, int] | None, within: str
) -> None:
    source, below = f"{_sums('by_provider', part[0])} as p", "null"
    if whole and indicator.whole:
        below = _value(indicator, "w", whole[1], indicator.whole)
        if whole[0] == part[0]:
            below = below.replace("w.", "p.")
        else:
            source += f" full join {_sums('by_provider', whole[0])} as w using (provider_id, month)"
    con.execute(
        f"insert into marts.provider_figure select {quote(indicator.code)}, provider_id, month,"
        f" {_value(indicator, 'p', part[1], indicator.part)}, {below} from {source} where provider_id is not null{within}"
    )
