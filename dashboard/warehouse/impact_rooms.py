"""Free room of every other provider, by way of service, and the prices that can be compared."""

from __future__ import annotations

import math
from typing import Any

from dashboard.impact import Offer
from dashboard.warehouse.snapshot import Snapshot
from etl.policy.impact import ImpactVersion

Prices = dict[tuple[str, str], float]
"""(way of service, care) → price of a unit."""
PERMITS = {"执业登记": "licence_valid", "综合保险": "insured", "消防": "fire_valid", "食品经营": "food_valid"}

_BEDS = "select provider_id, bed_type, greatest(sum(beds) - sum(occupied), 0)::bigint from bed_month where month = $month group by all"
_FEES = """
select provider_id, bed_type, arg_max(monthly_fee, published_at)::double from bed_offer_fact where month <= $month and monthly_fee is not null
group by provider_id, bed_type
"""
_STAFF = "select provider_id, count(*), count(*) filter (where certified) from caregiver_month where month = $month and provider_id is not null group by all"
_GIVEN = """
select provider_id, category, count(*), count(distinct elder_id), avg(price)::double, count(*) filter (where month = $month)
from order_fact where month in (select unnest($months)) and completed and provider_id is not null group by all
"""
_BROUGHT = """
select provider_id, month, sum(n) as n, sum(elders) as elders from (
    select provider_id, month, count(*) as n, count(distinct elder_id) as elders from order_fact
    where month in (select unnest($back)) and category = '助餐' and completed and provider_id is not null group by all
    union all
    select provider_id, month, sum(sent), count(distinct elder_id) filter (where sent > 0) from meal_month
    where month in (select unnest($back)) and sent > 0 and provider_id is not null group by all
) group by provider_id, month
"""
_SEATS = """
select provider_id, sum(seats)::bigint from (
    select provider_id, canteen_id, greatest(min(capacity) - max(eaten), 0) as seats from (
        select provider_id, canteen_id, meal, min(capacity) as capacity, ceil(avg(eat_in)) as eaten from sitting_fact
        where month = $month and provider_id is not null group by all
    ) group by all
) group by all
"""
_MEALS = """
select provider_id, avg(price)::double from meal_price where month = $month and provider_id is not null group by all
"""
_FAMILY = "select provider_id, count(*) from family_bed_month where month = $month and not void and provider_id is not null group by all"


def offers(snapshot: Snapshot, leaving: str, month: str, months: list[str], version: ImpactVersion) -> tuple[list[Offer], Prices]:
    """What others could take over, those barred with the reason; and the prices of the provider that leaves."""
    at = snapshot.month_index[month]
    asked = {"month": month, "months": months, "back": snapshot.months[max(0, at - version.capacity.meals_lookback + 1) : at + 1]}
    # What is free does not depend on who leaves: read once for all assessments of the month.
    free = snapshot.once(f"impact rooms {month}", lambda: [*_beds(snapshot, asked), *_home(snapshot, asked, version), *_seats(snapshot, asked)])
    meals = snapshot.once(f"impact meals {month}", lambda: _meals(snapshot, asked))
    found = [*free, *_brought(*meals, asked, leaving, version)]
    known = snapshot.providers(month)
    own: Prices = {(form, care): price for p, form, _, _, prices in found if p == leaving for care, price in prices.items()}
    out = []
    for provider_id, form, care, room, prices in sorted(found, key=lambda f: (f[1], f[0], sorted(f[2]))):
        row = known.get(provider_id)
        if provider_id != leaving and row is not None:
            point = (row["lng"], row["lat"]) if row.get("lng") is not None and row.get("lat") is not None else None
            out.append(Offer(provider_id, form, care, room, prices, point, tuple(_bars(row, form, version))))
    return out, own


def _bars(row: dict[str, Any], form: str, version: ImpactVersion) -> list[str]:
    """Why a provider may not take over, by the policy."""
    rule, found = version.receivers, []
    if not row["operating"]:
        found.append("不在营")
    if row["exit_state"] not in rule.states:
        found.append("退出监管状态不符")
    if row["star"] is None:
        if not rule.unrated:
            found.append("暂不评级")
    elif row["star"] < rule.min_star:
        found.append(f"监管星级低于 {rule.min_star} 星")
    permits = version.forms[form].permits  # type: ignore[index]
    found += [f"{permit}无效" for permit in permits if not row.get(PERMITS[permit])]
    return found


def _beds(snapshot: Snapshot, asked: dict[str, Any]) -> list[tuple[str, str, frozenset[str], int, dict[str, float]]]:
    ask = {"month": asked["month"]}
    fees = {(p, bed): fee for p, bed, fee in snapshot.query(_FEES, ask)}
    return [
        (p, "床位", frozenset((bed,)), room, {bed: fees[p, bed]} if (p, bed) in fees else {}) for p, bed, room in snapshot.query(_BEDS, ask)
    ]


def _home(snapshot: Snapshot, asked: dict[str, Any], version: ImpactVersion) -> list[tuple[str, str, frozenset[str], int, dict[str, float]]]:
    """Visits: what certified caregivers could do a month, less what they did, divided by what one elder takes; and family beds."""
    staff = {p: (certified if version.capacity.certified_only else n) for p, n, certified in snapshot.query(_STAFF, {"month": asked["month"]})}
    given: dict[str, dict[str, tuple[int, int, float | None, int]]] = {}
    for p, category, n, elders, price, now in snapshot.query(_GIVEN, {"month": asked["month"], "months": asked["months"]}):
        if category != "助餐":
            given.setdefault(p, {})[category] = (n, elders, price, now)
    out = []
    for p, care in given.items():
        orders, now = sum(c[0] for c in care.values()), sum(c[3] for c in care.values())
        most = max(c[1] for c in care.values())  # at least so many elders, so nobody's share is set too low
        each = max(orders / len(asked["months"]) / most, 1.0)
        free = staff.get(p, 0) * version.capacity.orders_per_caregiver - now
        prices = {k: c[2] for k, c in care.items() if c[2] is not None}
        out.append((p, "上门服务", frozenset(care), max(math.floor(free / each), 0), prices))
    for p, n in snapshot.query(_FAMILY, {"month": asked["month"]}):
        free = staff.get(p, 0) * version.capacity.family_beds_per_caregiver - n
        out.append((p, "家庭养老床位", frozenset(("家庭养老床位",)), max(math.floor(free), 0), {}))
    return out


def _meals(snapshot: Snapshot, asked: dict[str, Any]) -> tuple[dict[str, dict[str, tuple[int, int]]], dict[str, float]]:
    """Meals brought home: provider → month → (meals, elders), and provider → price of a meal."""
    months: dict[str, dict[str, tuple[int, int]]] = {}
    for p, month, n, elders in snapshot.query(_BROUGHT, {"back": asked["back"]}):
        months.setdefault(p, {})[month] = (int(n), int(elders))
    prices = dict(snapshot.query(
        "select provider_id, avg(price)::double from order_fact where month in (select unnest($months)) and category = '助餐' and completed group by all",
        {"months": asked["months"]},
    ))  # fmt: skip
    return months, prices


def _brought(
    months: dict[str, dict[str, tuple[int, int]]], prices: dict[str, float], asked: dict[str, Any], leaving: str, version: ImpactVersion
) -> list[tuple[str, str, frozenset[str], int, dict[str, float]]]:
    """Meals brought home: the strongest month of the last ones, plus headroom, less this month, in persons as they eat at this provider."""
    here = [v for m, v in months.get(leaving, {}).items() if m in asked["months"] and v[1]]
    each = max(sum(n for n, _ in here) / sum(e for _, e in here), 1.0) if here else 1.0
    out = []
    for p, by_month in months.items():
        now = by_month.get(asked["month"], (0, 0))[0]
        free = max(n for n, _ in by_month.values()) * (1 + version.capacity.meals_headroom) - now if now else 0
        price = prices.get(p)
        out.append((p, "送餐", frozenset(("送餐",)), max(math.floor(free / each), 0), {} if price is None else {"送餐": price}))
    return out


def _seats(snapshot: Snapshot, asked: dict[str, Any]) -> list[tuple[str, str, frozenset[str], int, dict[str, float]]]:
    """Seats times turns less the eaters of an average day at the fullest meal: a person more needs a place at every meal."""
    ask = {"month": asked["month"]}
    prices = dict(snapshot.query(_MEALS, ask))
    return [(p, "堂食", frozenset(("堂食",)), int(room), {"堂食": prices[p]} if p in prices else {}) for p, room in snapshot.query(_SEATS, ask)]
