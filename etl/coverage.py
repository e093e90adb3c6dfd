"""Up to which month a figure can be known: events of a month that no delivery covers are unknown, not none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import duckdb

from etl.clean import first, insert
from etl.contract import Cadence, Contract
from etl.indicators.base import Indicator
from etl.lineage import Lineage

Span = tuple[str, str]
"""First and last month for which an indicator has figures, both included."""


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


def covered(con: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> dict[str, str]:
    """Module → last month covered by its delivery in force; modules that never delivered are left out."""
    dates = dict(con.execute("select module, max(data_date) from state.delivery group by module").fetchall())
    return {c.module: last_covered(c.due, dates[c.module]) for c in contracts if dates.get(c.module)}


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
    missing = gaps(lineage, wanted, covered(con, contracts), latest)
    con.execute("create or replace table marts.meta_gap (indicator varchar, module varchar, last_month varchar)")
    insert(con, "marts.meta_gap", [(c, m, month) for c, (m, month) in missing.items()])
    found = {code: (start, month) for code, (_, month) in missing.items()}
    return found | {i.code: (latest, latest) for i in wanted if lineage.about_deliveries(i)}
