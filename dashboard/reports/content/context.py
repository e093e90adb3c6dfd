"""What the sections of a report are composed from: one area, one month, and ways to say its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any

from dashboard.format import (
    MONEY_UNIT,
    NONE,
    WAN,
    fmt_date,
    fmt_number,
    fmt_value,
    fmt_wan,
    number,
    rounded,
    say_delta,
)
from dashboard.reports.model import Cell
from dashboard.warehouse import Area, Figure, Unknown, Warehouse
from etl.indicators import Indicator

LOWER_WORD = {1: "街道", 2: "社区"}


class Context:
    """One area in one month as one reader may see it. Unknown for an area or month outside his scope."""

    def __init__(self, warehouse: Warehouse, area: Any, month: Any) -> None:
        self.w = warehouse
        self.area = warehouse.area(area)
        self.month: str = month
        self.level = self.area.level
        warehouse.figures([], area, month)  # an unknown month is refused here, before anything is composed
        self.used: dict[str, Indicator] = {}
        self.printed: set[str] = set()

    @cached_property
    def children(self) -> list[Area]:
        """The areas one level below."""
        return self.w.children(self.area.code)

    @property
    def lower(self) -> str:
        """What the areas below are called: 街道, 社区."""
        return LOWER_WORD.get(self.level, "")

    @cached_property
    def month_end(self) -> date:
        """The last day of the month."""
        year, month = int(self.month[:4]), int(self.month[5:7])
        return date.fromordinal(date(year + month // 12, month % 12 + 1, 1).toordinal() - 1)

    @cached_property
    def all_figures(self) -> dict[str, Figure]:
        """Every figure that holds at this level, by code in declared order."""
        codes = [c for c, i in self.w.snapshot.indicators.items() if self.level in i.levels]
        return self.w.figures(codes, self.area.code, self.month)

    def has(self, code: str) -> bool:
        """Whether the indicator exists and holds at this level."""
        return code in self.all_figures

    def first(self, *codes: str) -> str | None:
        """The first of the codes that exists at this level."""
        return next((c for c in codes if self.has(c)), None)

    def ind(self, code: str, printed: bool = True) -> Indicator:
        """The declaration; remembered, so that the annex defines what the report uses, on paper or (not ``printed``) in the workbook alone."""
        found = self.used[code] = self.w.indicator(code)
        if printed:
            self.printed.add(code)
        return found

    def fig(self, code: str) -> Figure | None:
        """The figure, or None where the indicator does not hold here."""
        return self.all_figures.get(code)

    def value(self, code: str) -> float | None:
        """The figure's value; None without the indicator, rows or a denominator."""
        found = self.fig(code)
        return None if found is None else found.value

    def say(self, code: str) -> str:
        """The figure as printed, with its unit; a dash where it cannot be formed."""
        found = self.fig(code)
        return NONE if found is None else fmt_value(self.ind(code), found)

    def changes(self, code: str) -> str:
        """``，环比提高0.8个百分点，同比下降1.2个百分点``; empty where nothing can be compared."""
        found = self.fig(code)
        if found is None or found.value is None:
            return ""
        parts = (say_delta(self.ind(code), found, found.previous), say_delta(self.ind(code), found, found.year_ago, "同比"))
        return "".join("，" + p for p in parts if p)

    def count_by(self, code: str, column: str, which: str = "part") -> Counter[Any] | None:
        """How often each value of a column occurs in the rows behind a figure; None where the reader may see no rows."""
        if not self.has(code):
            return None
        try:
            rows = all_rows(self.w, code, self.area.code, self.month, which, 200_000)
        except Unknown:
            return None
        place = next((i for i, c in enumerate(rows[0]) if c.name == column), None)
        return None if place is None else Counter(row[place] for row in rows[1])


def all_rows(
    w: Warehouse, code: str, area: str, month: str, which: str, most: int, provider: str | None = None
) -> tuple[list[Any], list[tuple[Any, ...]], int]:
    """(columns, rows, total) of the rows behind a figure, at most ``most``; Unknown where the reader may see none."""
    page = 5000
    first = w.rows(code, area, month, which=which, provider=provider, offset=0, limit=min(page, most))
    rows = list(first.rows)
    while len(rows) < min(first.total, most):
        more = w.rows(code, area, month, which=which, provider=provider, offset=len(rows), limit=min(page, most - len(rows))).rows
        if not more:
            break
        rows += more
    return list(first.columns), rows, first.total


def excel_number(decimals: int, unit: str = "") -> str:
    """An Excel number format that shows what ``fmt_number`` prints."""
    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    return digits + (f'"{unit}"' if unit else "")


def figure_cell(indicator: Indicator, figure: Any, unit: bool = True) -> Cell:
    """A figure as a cell, shown as ``fmt_value`` does."""
    value = number(getattr(figure, "value", figure))
    text = fmt_value(indicator, figure, unit)
    if value is None:
        return Cell(text)
    if indicator.unit == MONEY_UNIT:
        wan = abs(value) >= WAN
        return Cell(text, value / WAN if wan else value, excel_number(2, "万元" if wan else "元"))
    return Cell(text, value, excel_number(indicator.decimals, indicator.unit if unit else ""))


def count_cell(value: Any) -> Cell:
    """A whole number."""
    exact = number(value)
    return Cell(fmt_number(value), exact, "#,##0") if exact is not None else Cell(NONE)


def wan_cell(yuan: Any) -> Cell:
    """An amount in a column headed 万元."""
    exact = number(yuan)
    return Cell(fmt_wan(yuan), exact / WAN, "#,##0.00") if exact is not None else Cell(NONE)


def share_cell(part: Any, whole: Any, decimals: int = 1) -> Cell:
    """part ÷ whole in percent; a dash for a whole of zero."""
    p, w = number(part), number(whole)
    if p is None or not w:
        return Cell(NONE)
    value = p / w * 100
    return Cell(fmt_number(value, decimals) + "%", value, excel_number(decimals, "%"))


def date_cell(day: Any) -> Cell:
    """A date as ``2026-10-31``."""
    if isinstance(day, datetime):
        day = day.date()
    return Cell(str(day), day, "yyyy-mm-dd") if isinstance(day, date) else Cell(NONE if day is None else str(day)[:10])


def text(value: Any) -> Cell:
    """Text as it is; a dash for nothing."""
    return Cell(NONE if value is None or value == "" else str(value))


def listing(names: Sequence[str], most: int = 5, what: str = "家") -> str:
    """``甲、乙、丙`` or ``甲、乙等7家``."""
    return "、".join(names) if len(names) <= most else "、".join(names[:most]) + f"等{len(names)}{what}"


def ranked(values: Iterable[tuple[Any, Figure]], indicator: Indicator) -> list[tuple[int | None, Any, Figure]]:
    """Best first by the *printed* value, equal figures sharing a place; those without a value last and without a place."""
    pairs = list(values)
    known = [(shown, a, f) for a, f in pairs if (shown := rounded(f.value, indicator.decimals)) is not None]
    known.sort(key=lambda item: item[0] if indicator.better == "lower" else -item[0])
    found: list[tuple[int | None, Any, Figure]] = []
    for place, (shown, area, figure) in enumerate(known, start=1):
        same = found and rounded(found[-1][2].value, indicator.decimals) == shown
        found.append((found[-1][0] if same else place, area, figure))
    return found + [(None, a, f) for a, f in pairs if rounded(f.value, indicator.decimals) is None]


def day(moment: Any) -> str:
    """A date in words."""
    return fmt_date(moment)
