"""Pace: where a figure goes if it goes on as it did, and what that means for its target.

The forecast is a straight line by least squares through the last 12 months that have a value (at least 6 of them), with the
80 % prediction interval of ordinary linear regression.  Percentages are kept within 0–100 and nothing falls below zero.

Verdicts: ``met`` the month's own value reaches the target; ``on_pace`` the line reaches it by the due month; ``behind`` it does not, or the
due month has passed; ``unknown`` no value this month, or too few months for a line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from dashboard.warehouse.types import Forecast, ForecastPoint, Verdict

WINDOW = 12
ENOUGH = 6
HORIZON = 6
FARTHEST = 36
# Student's t, two-sided 80 %, by degrees of freedom (n − 2 for n = 6 … 12).
_T80 = {4: 1.533, 5: 1.476, 6: 1.440, 7: 1.415, 8: 1.397, 9: 1.383, 10: 1.372}


class Line:
    """A fitted line over month numbers; ``at(x)`` gives (mid, low, high) in the series' own unit."""

    __slots__ = ("mean_x", "mean_y", "n", "slope", "spread", "sxx", "t")

    def __init__(self, points: Sequence[tuple[int, float]]) -> None:
        self.n = len(points)
        self.mean_x = sum(x for x, _ in points) / self.n
        self.mean_y = sum(y for _, y in points) / self.n
        self.sxx = sum((x - self.mean_x) ** 2 for x, _ in points)
        self.slope = sum((x - self.mean_x) * (y - self.mean_y) for x, y in points) / self.sxx
        rest = sum((y - self.mid(x)) ** 2 for x, y in points)
        self.spread = math.sqrt(max(rest, 0.0) / (self.n - 2))
        self.t = _T80[min(max(self.n - 2, 4), 10)]

    def mid(self, x: float) -> float:
        """The line at month number ``x``."""
        return self.mean_y + self.slope * (x - self.mean_x)

    def at(self, x: float) -> tuple[float, float, float]:
        """Middle, lower and upper bound at month number ``x``."""
        half = self.t * self.spread * math.sqrt(1 + 1 / self.n + (x - self.mean_x) ** 2 / self.sxx)
        mid = self.mid(x)
        return mid, mid - half, mid + half


def month_number(month: str) -> int:
    """Months since year 0, so that they can be subtracted."""
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def month_name(number: int) -> str:
    """The inverse of :func:`month_number`."""
    return f"{number // 12}-{number % 12 + 1:02d}"


def fit(series: Sequence[tuple[str, float | None]]) -> Line | None:
    """The line through the last ``WINDOW`` months of a series ending at the month looked at; None with fewer than ``ENOUGH`` values."""
    points = [(month_number(month), value) for month, value in series[-WINDOW:] if value is not None]
    return Line(points) if len(points) >= ENOUGH else None


def reaches(value: float, target: float, better: str) -> bool:
    """Whether a value satisfies a target in the indicator's direction (neutral counts as higher)."""
    return value <= target + 1e-9 if better == "lower" else value >= target - 1e-9


def judge(series: Sequence[tuple[str, float | None]], target: float | None, due: str | None, better: str) -> Verdict | None:
    """The verdict for the last month of the series; None where there is no target."""
    if target is None:
        return None
    month, value = series[-1] if series else ("", None)
    if value is None:
        return "unknown"
    if reaches(value, target, better):
        return "met"
    if due is None:
        return "behind"
    due_number = month_number(due)
    if due_number <= month_number(month):
        return "behind"
    line = fit(series)
    if line is None:
        return "unknown"
    return "on_pace" if reaches(line.mid(due_number), target, better) else "behind"


def forecast(
    series: Sequence[tuple[str, float | None]], target: float | None, due: str | None, better: str, percent: bool
) -> Forecast | None:
    """The months ahead, up to the due month (six where there is none, 36 at most); None with too few values.

    ``reach_month`` looks further than the months shown: up to three years, also beyond a due month that will be missed.
    """
    line = fit(series)
    if line is None:
        return None
    last = month_number(series[-1][0])
    ahead = month_number(due) - last if due else HORIZON
    ahead = min(ahead, FARTHEST) if ahead > 0 else HORIZON
    top = 100.0 if percent else math.inf
    points = []
    for number in range(last + 1, last + ahead + 1):
        mid, low, high = (min(max(v, 0.0), top) for v in line.at(number))
        points.append(ForecastPoint(month_name(number), mid, low, high))
    value = series[-1][1]
    reach = None
    if target is not None:
        known = [] if value is None else [(last, value)]
        later = ((number, min(max(line.mid(number), 0.0), top)) for number in range(last + 1, last + FARTHEST + 1))
        reach = next((month_name(number) for number, v in [*known, *later] if reaches(v, target, better)), None)
    return Forecast(points, judge(series, target, due, better), reach)
