"""A reader sees his own area with all below it, and nothing else; forbidden and unknown are answered alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dashboard.warehouse import ROLES, Scope, Snapshot, Unknown, Warehouse
from etl.indicators import catalogue
from tests.warehouse.conftest import DISTRICT, MONTH

NOWHERE = "999999999999"
ODD: list[Any] = [
    None,
    "",
    7,
    1.5,
    True,
    [],
    {},
    ["330105001000"],
    "' or 1=1 --",
    "330105001000'; drop table figure; --",
    "\x00",
    "％",
    "x" * 5000,
]


def reads(w: Warehouse, area: Any, month: Any = MONTH, code: str = "caregiver_cert_rate") -> dict[str, Callable[[], Any]]:
    """Every read that takes an area."""
    return {
        "area": lambda: w.area(area),
        "path": lambda: w.path(area),
        "children": lambda: w.children(area),
        "figures": lambda: w.figures([code], area, month),
        "by_child": lambda: w.by_child(code, area, month),
        "by_child_many": lambda: w.by_child_many([code], area, month),
        "trend": lambda: w.trend(code, area, 12, month),
        "forecast": lambda: w.forecast(code, area, month),
        "providers": lambda: w.providers(area, month),
        "by_provider": lambda: w.by_provider([code], area, month),
        "exits": lambda: w.exits(area, month),
        "rows": lambda: w.rows(code, area, month),
        "subsidies": lambda: w.subsidies(area, month),
    }


@pytest.mark.parametrize("name", list(reads(None, None)))  # type: ignore[arg-type]
def test_another_street_is_answered_as_an_area_that_does_not_exist(streets: tuple[Warehouse, Warehouse], name: str) -> None:
    mine, other = streets
    reads(mine, mine.scope.area)[name]()
    for area in (other.scope.area, other.children(other.scope.area)[0].code, DISTRICT, NOWHERE):
        with pytest.raises(Unknown) as refused:
            reads(mine, area)[name]()
        assert str(refused.value) == "area"


@pytest.mark.parametrize("name", list(reads(None, None)))  # type: ignore[arg-type]
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_odd_arguments_are_unknown_and_never_an_error(district: Warehouse, name: str, odd: Any) -> None:
    with pytest.raises(Unknown):
        reads(district, odd)[name]()
    if name not in ("area", "path", "children") and not (name == "trend" and odd is None):  # no month means the latest one
        with pytest.raises(Unknown):
            reads(district, DISTRICT, odd)[name]()
    if name in ("figures", "by_child", "trend", "forecast", "rows"):
        with pytest.raises(Unknown):
            reads(district, DISTRICT, MONTH, odd)[name]()


def test_the_digits_that_people_write_are_the_area(streets: tuple[Warehouse, Warehouse], district: Warehouse) -> None:
    mine, other = streets
    assert district.area(DISTRICT[:6]).code == DISTRICT
    assert mine.area(mine.root.code[:9]) == mine.area(mine.root.code)
    for code in (other.root.code[:9], mine.root.code[:8], "33010500x"):
        with pytest.raises(Unknown):
            mine.area(code)


def test_a_provider_belongs_to_the_street_of_its_main_site(streets: tuple[Warehouse, Warehouse], district: Warehouse) -> None:
    mine, other = streets
    theirs = other.providers(other.scope.area, MONTH)[0]["provider_id"]
    own = mine.providers(mine.scope.area, MONTH)[0]["provider_id"]
    for read in (
        lambda p: mine.provider(p, MONTH),
        lambda p: mine.rating(p, MONTH),
        mine.rating_history,
        lambda p: mine.provider_figures(["caregivers"], p, MONTH),
        lambda p: mine.provider_trend("caregivers", p),
        lambda p: mine.rows("caregiver_cert_rate", mine.scope.area, MONTH, provider=p),
        lambda p: mine.evidence_row(p, MONTH, "caregiver_month", p),
    ):
        answers = []
        for provider in (theirs, "P9999", 5, ["P0001"], "' or 1=1 --"):
            with pytest.raises(Unknown) as refused:
                read(provider)
            answers.append(str(refused.value))
        assert len(set(answers)) == 1
    assert mine.provider(own, MONTH)["provider_id"] == own
    assert {p["provider_id"] for p in district.providers(DISTRICT, MONTH)} > {own, theirs}


def test_lists_of_a_street_hold_only_its_own_communities(streets: tuple[Warehouse, Warehouse]) -> None:
    mine, _ = streets
    own = {mine.scope.area, *(a.code for a in mine.children(mine.scope.area))}
    assert {p["community_code"] for p in mine.providers(mine.scope.area, MONTH)} <= own
    assert {s["street_code"] for s in mine.subsidies_by_street(None, MONTH)} == {mine.scope.area}
    rows = mine.rows("caregiver_cert_rate", mine.scope.area, MONTH, "whole", limit=500)
    at = [c.name for c in rows.columns].index("community_code")
    assert rows.rows and {r[at] for r in rows.rows} <= own


def test_quarantined_rows_without_a_place_are_for_the_district(streets: tuple[Warehouse, Warehouse], district: Warehouse) -> None:
    at = [c.name for c in district.quarantine().columns].index("community_code")
    assert None in {r[at] for r in district.quarantine().rows}
    for street in streets:
        own = {a.code for a in street.children(street.scope.area)}
        assert {r[at] for r in street.quarantine().rows} <= own
    assert sum(s.quarantine().total for s in streets) < district.quarantine().total


def test_a_role_without_the_data_module_gets_unknown(snapshot: Snapshot) -> None:
    community = next(a.code for a in snapshot.areas.values() if a.level == 3)
    steward = Warehouse(snapshot, Scope.of("steward", community))
    for read in (steward.quarantine, steward.warnings, steward.loads):
        with pytest.raises(Unknown):
            read()
    assert steward.path(community) == [steward.root]
    assert steward.children(community) == [] and steward.by_child("caregivers", community, MONTH) == []


def test_a_scope_whose_area_was_abolished_sees_nothing(snapshot: Snapshot) -> None:
    with pytest.raises(Unknown):
        Warehouse(snapshot, Scope.of("street", NOWHERE))


def test_scopes_share_a_key_only_if_they_may_share_an_answer() -> None:
    keys = [Scope.of(role, area).key for role in ROLES for area in ("330105001000", "330105002000")]
    assert len(set(keys)) == len(keys)
    plain = Scope.of("street", "330105001000")
    assert replace(plain, rights=plain.rights - {"export"}).key != plain.key
    assert replace(plain, unmask=frozenset()).key != plain.key
    assert replace(plain, providers=frozenset({"P1"})).key not in (plain.key, replace(plain, providers=frozenset()).key)


def test_rows_are_masked_by_role(snapshot: Snapshot, district: Warehouse) -> None:
    def cells(w: Warehouse, column: str) -> list[str]:
        rows = w.rows("caregivers", w.scope.area, MONTH, limit=5)
        return [r[[c.name for c in rows.columns].index(column)] for r in rows.rows]

    staff = Warehouse(snapshot, Scope.of("staff", DISTRICT))
    assert all("*" in name for name in cells(district, "name"))
    assert not any("*" in name for name in cells(staff, "name"))
    for w in (district, staff):
        assert all(n[6:14] == "********" and len(n) == 18 for n in cells(w, "id_number"))


def test_no_answer_to_anybody_holds_a_whole_id_number(snapshot: Snapshot) -> None:
    known = {r[0] for r in snapshot.query("select id_number from caregiver_month")}
    for role, area in (("leader", DISTRICT), ("staff", DISTRICT), ("street", "330105001000")):
        w = Warehouse(snapshot, Scope.of(role, area))
        for code in catalogue():
            try:
                rows = w.rows(code, area, MONTH, "whole", limit=200)
            except Unknown:
                continue
            assert not any(isinstance(cell, str) and cell in known for row in rows.rows for cell in row), code
