"""Small cases of resettlement, and a second implementation that tries every way."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

from dashboard.impact import Need, Offer
from etl.paths import DEFAULT_REGION
from etl.policy import impact as policies
from etl.policy.impact import ImpactVersion

HOME = (120.15, 30.33)


def policy(**changes: Any) -> ImpactVersion:
    """The demo district's policy, with some parameters changed."""
    found = policies.read(Path(DEFAULT_REGION) / "policies")
    assert found is not None
    data = found.versions[0].model_dump()
    for path, value in changes.items():
        at = data
        *way, last = path.split("__")
        for key in way:
            at = at[key]
        at[last] = value
    return ImpactVersion.model_validate(data)


def east(metres: float) -> tuple[float, float]:
    """A point so many metres east of home, in a straight line."""
    return HOME[0] + metres / (111_195 * math.cos(math.radians(HOME[1]))), HOME[1]


def resident(elder: str, bed: str = "普通型", accepts: set[str] | None = None, fee: float | None = 4000, at: tuple[float, float] | None = HOME) -> Need:
    """Somebody living in a bed."""
    prices = {} if fee is None else {bed: fee}
    return Need(elder, "床位", frozenset({bed}), frozenset(accepts or {bed}), prices, {bed: 1.0}, at)


def visited(elder: str, care: dict[str, float], units: float = 10, at: tuple[float, float] | None = HOME) -> Need:
    """Somebody served at home: category → price of a visit."""
    return Need(elder, "上门服务", frozenset(care), frozenset(), care, dict.fromkeys(care, units), at)


def beds(provider: str, bed: str = "普通型", room: int = 1, fee: float | None = 4000, metres: float = 500, bars: tuple[str, ...] = ()) -> Offer:
    """Free beds of one type."""
    return Offer(provider, "床位", frozenset({bed}), room, {} if fee is None else {bed: fee}, east(metres), bars)


def visits(provider: str, care: dict[str, float], room: int = 1, metres: float = 500) -> Offer:
    """Free capacity for visits."""
    return Offer(provider, "上门服务", frozenset(care), room, care, east(metres))


def allowed(need: Need, offer: Offer, rules: ImpactVersion) -> int | None:
    """Metres where the offer would do for the need, straight from the words of the policy; None where not."""
    if offer.form != need.form or offer.bars or need.point is None or offer.point is None:
        return None
    if need.form == "床位":
        (kind,) = offer.care
        if kind not in need.accepts:
            return None
        before, after = next(iter(need.prices.values()), None), offer.prices.get(kind)
    else:
        if not all(c in offer.care for c in need.care):
            return None
        known = all(c in offer.prices and c in need.prices for c in need.care)
        before = sum(need.prices[c] * need.units[c] for c in need.care) if known else None
        after = sum(offer.prices[c] * need.units[c] for c in need.care) if known else None
    if before is None or after is None:
        if rules.unknown_price == "refuse":
            return None
    elif after > before * (1 + rules.forms[need.form].price_rise) + 0.005:  # type: ignore[index]
        return None
    dx = (need.point[0] - offer.point[0]) * math.cos(math.radians((need.point[1] + offer.point[1]) / 2)) * 111_195
    dy = (need.point[1] - offer.point[1]) * 111_195
    metres = round(math.hypot(dx, dy) * rules.walk.detour)
    reach = rules.forms[need.form].reach  # type: ignore[index]
    limit = rules.walk.minutes * rules.walk.metres_per_minute if reach == "walk" else reach
    return None if limit is not None and metres > limit else metres


def best(choices: list[dict[int, int]], rooms: list[int]) -> tuple[int, int]:
    """(most placed, least metres) over every way there is."""
    found = (0, 0)
    for way in itertools.product(*[[None, *c] for c in choices]):
        if any(sum(w == j for w in way) > n for j, n in enumerate(rooms)):
            continue
        metres = sum(choices[i][j] for i, j in enumerate(way) if j is not None)
        found = max(found, (sum(j is not None for j in way), -metres))
    return found[0], -found[1]
