"""Working days by the official arrangement of holidays, and the ends of terms counted in hours, calendar days and working days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field

from dashboard.cases.model import Term
from etl.paths import ROOT
from etl.policy.load import Problem, load
from etl.policy.model import Model, Text

HOLIDAYS = ROOT / "data" / "calendar" / "holidays.yaml"
SATURDAY = 5
DAY_END = time(23, 59, 59)


class Holiday(Model):
    """Days off in a row, first and last included; ``workdays`` are the weekend days worked in exchange."""

    holiday: Text
    from_: Annotated[date, Field(alias="from")]
    to: date
    workdays: tuple[date, ...] = ()


class Year(Model):
    year: Annotated[int, Field(ge=2000, le=2100)]
    source: Text
    holidays: Annotated[list[Holiday], Field(min_length=1)]


class Holidays(Model):
    title: Text
    years: Annotated[list[Year], Field(min_length=1)]


class End(NamedTuple):
    """The last moment of a term. ``missing``: the year whose holidays are not on file, so that the day is only a guess by weekends."""

    at: datetime
    missing: int | None = None


class Calendar:
    """Which days are worked. Years that are not on file are taken by weekends alone, and every answer that rests on one says so."""

    def __init__(self, holidays: Holidays) -> None:
        self.years = frozenset(y.year for y in holidays.years)
        self._off = {day for y in holidays.years for h in y.holidays for day in _days(h.from_, h.to)}
        self._on = {day for y in holidays.years for h in y.holidays for day in h.workdays}

    def works(self, day: date) -> bool:
        """Whether a day is a working day."""
        return day in self._on or (day.weekday() < SATURDAY and day not in self._off)

    def end(self, start: datetime, term: Term) -> End:
        """The last moment of a term that begins at ``start``.

        Hours run from the moment; of days the first is not counted, and the last one ends at midnight (民法典第二百条至第二百零三条).
        ``rolls``: a term of calendar days whose last day is not worked ends with the next day that is.
        """
        if term.hours:
            return End(start + timedelta(hours=term.hours))
        day = start.date()
        if term.days:
            day += timedelta(days=term.days)
            missing = None
            while term.rolls and not self.works(day):
                missing = missing or self._unknown(day)
                day += timedelta(days=1)
            return End(datetime.combine(day, DAY_END), missing or (self._unknown(day) if term.rolls else None))
        missing, left = None, term.working_days
        while left:
            day += timedelta(days=1)
            missing = missing or self._unknown(day)
            left -= self.works(day)
        return End(datetime.combine(day, DAY_END), missing)

    def _unknown(self, day: date) -> int | None:
        return None if day.year in self.years else day.year


def _days(first: date, last: date) -> Iterator[date]:
    for k in range((last - first).days + 1):
        yield first + timedelta(days=k)


def check(holidays: Holidays) -> Iterator[Problem]:
    """What single fields do not show: years in order, days within their year, exchanged days on weekends and not days off as well."""
    for i, year in enumerate(holidays.years):
        if i and year.year <= holidays.years[i - 1].year:
            yield Problem(("years", i, "year"), f"应晚于上一年（{holidays.years[i - 1].year}）")
        off = {day for h in year.holidays for day in _days(h.from_, h.to)}
        for k, one in enumerate(year.holidays):
            at = ("years", i, "holidays", k)
            if one.to < one.from_:
                yield Problem((*at, "to"), "放假结束日期早于开始日期")
            elif one.from_.year != year.year or (one.to - one.from_).days > 15:
                yield Problem((*at, "from"), f"放假日期应在 {year.year} 年内，且不超过 15 天")
            for day in one.workdays:
                if day.weekday() < SATURDAY:
                    yield Problem((*at, "workdays"), f"{day} 不是周末，不能作为调休上班日")
                elif day in off:
                    yield Problem((*at, "workdays"), f"{day} 同时写作放假日和上班日")


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> Calendar:
    return Calendar(load(path, Holidays, check))


def calendar(path: Path = HOLIDAYS) -> Calendar:
    """The calendar on file; read again when the file has changed. PolicyError with the lines that are wrong."""
    return _read(path, path.stat().st_mtime_ns if path.exists() else 0)
