"""An assessment over a whole small district: numbers are conserved, no room is overfilled, a reader sees persons of his area only."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from dashboard.access.scope import Scope
from dashboard.impact import Impact
from dashboard.reports.export import sheet_of
from dashboard.reports.table_file import Wish
from dashboard.warehouse import Snapshot, Unknown, Warehouse
from tests.conftest import Demo

MONTH, WINDOW = "2026-10", ("2026-08", "2026-09", "2026-10")


@pytest.fixture(scope="module")
def district(small_demo: Demo) -> Warehouse:
    return Warehouse(Snapshot.current(small_demo.layout), Scope.of("staff", small_demo.region.code))


@pytest.fixture(scope="module")
def found(district: Warehouse) -> dict[str, Impact]:
    """The assessments of the providers that serve most, and of those in exit."""
    served = sorted(district.served(MONTH).items(), key=lambda item: (-item[1], item[0]))
    return {p: district.impact(p, MONTH) for p, _ in served[:12]}


def elders_by_hand(w: Warehouse, provider: str) -> set[str]:
    """Everybody who appears in a record of the provider in the three months, read row by row."""
    out: set[str] = set()
    for table in ("order_fact", "meal_month", "stay_month", "family_bed_month"):
        for row in w.snapshot.dicts(f"select * from {table}"):
            ours = row["provider_id"] == provider and row["month"] in WINDOW and row["elder_id"] is not None
            if ours and row.get("completed", True) and row.get("meals", 1) > 0:
                out.add(row["elder_id"])
    return out


def test_who_is_served_agrees_with_the_records(district, found):
    for provider, impact in list(found.items())[:4]:
        people = elders_by_hand(district, provider)
        assert {e.elder_id for e in impact.elders} == people and impact.total == len(people)
        assert district.served(MONTH)[provider] == len(people)


def test_numbers_are_conserved(found):
    assert sum(i.needs for i in found.values()) > 50
    for impact in found.values():
        assert impact.total == sum(impact.by_level.values()) == sum(impact.by_community.values())
        assert impact.total - impact.gone == sum(e.present for e in impact.elders)
        assert impact.needs == len(impact.placements) == impact.placed + sum(impact.reasons.values())
        assert sum(impact.receiving.values()) == impact.placed
        for p in impact.placements:
            assert (p.offer is None) == (p.reason is not None)
        away = {e.elder_id for e in impact.elders if not e.present}
        assert not away & {p.need.elder_id for p in impact.placements}, "who has died or left needs no place"


def test_no_bed_is_given_twice_and_the_level_of_care_is_kept(district, found):
    free: Counter[tuple[str, str]] = Counter()
    for row in district.snapshot.dicts("select * from bed_month where month = ?", [MONTH]):
        free[row["provider_id"], row["bed_type"]] += max(row["beds"] - row["occupied"], 0)
    kept = {"普通型": {"普通型", "护理型"}, "护理型": {"护理型"}, "认知障碍": {"认知障碍"}}
    moved = 0
    for impact in found.values():
        people = {e.elder_id: e for e in impact.elders}
        taken: Counter[tuple[str, str]] = Counter()
        for p in impact.placements:
            if p.offer is not None and p.need.form == "床位":
                (before,), (after,) = p.need.care, p.offer.care
                assert after in kept[before]
                assert after != "普通型" or (people[p.need.elder_id].level or 0) < 3
                taken[p.offer.provider_id, after] += 1
                moved += 1
        assert all(n <= free[key] for key, n in taken.items())
    assert moved > 0, "the district has residents to move"


def test_receivers_are_in_good_standing(district, found):
    known = district.snapshot.providers(MONTH)
    for provider, impact in found.items():
        assert provider not in impact.receiving
        for receiver in impact.receiving:
            row = known[receiver]
            assert row["exit_state"] == "normal" and (row["star"] is None or row["star"] >= 2)


def test_a_street_sees_persons_of_its_own_area_and_numbers_of_the_others(district, found):
    provider, whole = max(found.items(), key=lambda item: len(item[1].by_community))
    street = district.snapshot.providers(MONTH)[provider]["street_code"]
    own = Warehouse(district.snapshot, Scope.of("street", street))
    narrow, mine = own.impact(provider, MONTH), own.snapshot.below[street]
    assert {e.community_code for e in narrow.elders} <= mine
    assert (narrow.total, narrow.needs, narrow.placed) == (whole.total, whole.needs, whole.placed)
    assert sum(narrow.by_community.values()) + narrow.outside == whole.total
    assert len(narrow.placements) + narrow.hidden == len(whole.placements)
    people = {e.elder_id for e in narrow.elders}
    assert {p.need.elder_id for p in narrow.placements} <= people
    known = own.snapshot.providers(MONTH)
    for p in narrow.placements:
        assert p.offer is None or not p.offer.provider_id or known[p.offer.provider_id]["community_code"] in mine
    assert set(narrow.names) == set(narrow.receiving) and all(known[p]["community_code"] in mine for p in narrow.names)


def test_names_are_masked_by_role_and_forbidden_providers_are_unknown(district, found):
    provider = next(iter(found))
    clear = {e.elder_id: e.name for e in found[provider].elders}
    leader = Warehouse(district.snapshot, Scope.of("leader", district.root.code)).impact(provider, MONTH)
    assert all("*" in e.name and e.name != clear[e.elder_id] for e in leader.elders)
    other = next(a for a in district.snapshot.areas.values() if a.level == 2 and a.code != district.snapshot.providers(MONTH)[provider]["street_code"])
    for w, args in ((Warehouse(district.snapshot, Scope.of("street", other.code)), (provider, MONTH)), (district, ("P9999", MONTH)), (district, (provider, "1999-01"))):
        with pytest.raises(Unknown):
            w.impact(*args)


def test_the_plan_is_exported_row_by_row_masked_as_on_the_page(district, found):
    provider, impact = next((p, i) for p, i in found.items() if i.needs > i.placed > 0)
    sheet = sheet_of(district, "impact", Wish(area=district.root.code, month=MONTH, table="impact", provider=provider))
    at: dict[str, Any] = {name: k for k, name in enumerate(sheet.columns)}
    assert len(sheet.rows) == impact.needs
    assert sum(row[at["结果"]] == "可安置" for row in sheet.rows) == impact.placed
    assert all(row[at["原因"]] for row in sheet.rows if row[at["结果"]] == "无法安置")
    leader = Warehouse(district.snapshot, Scope.of("leader", district.root.code))
    masked = sheet_of(leader, "impact", Wish(area=district.root.code, month=MONTH, table="impact", provider=provider))
    assert all("*" in row[at["老年人"]] for row in masked.rows)


def test_subsidies_are_recovered_as_the_clause_says(district):
    paid = district.snapshot.query(
        "select provider_id, month, sum(amount)::double from payment_fact where programme = 'construction' and payee = 'provider' and paid"
        " and paid_on <= date '2026-10-31' group by all having count(distinct month) = 1 order by 1"
    )
    checked = 0
    for provider, month, amount in paid:
        if sum(p == provider for p, _, _ in paid) == 1 and provider in district.snapshot.providers(MONTH):
            (line,) = [m for m in district.impact(provider, MONTH).money if m.programme == "construction"]
            served = (2026 - int(month[:4])) * 12 + 10 - int(month[5:])
            assert line.recover == pytest.approx(amount * (60 - served) / 60, abs=0.01)
            checked += 1
    assert checked


def test_prepayments_are_owed_as_reported_and_told_by_person_only_to_whom_the_person_is_shown(district):
    owed = dict(district.snapshot.query(
        "select provider_id, sum(amount)::double from prepayment_month where month = ? group by 1 having count(distinct community_code) = 1", [MONTH]
    ))  # fmt: skip
    provider = max(owed, key=lambda p: owed[p])
    impact = district.impact(provider, MONTH)
    assert impact.owed == pytest.approx(owed[provider], abs=0.01) and 0 <= impact.owed_held <= impact.owed
    assert sum(p.amount for p in impact.prepaid) == pytest.approx(impact.owed, abs=0.01)
    sheet = sheet_of(district, "impact", Wish(area=district.root.code, month=MONTH, table="refunds", provider=provider))
    at = list(sheet.columns).index("应退余额（元）")
    assert sum(row[at] for row in sheet.rows) == pytest.approx(impact.owed, abs=0.01) and len(sheet.rows) == len(impact.prepaid)
    street = Scope.of("street", district.snapshot.providers(MONTH)[provider]["street_code"])
    near = Warehouse(district.snapshot, street).impact(provider, MONTH)
    homes = {a.code for a in district.snapshot.areas.values() if a.parent_code == street.area}
    assert near.owed == impact.owed and {p.community_code for p in near.prepaid} <= homes
    leader = Warehouse(district.snapshot, Scope.of("leader", district.root.code)).impact(provider, MONTH)
    assert all("*" in p.name for p in leader.prepaid if p.name)
