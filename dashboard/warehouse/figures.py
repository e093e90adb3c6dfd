"""The figures of a snapshot as one dense array: indicator × area (or provider) × month, part and whole.

16 bytes a cell: 45 indicators × 114 areas × 24 months are 2 MB.  From it a Figure with its comparisons, target and verdict is put together
without a query, and kept, since it can never change within a snapshot.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dashboard.warehouse import forecast
from dashboard.warehouse.types import Figure, Forecast, Point, Verdict
from etl.indicators import Indicator

if TYPE_CHECKING:
    from dashboard.warehouse.snapshot import Snapshot, Target

KEPT = 60_000


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


class Cube:
    """Parts and wholes of one grain. Keys that are not in it have no figures."""

    def __init__(self, snapshot: Snapshot, codes: list[str], keys: list[str], cells: np.ndarray) -> None:
        # What figures need of the snapshot, and not the snapshot: it holds this cube, and in a circle neither would ever be let go.
        self._months, self._month_index, self._indicators, self._targets = snapshot.months, snapshot.month_index, snapshot.indicators, snapshot.targets
        self._codes = {code: i for i, code in enumerate(codes)}
        self._keys = {key: i for i, key in enumerate(keys)}
        self._cells = cells
        self._plain: Any = memoryview(cells)  # type: ignore[arg-type]  # an array is a buffer
        self._mask: Callable[[str], np.ndarray | None] | None = None
        self._kept: dict[tuple[str, str, str], Figure] = {}

    @classmethod
    def load(cls, snapshot: Snapshot, table: str, key: str, keys: list[str]) -> Cube:
        """Read one figure table; ``key`` is its column of areas or providers. One query, whatever the size."""
        codes = list(snapshot.indicators)
        cells = np.full((len(codes), max(len(keys), 1), len(snapshot.months), 2), np.nan)
        cursor = snapshot.cursor().cursor()
        for name, values in (("k_code", codes), ("k_key", keys), ("k_month", snapshot.months)):
            cursor.register(name, pa.table({"v": pa.array(values, pa.string()), "i": pa.array(range(len(values)), pa.int32())}))
        data = cursor.execute(
            f"select c.i as c, k.i as k, m.i as m, f.part::double as part, f.whole::double as whole from {table} f"
            f" join k_code c on c.v = f.indicator join k_key k on k.v = f.{key} join k_month m on m.v = f.month"
        ).fetchnumpy()
        cursor.close()
        for side, name in enumerate(("part", "whole")):
            cells[data["c"], data["k"], data["m"], side] = np.ma.filled(data[name], np.nan)
        return cls(snapshot, codes, keys, cells)

    @property
    def keys(self) -> list[str]:
        """The areas or providers, in their order."""
        return list(self._keys)

    def sides(self, code: str) -> tuple[np.ndarray, np.ndarray]:
        """Parts and wholes of an indicator, keys × months, NaN where there is no figure. Not to be changed."""
        cells = self._cells[self._codes[code], : len(self._keys)]
        return cells[..., 0], cells[..., 1]

    def shielded(self, mask: Callable[[str], np.ndarray | None]) -> Cube:
        """The same figures with the cells left out that ``mask`` names (indicator → keys × months, None for none)."""
        found = copy.copy(self)
        found._mask, found._kept = mask, {}
        return found

    def has(self, code: str, key: str) -> bool:
        """Whether there is any room for this indicator and key."""
        return code in self._codes and key in self._keys

    def series(
        self, indicator: Indicator, key: str, first: int, last: int
    ) -> list[tuple[str, float | None, float | None, float | None]]:
        """(month, value, part, whole) for month positions ``first`` … ``last`` inclusive."""
        months = self._months
        code, at = self._codes.get(indicator.code), self._keys.get(key)
        if code is None or at is None:
            return [(months[i], None, None, None) for i in range(first, last + 1)]
        found: list[tuple[str, float | None, float | None, float | None]] = []
        mask = self._mask(indicator.code) if self._mask is not None else None
        for i, (part, whole) in enumerate(self._cells[code, at, first : last + 1].tolist(), start=first):
            if mask is not None and mask[at, i]:
                found.append((months[i], None, None, None))
                continue
            p, w = _number(part), _number(whole)
            found.append((months[i], indicator.value(p, w), p, w))
        return found

    def figure(self, code: str, key: str, month: str, level: int | None) -> Figure:
        """The figure with its comparisons and verdict. ``level`` is the area's level, None for a provider."""
        kept = self._kept.get((code, key, month))
        if kept is not None:
            return kept
        indicator = self._indicators[code]
        at = self._month_index[month]
        target = self._target(indicator, level)
        row, place = self._codes.get(code), self._keys.get(key)
        mask = self._mask(code) if self._mask is not None else None
        part, whole = self._cell(row, place, at, mask)
        hidden = mask is not None and place is not None and bool(mask[place, at])
        figure = Figure(
            code, key, month, part, whole, indicator.value(part, whole),
            previous=indicator.value(*self._cell(row, place, at - 1, mask)) if at else None,
            year_ago=indicator.value(*self._cell(row, place, at - 12, mask)) if at >= 12 else None,
            target=target.value if target else None,
            verdict=self._verdict(indicator, key, at, target) if target and not hidden else None,
            due=target.due if target else None,
            hidden=hidden,
        )  # fmt: skip
        if len(self._kept) >= KEPT:
            self._kept.clear()
        self._kept[code, key, month] = figure
        return figure

    def _cell(self, row: int | None, place: int | None, at: int, mask: np.ndarray | None) -> tuple[float | None, float | None]:
        """Part and whole of one cell, unless it is masked. Through a memoryview, which gives plain numbers in a tenth of an array's time."""
        if row is None or place is None or (mask is not None and mask[place, at]):
            return None, None
        part, whole = self._plain[row, place, at, 0], self._plain[row, place, at, 1]
        return part if part == part else None, whole if whole == whole else None  # noqa: PLR0124  # not a number: no figure

    def _verdict(self, indicator: Indicator, key: str, at: int, target: Target) -> Verdict | None:
        """How the last year and this month go towards the target."""
        series = [s[:2] for s in self.series(indicator, key, max(0, at - 12), at)]
        return forecast.judge(series, target.value, target.due, indicator.better)

    def _target(self, indicator: Indicator, level: int | None) -> Target | None:
        """A plan target is set for the district; a share or a mean must be reached everywhere, a number only by the whole."""
        target = self._targets.get(indicator.code)
        return (
            target if target and (level == 1 or (level is not None and (indicator.ranked or indicator.kind in ("ratio", "mean")))) else None
        )

    def trend(self, code: str, key: str, months: int, until: str) -> list[Point]:
        """The last ``months`` months up to ``until``, oldest first."""
        at = self._month_index[until]
        indicator = self._indicators[code]
        return [Point(*s) for s in self.series(indicator, key, max(0, at - months + 1), at)]

    def forecast(self, code: str, key: str, month: str, level: int | None) -> Forecast | None:
        """Where the figure goes from ``month``; None with too few months."""
        indicator = self._indicators[code]
        at = self._month_index[month]
        target = self._target(indicator, level)
        series = [s[:2] for s in self.series(indicator, key, max(0, at - forecast.WINDOW + 1), at)]
        return forecast.forecast(
            series,
            target.value if target else None,
            target.due if target else None,
            indicator.better,
            percent=indicator.unit == "%",
        )
