"""Cuts and axes that people can read: round numbers, and the target as a cut where there is one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CLASSES = 5


@dataclass(frozen=True, slots=True)
class Classes:
    """Colour classes of a map: ``cuts`` ascending; a value's class is the number of cuts at or below it (plus ``base``)."""

    cuts: tuple[float, ...]
    base: int
    target: float | None
    better: str

    def of(self, value: float | None) -> int | None:
        """0 (pale) … 4 (deep); None for no value."""
        if value is None:
            return None
        shown = round(value, 6)
        if self.better == "lower" and self.target is not None:
            return self.base + sum(shown > cut for cut in self.cuts)
        return self.base + sum(shown >= cut for cut in self.cuts)


def classes(values: Iterable[float | None], target: float | None = None, better: str = "higher", decimals: int = 0) -> Classes:
    """Up to five classes over the values. With a target the line between reached and not reached is one of the cuts."""
    known = sorted(v for v in values if v is not None)
    if not known:
        return Classes((), 2, target, better)
    low, high = known[0], known[-1]
    smallest = 10.0**-decimals
    if target is not None and better == "lower":
        step = nice((high - target) / (CLASSES - 1), smallest)
        cuts = [target + step * k for k in range(CLASSES - 1) if target + step * k < high]
        return Classes(tuple(cuts or [target]), 0, target, better)
    if target is not None and low < target:
        step = nice((target - low) / (CLASSES - 1), smallest)
        cuts = [target - step * k for k in range(CLASSES - 2, -1, -1)]
        cuts = [c for i, c in enumerate(cuts) if c == target or c > low]
        return Classes(tuple(round(c, 6) for c in cuts), CLASSES - 1 - len(cuts), target, better)
    if target is not None:
        return Classes((target,), CLASSES - 2, target, better)
    if high - low < smallest:
        return Classes((), 2, target, better)
    step = nice((high - low) / CLASSES, smallest)
    first = (math.floor(low / step) + 1) * step
    cuts = [round(first + step * k, 6) for k in range(CLASSES - 1) if first + step * k <= high]
    return Classes(tuple(cuts), (CLASSES - 1 - len(cuts)) // 2, target, better)


def nice(raw: float, smallest: float = 0.0) -> float:
    """The smallest of 1, 1.5, 2, 2.5, 3, 4, 5 × 10ⁿ that is at least ``raw``, and a multiple of ``smallest``."""
    if raw <= smallest:
        return smallest or 1.0
    power = 10.0 ** math.floor(math.log10(raw))
    for factor in (1, 1.5, 2, 2.5, 3, 4, 5, 10):
        step = factor * power
        whole = not smallest or abs(step / smallest - round(step / smallest)) < 1e-9
        if step >= raw * (1 - 1e-9) and whole:
            return step
    return 10 * power


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis; ``at`` gives percent of its length."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """0–100."""
        span = self.high - self.low
        return 50.0 if span <= 0 else round(min(max((value - self.low) / span, 0), 1) * 100, 2)


def axis(values: Sequence[float | None], target: float | None = None) -> Axis:
    """An axis that holds all values and the target with a little air."""
    known = [v for v in values if v is not None] + ([target] if target is not None else [])
    if not known:
        return Axis(0, 1)
    low, high = min(known), max(known)
    air = (high - low) * 0.06 or abs(high) * 0.1 or 1
    return Axis(low - air, high + air)
