"""What the plain rules reckon with: months, conditions, curves, steps, rounding and cuts, each as an official would by hand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from etl.policy.model import RatingVersion, Stars

Row = dict[str, Any]


def idx(day: date | str) -> int:
    return int(day[:4]) * 12 + int(day[5:]) if isinstance(day, str) else day.year * 12 + day.month


def in_force(versions: Any, month: str) -> Any:
    found = None
    for version in versions:
        if version.valid_from <= month:
            found = version
    return found


def matches(fact: Row, where: dict[str, Any]) -> bool:
    for column, wanted in where.items():
        value = fact[column]
        if isinstance(wanted, dict):
            tests: dict[str, Callable[[Any, Any], bool]] = {"min": lambda v, x: v >= x, "max": lambda v, x: v <= x}
            if not all(tests[k](value, x) for k, x in wanted.items()):
                return False
        elif value not in (wanted if isinstance(wanted, list) else [wanted]):
            return False
    return True


def along(curve: list[tuple[float, float]], value: float) -> float:
    if value < curve[0][0]:
        return curve[0][1]
    for (x0, y0), (x1, y1) in itertools.pairwise(curve):
        if value < x1:
            return y0 + (value - x0) * (y1 - y0) / (x1 - x0)
    return curve[-1][1]


def stepped(steps: list[tuple[float, float]], value: float) -> float:
    return max(((x, y) for x, y in steps if x <= value), default=(0.0, 0.0))[1]


def rounded(version: RatingVersion, x: float) -> float:
    digits, mode = version.rounding.digits, version.rounding.mode
    if mode == "half_even":
        tie = Decimal(repr(round(x, digits + 6)))  # 25.499999999999996 is the 25.5 that a hand would reckon
        return float(tie.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN))
    power = 10**digits
    return float({"half_up": math.floor(x * power + 0.500001), "down": math.floor(x * power + 1e-6), "up": math.ceil(x * power - 1e-6)}[mode]) / power


def cut(stars: Stars, better: str, score: float, peers: list[float]) -> int:
    sign = 1 if better == "higher" else -1
    if stars.method == "fixed" or len(peers) < stars.minimum_group:
        return 1 + sum(sign * score >= sign * c for c in stars.score_cuts)
    below = sum(sign * other < sign * score for other in peers) / len(peers)
    return 1 + sum(below >= c for c in stars.cuts)
