"""Reads what an assessment of impact rests on, and narrows its result to the reader's area.

The plan itself is always made over the whole district, so that every reader sees the same plan; what lies outside the reader's area is
told as numbers only.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dashboard.access.scope import Scope
from dashboard.impact import Elder, Impact, Money, Need, Offer, Placement, Prepaid, Refund, Staff, make_plan, rooms
from dashboard.warehouse import impact_rooms
from dashboard.warehouse.masking import mask
from dashboard.warehouse.snapshot import Snapshot
from dashboard.warehouse.types import Unknown
from etl.policy.impact import FORMS, ImpactPolicy, ImpactVersion, unpacked
from etl.policy.served import served

KEPT = 24
_lock = threading.Lock()

_SERVED = """
with served as (
    select elder_id, elder_name, community_code, case when category = '助餐' then '送餐' else '上门服务' end as form, category as care,
           count(*) as units, sum(price)::double as paid, true as on_going
    from order_fact where provider_id = $provider and month in (select unnest($months)) and completed and elder_id is not null group by all
    union all
    select elder_id, elder_name, community_code, '堂食', '堂食', sum(meals - sent), null, true
    from meal_month where provider_id = $provider and month in (select unnest($months)) and elder_id is not null group by all having sum(meals - sent) > 0
    union all
    select elder_id, elder_name, community_code, '送餐', '送餐', sum(sent), null, true
    from meal_month where provider_id = $provider and month in (select unnest($months)) and elder_id is not null group by all having sum(sent) > 0
    union all
    select elder_id, elder_name, community_code, '床位', bed_type, 1, null, bool_or(staying and month = $month)
    from stay_month where provider_id = $provider and month in (select unnest($months)) group by all
    union all
    select elder_id, elder_name, community_code, '家庭养老床位', '家庭养老床位', 1, null, bool_or(month = $month and not void)
    from family_bed_month where provider_id = $provider and month in (select unnest($months)) group by all
)
select s.*, e.ability_level, coalesce(e.dementia, false) as dementia, e.elder_id is not null as present
from served as s left join elder_month as e on e.month = $month and e.elder_id = s.elder_id
order by s.elder_id, s.form, s.care
"""
_POINTS = """
select elder_id, median(lng) as lng, median(lat) as lat from elder_point
where month in (select unnest($months)) and elder_id in (select unnest($elders)) group by elder_id
"""


def policy(snapshot: Snapshot, month: str) -> ImpactVersion:
    """The version in force in the month, as the snapshot was made with; Unknown where there is none."""

    def read() -> ImpactPolicy | None:
        if "meta_policy" not in snapshot.tables:
            return None
        rows = snapshot.query("select body from meta_policy where policy = 'impact'")
        return unpacked(rows[0][0]) if rows else None

    held = snapshot.once("impact_policy", read)
    version = held.at(month) if held else None
    if version is None:
        raise Unknown("policy")
    return version


def assessed(snapshot: Snapshot, provider_id: str, month: str) -> Impact:
    """The whole assessment, unnarrowed and unmasked: for the warehouse only. Kept, since a snapshot never changes."""
    kept: OrderedDict[tuple[str, str], Impact] = snapshot.once("impacts", OrderedDict)
    key = (provider_id, month)
    with _lock:
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
    made = _assess(snapshot, provider_id, month)
    with _lock:
        kept[key] = made
        while len(kept) > KEPT:
            kept.popitem(last=False)
    return made


def _assess(snapshot: Snapshot, provider_id: str, month: str) -> Impact:
    version = policy(snapshot, month)
    at = snapshot.month_index[month]
    months = snapshot.months[max(0, at - version.served.months + 1) : at + 1]
    rows = snapshot.dicts(_SERVED, {"provider": provider_id, "months": months, "month": month})
    elders = _elders(rows)
    offers, prices = impact_rooms.offers(snapshot, provider_id, month, months, version)
    needs = _needs(snapshot, rows, elders, prices, months, month, version)
    plan = make_plan(needs, offers, version)
    own = snapshot.providers(month)[provider_id]
    point = (own["lng"], own["lat"]) if own.get("lng") is not None and own.get("lat") is not None else None
    known = snapshot.providers(month)
    near = frozenset(p for p, row in known.items() if row["street_code"] == own["street_code"])
    prepaid = _prepaid(snapshot, provider_id, month)
    receiving = Counter(p.offer.provider_id for p in plan.placements if p.offer)
    span = {"provider": provider_id, "months": months}
    calls = snapshot.query("select count(*) from emergency_call where provider_id = $provider and month in (select unnest($months))", span)
    unknown = snapshot.query(
        "select coalesce(sum(meals), 0) from meal_month where provider_id = $provider and month in (select unnest($months)) and elder_id is null", span
    )
    return Impact(
        provider_id=provider_id, name=own["name"], month=month, months=tuple(months), point=point, policy=version, total=len(elders),
        gone=sum(not e.present for e in elders.values()), calls=int(calls[0][0]), unknown_meals=int(unknown[0][0]),
        by_form={f: n for f in FORMS if (n := sum(f in e.forms for e in elders.values()))},
        by_level=Counter(e.level for e in elders.values()), by_community=Counter(e.community_code for e in elders.values()), outside=0,
        elders=tuple(elders.values()), placements=plan.placements, hidden=0, groups=plan.groups,
        reasons=Counter(p.reason.code for p in plan.placements if p.reason), receiving=receiving,
        names={p: str(known[p]["name"]) for p in receiving}, points={o.provider_id: o.point for o in offers if o.point and o.provider_id in receiving},
        rooms=tuple(rooms(needs, offers, point, near, version)), staff=_staff(snapshot, provider_id, month),
        money=_money(snapshot, provider_id, month, version), refunds=_refunds(prepaid), prepaid=prepaid, data_date=snapshot.data_date,
    )  # fmt: skip


def counts(snapshot: Snapshot, month: str) -> dict[str, int]:
    """Elders served by provider in the months up to this one; empty where there is no policy."""
    try:
        version = policy(snapshot, month)
    except Unknown:
        return {}
    at = snapshot.month_index[month]
    months = snapshot.months[max(0, at - version.served.months + 1) : at + 1]
    sql = f"select provider_id, count(*) from ({served(snapshot.tables)}) group by provider_id"
    return snapshot.once(f"impact counts {month}", lambda: dict(snapshot.query(sql, {"months": months})))


def _elders(rows: list[dict[str, Any]]) -> dict[str, Elder]:
    """The elders served by id; whoever received something in several ways is one."""
    found: dict[str, Elder] = {}
    for row in rows:
        before = found.get(row["elder_id"])
        forms = dict(before.forms) if before else {}
        forms[row["form"]] = forms.get(row["form"], 0) + int(row["units"])
        found[row["elder_id"]] = Elder(
            row["elder_id"], row["elder_name"] or "", row["community_code"], row["ability_level"], row["dementia"], row["present"], forms
        )
    return found


def _needs(
    snapshot: Snapshot, rows: list[dict[str, Any]], elders: Mapping[str, Elder], prices: Mapping[tuple[str, str], float], months: list[str],
    month: str, version: ImpactVersion,
) -> list[Need]:  # fmt: skip
    """What must go on: of those present, every way of service still running. Two bed stays of one elder are two needs (both are real beds)."""
    at = snapshot.month_index[month]
    span = snapshot.months[max(0, at - 11) : at + 1]
    points = {r[0]: (r[1], r[2]) for r in snapshot.query(_POINTS, {"months": span, "elders": list(elders)})}
    grouped: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if row["present"] and row["on_going"]:
            bed = row["care"] if row["form"] == "床位" else ""
            grouped.setdefault((row["elder_id"], row["form"], bed), []).append(row)
    out = []
    for (elder_id, form, bed), own in grouped.items():
        elder = elders[elder_id]
        # Meals brought home are one service, whether ordered through the platform or read from a canteen's cards.
        care = frozenset(("送餐",) if form == "送餐" else (r["care"] for r in own))
        units = {c: float(sum(r["units"] for r in own if form == "送餐" or r["care"] == c)) for c in care}
        paid = {r["care"]: r["paid"] / r["units"] for r in own if r["paid"] is not None and r["units"] and form == "上门服务"}
        out.append(Need(
            elder_id, form, care, version.care.beds(bed, elder.level, elder.dementia) if bed else frozenset(),
            {c: p for c in care if (p := prices.get((form, c), paid.get(c))) is not None}, units,
            points.get(elder_id) or _middle(snapshot, elder.community_code),
        ))  # fmt: skip
    return out


def _middle(snapshot: Snapshot, community: str) -> tuple[float, float] | None:
    area = snapshot.areas.get(community)
    return (area.lng, area.lat) if area and area.level == 3 and area.lng is not None and area.lat is not None else None


def _staff(snapshot: Snapshot, provider_id: str, month: str) -> Staff:
    rows = snapshot.query(
        "select post, count(*), count(*) filter (where certified), count(*) filter (where senior) from caregiver_month"
        " where provider_id = ? and month = ? group by post order by 2 desc, 1",
        [provider_id, month],
    )
    return Staff(sum(r[1] for r in rows), sum(r[2] for r in rows), sum(r[3] for r in rows), {r[0] or "未填岗位": r[1] for r in rows})


def _money(snapshot: Snapshot, provider_id: str, month: str, version: ImpactVersion) -> tuple[Money, ...]:
    """The programmes that the provider was paid for by the month's end, and what the policy recovers of them (yuan)."""
    rows = snapshot.query(
        "select programme, any_value(programme_name), month, sum(amount)::double from payment_fact"
        " where provider_id = ? and payee = 'provider' and paid and paid_on <= last_day(cast(? || '-01' as date)) group by programme, month",
        [provider_id, month],
    )
    now = _number(month)
    paid: dict[str, dict[str, float]] = {}
    names: dict[str, str] = {}
    for programme, name, when, amount in rows:
        paid.setdefault(programme, {})[when] = amount
        names[programme] = name or programme
    rules = {r.programme: r for r in version.recover}
    out = []
    for programme in sorted(paid):
        amounts, rule = paid[programme], rules.get(programme)
        back, said = 0.0, "政策未规定收回"
        if rule and rule.rule == "after":
            back = sum(a for m, a in amounts.items() if m > month)
            said = f"{month} 以后月份已拨 {back:,.2f} 元" if back else "没有退出月份以后的已拨款"
        elif rule and rule.years:
            due = rule.years * 12
            back = sum(a * max(0.0, 1 - (now - _number(m)) / due) for m, a in amounts.items())
            served = max(now - _number(m) for m in amounts)
            said = f"应运营 {due:g} 个月，已运营 {served} 个月" if back else f"已运营满 {rule.years:g} 年"
        year = sum(a for m, a in amounts.items() if _number(m) > now - 12)
        out.append(Money(programme, names[programme], year, sum(amounts.values()), round(back, 2), rule.basis if rule else "", said))
    return tuple(out)


def _prepaid(snapshot: Snapshot, provider_id: str, month: str) -> tuple[Prepaid, ...]:
    """What the provider owes to each elder at the month's end; empty in snapshots without prepayments."""
    if "prepayment_month" not in snapshot.tables:
        return ()
    rows = snapshot.query(
        "select elder_id, coalesce(elder_name, ''), coalesce(e.community_code, p.community_code), kind, amount::double, held::double"
        " from prepayment_month p left join (select elder_id, community_code from elder_month where month = $month) e using (elder_id)"
        " where p.provider_id = $provider and p.month = $month order by elder_id, kind",
        {"provider": provider_id, "month": month},
    )
    return tuple(Prepaid(*row) for row in rows)


def _refunds(prepaid: tuple[Prepaid, ...]) -> tuple[Refund, ...]:
    """The sums by kind, the largest first."""
    kinds: dict[str, list[Prepaid]] = {}
    for one in prepaid:
        kinds.setdefault(one.kind, []).append(one)
    found = [
        Refund(kind, len({p.elder_id for p in own}), round(sum(p.amount for p in own), 2), round(sum(p.held for p in own), 2))
        for kind, own in kinds.items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda r: -r.amount))


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7])


def narrowed(snapshot: Snapshot, found: Impact, mine: frozenset[str], scope: Scope) -> Impact:
    """The same for one reader: rows of the elders of his own communities, names masked; the others only counted.

    Who may not see rows sees numbers only. Receivers outside the reader's area have no name.
    """
    rows = scope.may("rows")
    elders = {e.elder_id: e for e in found.elders if rows and e.community_code in mine}
    known = snapshot.providers(found.month)
    inside = {p for p in found.receiving if known[p]["community_code"] in mine and scope.sees_provider(p)}
    seen = tuple(_blind(p, inside) for p in found.placements if p.need.elder_id in elders)
    return replace(
        found,
        elders=tuple(replace(e, name=mask(e.name, "name", scope.unmask)) for e in elders.values()),
        prepaid=tuple(replace(p, name=mask(p.name, "name", scope.unmask)) for p in found.prepaid if rows and p.community_code in mine),
        placements=seen, hidden=len(found.placements) - len(seen),
        by_community={c: n for c, n in found.by_community.items() if c in mine},
        outside=sum(n for c, n in found.by_community.items() if c not in mine),
        names={p: name for p, name in found.names.items() if p in inside}, points={p: at for p, at in found.points.items() if p in inside},
        receiving={p: n for p, n in found.receiving.items() if p in inside},
    )  # fmt: skip


def _blind(placement: Placement, inside: set[str]) -> Placement:
    """Without the identity of a receiver that the reader may not see."""
    offer: Offer | None = placement.offer
    if offer is None or offer.provider_id in inside:
        return placement
    return placement._replace(offer=offer._replace(provider_id="", point=None, prices={}))
