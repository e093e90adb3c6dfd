"""Up to which month a figure can be known: events of a month that no delivery covers are unknown, not none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import duckdb

from etl.clean import first, insert, name
from etl.contract import Cadence, Contract, Month, Table
from etl.indicators.base import Indicator
from etl.lineage import Lineage

Span = tuple[str, str]
"""First and last month for which an indicator has figures, both included."""
STEADY_ROWS = 20
"""A table with at least so many rows in each of its last twelve months has some in every month."""


def month_of(day: date) -> str:
    """``YYYY-MM``."""
    return day.strftime("%Y-%m")


def last_covered(due: Cadence, delivered: date) -> str:
    """The last month of which a delivery of that day holds anything.

    What is owed daily covers the month that it is delivered in (up to that day); what is owed monthly covers the month before, and its own
    only on the last day; what is owed yearly stands until the next year's is owed.
    """
    match due.every:
        case "day":
            return month_of(delivered)
        case "month":
            return month_of((delivered + timedelta(days=1)).replace(day=1) - timedelta(days=1))
        case _:
            owed = date(delivered.year + 1, 1, 1) + timedelta(days=due.grace_days)
            return month_of(owed.replace(day=1) - timedelta(days=1))


def covered(con: duckdb.DuckDBPyConnection, contracts: Iterable[Contract], latest: str = "") -> dict[str, str]:
    """Module → last month covered by its delivery in force; modules that never delivered are left out.

    A delivery of the right day that holds nothing of the month covers it no more than none: where one of the module's tables never is without rows
    (:func:`_held_until`), its last month with rows is the last one covered. Asked is about months up to ``latest`` only, where it is given.
    """
    dates = dict(con.execute("select module, max(data_date) from state.delivery group by module").fetchall())
    found = {}
    for contract in contracts:
        if dates.get(contract.module):
            until = last_covered(contract.due, dates[contract.module])
            asked = min(until, latest) if latest else until
            held = [m for t in contract.tables if (m := _held_until(con, contract.module, t, asked))]
            found[contract.module] = min([until, *held])
    return found


def _held_until(con: duckdb.DuckDBPyConnection, module: str, table: Table, until: str) -> str | None:
    """The last month with rows of a table that ends before ``until`` although each of its last twelve months had rows enough; None for any other.

    A table in which a month without rows is ordinary (penalties, incidents) proves nothing by a month without rows.
    """
    if not table.dated or table.may_be_empty:
        return None
    rows, column = f"checked.{name(f'{module}_{table.name}')}", name(table.dated)
    ends = f"date '{until}-01' + interval 1 month"
    if isinstance(table.column(table.dated), Month):
        within, there, latest = f"{column} <= '{until}'", f"{column} = '{until}'", f"max({column})"
    else:
        within, there, latest = f"{column} < {ends}", f"{column} >= date '{until}-01' and {column} < {ends}", f"strftime(max({column}), '%Y-%m')"
    if first(con, f"select 1 from {rows} where {there} limit 1"):  # nearly always
        return None
    last = (first(con, f"select {latest} from {rows} where {within}") or (None,))[0]
    if not last:
        return None
    since = date(int(last[:4]) - 1, int(last[5:]), 28) + timedelta(days=4)  # in the month after the same one a year before
    months = con.execute(f"select count(*) from {rows} where {within} and {table.month} >= ? group by {table.month}", [month_of(since)]).fetchall()
    return last if len(months) == 12 and min(months)[0] >= STEADY_ROWS else None


def gaps(lineage: Lineage, indicators: Iterable[Indicator], known: Mapping[str, str], latest: str) -> dict[str, tuple[str, str]]:
    """Indicator → (module that ends first, its last month), for counts of events that end before the latest month.

    A stock stays what it was until somebody says otherwise, and is marked stale with its module; events of a month do not.
    """
    found = {}
    for indicator in indicators:
        if indicator.semantics != "flow" or lineage.about_deliveries(indicator):
            continue
        ends = [(known[m], m) for m in lineage.counted(indicator) if m in known]
        if ends and min(ends)[0] < latest:
            found[indicator.code] = (min(ends)[1], min(ends)[0])
    return found


def spans(
    con: duckdb.DuckDBPyConnection, lineage: Lineage, contracts: Iterable[Contract], indicators: Iterable[Indicator]
) -> dict[str, Span]:
    """The months for which each indicator can be formed, for those that do not hold for the whole calendar.

    Leaves ``marts.meta_gap`` (indicator, module, last_month), by which pages say why a figure is missing.
    """
    start, latest = first(con, "select min(month), max(month) from marts.month") or ("", "")
    wanted = list(indicators)
    missing = gaps(lineage, wanted, covered(con, contracts, latest), latest)
    con.execute("create or replace table marts.meta_gap (indicator varchar, module varchar, last_month varchar)")
    insert(con, "marts.meta_gap", [(c, m, month) for c, (m, month) in missing.items()])
    found = {code: (start, month) for code, (_, month) in missing.items()}
    return found | {i.code: (latest, latest) for i in wanted if lineage.about_deliveries(i)}
