"""From what each elder receives and what other providers have free to a plan: everybody placed, or named with the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dashboard.impact.assign import Assignment, Want, assign
from etl.policy.impact import FORMS, ImpactVersion

METRES_A_DEGREE = 111_195.0
Point = tuple[float, float]


class Need(NamedTuple):
    """What one elder must go on receiving in one way.

    ``care``: bed type or service categories. ``accepts``: for beds the types that would do. ``prices``: care → what the elder pays now a
    unit, where known; ``units``: care → how many units in the months looked at. ``point``: home as lng, lat; None where not known.
    """

    elder_id: str
    form: str
    care: frozenset[str]
    accepts: frozenset[str]
    prices: Mapping[str, float]
    units: Mapping[str, float]
    point: Point | None


class Offer(NamedTuple):
    """Free room of one provider for one way of service: ``room`` more persons, ``care`` what it gives, ``prices`` care → a unit."""

    provider_id: str
    form: str
    care: frozenset[str]
    room: int
    prices: Mapping[str, float]
    point: Point | None
    bars: tuple[str, ...] = ()
    """Why it may not take over at all; such an offer is never chosen."""


class Reason(NamedTuple):
    """Why an elder could not be placed: a code for counting and the sentence."""

    code: str
    sentence: str


class Placement(NamedTuple):
    """One need and what becomes of it. ``metres``: way from the elder's home; ``before``, ``after``: price of the same units."""

    need: Need
    offer: Offer | None
    metres: int | None
    before: float | None
    after: float | None
    reason: Reason | None


class Group(NamedTuple):
    """One way of service in numbers; ``gap`` as in :class:`Assignment`."""

    form: str
    needs: int
    placed: int
    metres: int
    exact: bool
    gap: float


class Plan(NamedTuple):
    """The placements in the order of the needs, and each way of service in numbers."""

    placements: tuple[Placement, ...]
    groups: tuple[Group, ...]


class Room(NamedTuple):
    """Free room for one way of service and care: persons within the walking circle of the provider, in its street, in the district."""

    form: str
    care: str
    needs: int
    walk: int
    street: int
    district: int
    providers: int


def way(a: Point, b: Point, detour: float) -> int:
    """Walking distance in whole metres: the straight line times the detour (within a district the earth is flat enough)."""
    x = (a[0] - b[0]) * math.cos(math.radians((a[1] + b[1]) / 2))
    return round(math.hypot(x, a[1] - b[1]) * METRES_A_DEGREE * detour)


def suits(need: Need, offer: Offer) -> bool:
    """Whether the level of care is kept: a bed of a type that would do, or every category that the elder receives."""
    return bool(offer.care & need.accepts) if need.form == "床位" else need.care <= offer.care


def cost(prices: Mapping[str, float], units: Mapping[str, float], care: frozenset[str]) -> float | None:
    """What the units would cost; None where a price is not known."""
    return sum(prices[c] * units.get(c, 1.0) for c in care) if all(c in prices for c in care) else None


def compared(need: Need, offer: Offer) -> tuple[float | None, float | None]:
    """(price now, price at the offer) of the same units. A bed of another type is compared by its own price."""
    return cost(need.prices, need.units, need.care), price_at(need, offer)


def price_at(need: Need, offer: Offer) -> float | None:
    """What the offer asks for the units of the need; None where a price is not known."""
    if need.form != "床位":
        return cost(offer.prices, need.units, need.care)
    return offer.prices.get(next(iter(offer.care & need.accepts)))


def make_plan(needs: Sequence[Need], offers: Sequence[Offer], policy: ImpactVersion) -> Plan:
    """Each way of service on its own: an offer's room belongs to one way of service only."""
    found: dict[int, Placement] = {}
    groups = []
    for form in FORMS:
        own = [(k, need) for k, need in enumerate(needs) if need.form == form]
        if own:
            placed, group = _place(form, [need for _, need in own], [o for o in offers if o.form == form], policy)
            found.update((k, p) for (k, _), p in zip(own, placed, strict=True))
            groups.append(group)
    return Plan(tuple(found[k] for k in range(len(needs))), tuple(groups))


def _place(form: str, needs: list[Need], offers: list[Offer], policy: ImpactVersion) -> tuple[list[Placement], Group]:
    open_ = [o for o in offers if not o.bars]
    ways: list[dict[int, int]] = []
    short: list[Reason] = []
    suited: dict[tuple[frozenset[str], frozenset[str]], list[int]] = {}
    for need in needs:
        kind = (need.care, need.accepts)  # few kinds, many needs
        if kind not in suited:
            suited[kind] = [j for j, o in enumerate(open_) if suits(need, o)]
        choices, reason = _choices(form, need, open_, suited[kind], policy)
        ways.append(choices)
        short.append(reason)
    result: Assignment = assign([Want(tuple(c.items())) for c in ways], [o.room for o in open_], policy.solve_seconds)
    out = []
    for need, choices, reason, j in zip(needs, ways, short, result.chosen, strict=True):
        if j is None:
            out.append(Placement(need, None, None, cost(need.prices, need.units, need.care), None, reason))
        else:
            out.append(Placement(need, open_[j], choices[j], *compared(need, open_[j]), None))
    return out, Group(form, len(needs), result.placed, result.metres, result.exact, result.gap)


def _choices(form: str, need: Need, offers: list[Offer], found: list[int], policy: ImpactVersion) -> tuple[dict[int, int], Reason]:
    """Of the suitable offers ``found`` those that would do with their distances, and why nobody takes the elder should none have room."""
    if not found:
        said = "、".join(sorted(need.accepts if form == "床位" else need.care))
        return {}, Reason("care", f"没有可接收的单位提供{said}{'床位' if form == '床位' else ''}")
    limit, home = policy.reach(form), need.point
    if home is None:
        return {}, Reason("place", "住处不详，无法就近安排")
    ways = {j: way(home, point, policy.walk.detour) for j in found if (point := offers[j].point) is not None}
    near = {j: d for j, d in ways.items() if limit is None or d <= limit}
    if not near:
        nearest = f"，最近的有 {min(ways.values()):,} 米" if ways else ""
        return {}, Reason("far", f"{limit or 0:,.0f} 米内没有合适的单位{nearest}")
    rise = policy.forms[form].price_rise  # type: ignore[index]
    before = cost(need.prices, need.units, need.care)
    paid = {j: d for j, d in near.items() if _affordable(before, need, offers[j], rise, policy.unknown_price == "keep")}
    if not paid:
        return {}, Reason("price", f"{len(near)} 家合适的单位价格上浮都超过 {rise:.0%}")
    room = sum(offers[j].room for j in paid)
    if not room:
        return paid, Reason("full", f"{len(paid)} 家合适的单位都没有余量")
    return paid, Reason("short", f"{len(paid)} 家合适的单位共余 {room} 个名额，已安排给其他老年人")


def _affordable(before: float | None, need: Need, offer: Offer, rise: float, unknown: bool) -> bool:
    after = price_at(need, offer) if before is not None else None
    if before is None or after is None:
        return unknown
    return after <= before * (1 + rise) + 0.005


def rooms(needs: Sequence[Need], offers: Sequence[Offer], at: Point | None, near: frozenset[str], policy: ImpactVersion) -> list[Room]:
    """Suitable free room by way of service: around the provider's site ``at``, of the providers ``near`` (its street), of all.

    For beds by type needed; other ways count a provider that gives any of the care received.
    """
    out = []
    for form in FORMS:
        own = [n for n in needs if n.form == form]
        kinds: dict[str, list[Need]] = {}
        for need in own:
            kinds.setdefault("、".join(sorted(need.accepts)) if form == "床位" else "", []).append(need)
        for care, members in sorted(kinds.items()):
            wanted = frozenset().union(*((n.accepts if form == "床位" else n.care) for n in members))
            able = [o for o in offers if o.form == form and not o.bars and o.care & wanted]
            walk = [o for o in able if at and o.point and way(at, o.point, policy.walk.detour) <= policy.walk.metres]
            out.append(Room(form, care, len(members), sum(o.room for o in walk), sum(o.room for o in able if o.provider_id in near),
                            sum(o.room for o in able), sum(1 for o in able if o.room)))  # fmt: skip
    return out
