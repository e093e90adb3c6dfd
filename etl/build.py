"""Checked tables to marts: the area and month tables, then every mart in the order of what it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from datetime import date, timedelta

import duckdb
from shapely.geometry import shape

from etl import faults, rebuild
from etl.clean import insert
from etl.freshness import Freshness
from etl.hands import hands
from etl.martfile import Mart, MartError
from etl.policy import incidents
from etl.region import Area, Region

MAX_MONTHS = 36
DEFAULT_MONTHS = 24
_Begun = tuple[list[rebuild.Part], Future[None]]
"""What of a mart is made anew, and when that is done."""
# A month with next to no records (a stray date, a month that has just begun) does not make the calendar longer.
THIN = 0.02
# As the marts' headers say it: so the months are counted once for both.
_ACTIVITY = {"order_order": "strftime(\"ordered_at\", '%Y-%m')", "subsidy_payment": '"month"'}


def last_complete_month(today: date) -> str:
    """The month before today's, ``YYYY-MM``."""
    return (today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def months_between(first: str, last: str) -> list[str]:
    """All months from first to last, both included."""
    found, year, month = [], int(first[:4]), int(first[5:])
    while f"{year:04d}-{month:02d}" <= last:
        found.append(f"{year:04d}-{month:02d}")
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found


def calendar(fresh: Freshness, today: date) -> list[str]:
    """The months to report: those that orders or payments cover, up to the last complete one; 24 where there are neither."""
    limit = last_complete_month(today)
    covered: set[str] = set()
    for table, by in _ACTIVITY.items():
        rows = {month: n for month, (n, _) in (fresh.contents(table, by) or {}).items() if "" < month <= limit}
        covered |= {month for month, n in rows.items() if n >= THIN * max(rows.values())}
    if not covered:
        first = limit
        for _ in range(DEFAULT_MONTHS - 1):
            first = last_complete_month(date.fromisoformat(first + "-01"))
        return months_between(first, limit)
    return months_between(min(covered), max(covered))[-MAX_MONTHS:]


def lay_calendar(con: duckdb.DuckDBPyConnection, months: list[str]) -> None:
    """Write ``marts.month``."""
    con.execute("create or replace table marts.month (month varchar, first_day date, last_day date)")
    con.execute(
        "insert into marts.month select m, cast(m || '-01' as date), last_day(cast(m || '-01' as date)) from unnest(?) as t(m)",
        [months],
    )


def lay_areas(con: duckdb.DuckDBPyConnection, region: Region) -> None:
    """Write ``marts.area`` (in force and supervised) and ``marts.area_closure``; with a point inside each bounded area."""
    points: dict[str, tuple[float, float]] = {}
    for level in (2, 3):
        for feature in region.boundaries(level).get("features", []):
            if feature.get("geometry"):
                inside = shape(feature["geometry"]).representative_point()
                points[str(feature["properties"]["code"])] = (inside.x, inside.y)
    areas = {a.code: a for a in region.areas if a.in_force and a.supervised}
    rows, closure = [], []
    for area in sorted(areas.values(), key=lambda a: (a.level, a.code)):
        line = ancestors(area, areas)
        closure += [(a.code, area.code) for a in line]
        below = [points[c] for c, b in areas.items() if b.parent_code == area.code and c in points]
        lng, lat = points.get(area.code) or _mean(below)
        street = next((a.code for a in line if a.level == 2), None)
        rows.append((area.code, area.name, area.short_name, area.level, area.parent_code, street, lng, lat))
    con.execute(
        "create or replace table marts.area (code varchar, name varchar, short_name varchar, level integer, parent_code varchar,"
        " street_code varchar, lng double, lat double)"
    )
    con.execute("create or replace table marts.area_closure (ancestor varchar, descendant varchar)")
    insert(con, "marts.area", rows)
    insert(con, "marts.area_closure", closure)


def ancestors(area: Area, areas: dict[str, Area]) -> list[Area]:
    """The area itself and all above it that are in the table."""
    line = [area]
    while (parent := areas.get(line[-1].parent_code or "")) is not None and parent not in line:
        line.append(parent)
    return line


def lay_standards(con: duckdb.DuckDBPyConnection, region: Region) -> None:
    """Write ``marts.standard``: the region's own numbers, each from its month to before ``valid_to`` (null = still in force)."""
    con.execute(
        "create or replace table marts.standard (standard varchar, valid_from varchar, valid_to varchar, value double, basis varchar)"
    )
    insert(con, "marts.standard", [(s.standard, s.valid_from, s.valid_to, s.value, s.basis) for s in region.standards])


def lay_incident_rules(con: duckdb.DuckDBPyConnection, region: Region) -> None:
    """Write ``marts.incident_rule`` (by which records of others self-reports are audited) and ``marts.incident_duty`` (who reports every
    month); empty where the region lays down nothing."""
    policy = incidents.read(region.path / "policies")
    for name, columns, found in (
        ("incident_rule", incidents.COLUMNS, incidents.rows(policy)),
        ("incident_duty", incidents.DUTY_COLUMNS, incidents.duties(policy)),
    ):
        con.execute(f"create or replace table marts.{name} ({columns})")
        insert(con, f"marts.{name}", found)


def _mean(points: list[tuple[float, float]]) -> tuple[float | None, float | None]:
    if not points:
        return None, None
    return sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)


def build(
    con: duckdb.DuckDBPyConnection, marts: Iterable[Mart], note: Callable[[str], None], fresh: Freshness | None = None
) -> None:
    """Bring each mart up to date as a table in schema ``marts``; MartError naming the file whose SQL fails.

    With ``fresh``: only marts of which an input has changed, and only the months and keys that it touches where the header allows that.
    Two marts are made at a time, as soon as all that they read is there, beside those in use; each is put in force in its turn.
    """
    fresh = fresh or Freshness(con)
    rebuild.clear(con)
    left = list(marts)
    changes: dict[str, set[str] | None] = {}
    begun: dict[str, _Begun] = {}
    with rebuild.aside(con), hands(con) as hand:
        while left:
            coming = {m.name for m in left}
            for mart in left:
                if mart.name not in changes and not (mart.reads - {mart.name}) & coming:
                    changes[mart.name] = changed = fresh.stale(mart.name, rebuild.labels(mart, fresh), mart.sql) if fresh.home(mart.name) else None
                    if changed != set():
                        parts = rebuild.parts(mart, changed, fresh)
                        begun[mart.name] = parts, hand(rebuild.make, mart, parts)
            mart = left.pop(0)
            if mart.name in begun:
                note(f"汇总 {mart.name}")
                faults.point("mart", mart.name)
                _build(con, mart, *begun.pop(mart.name), fresh)


def _build(con: duckdb.DuckDBPyConnection, mart: Mart, parts: list[rebuild.Part], made: Future[None], fresh: Freshness) -> None:
    """Put one mart in force: as it was built beside, or by the parts that changed."""
    try:
        try:
            made.result()
        except duckdb.OutOfMemoryException:  # two together were too much
            rebuild.make(con, mart, parts)
        con.execute("begin")
        rebuild.take(con, mart, parts, fresh)
        fresh.built(mart.name, rebuild.labels(mart, fresh), mart.sql)
        con.execute("commit")
        rebuild.forget(con, mart)
    except duckdb.Error as error:
        with suppress(duckdb.Error):
            con.execute("rollback")
        if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
            raise
        raise MartError(f"etl/marts/{mart.name}.sql: {error}") from error
    except BaseException:
        with suppress(duckdb.Error):
            con.execute("rollback")
        raise
