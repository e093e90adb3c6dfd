"""A reader with a provider set sees these providers of his area and the records that are theirs, and no other's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.warehouse import Scope, Snapshot, Unknown, Warehouse
from etl.indicators import catalogue
from tests.warehouse.conftest import DISTRICT, MONTH


@pytest.fixture
def mine(snapshot: Snapshot, district: Warehouse) -> Warehouse:
    """A reader of the district who may see its first three providers."""
    ids = [p["provider_id"] for p in district.providers(DISTRICT, MONTH)][:3]
    return Warehouse(snapshot, Scope.of("staff", DISTRICT, ids))


def test_only_the_providers_of_the_set_are_listed_and_opened(mine: Warehouse, district: Warehouse) -> None:
    everyone = [p["provider_id"] for p in district.providers(DISTRICT, MONTH)]
    assert [p["provider_id"] for p in mine.providers(DISTRICT, MONTH)] == everyone[:3]
    assert {p["provider_id"] for p in mine.by_provider(["caregivers"], DISTRICT, MONTH)} == set(everyone[:3])
    assert {p["provider_id"] for p in mine.exits(DISTRICT, MONTH)} <= set(everyone[:3])
    assert mine.provider(everyone[0], MONTH)["provider_id"] == everyone[0]
    for other in everyone[3:]:
        for read in (mine.provider, mine.rating, mine.rating_history, lambda p, m=MONTH: mine.provider_figures(["caregivers"], p, m)):
            with pytest.raises(Unknown):
                read(other, MONTH) if read != mine.rating_history else read(other)


def test_no_record_of_another_provider_is_answered(mine: Warehouse) -> None:
    assert mine.scope.providers is not None
    answered = 0
    for code in catalogue():
        try:
            rows = mine.rows(code, DISTRICT, MONTH, "whole", limit=500)
        except Unknown:
            continue
        at = [c.name for c in rows.columns].index("provider_id")
        assert {r[at] for r in rows.rows} <= mine.scope.providers, code
        answered += bool(rows.rows)
    assert answered > 2


def test_records_that_belong_to_no_provider_are_not_answered(mine: Warehouse, district: Warehouse) -> None:
    of_nobody = 0
    for code in catalogue():
        try:
            columns = {c.name for c in district.rows(code, DISTRICT, MONTH, "part").columns}
        except Unknown:
            continue
        if "provider_id" not in columns:
            of_nobody += 1
            with pytest.raises(Unknown):
                mine.rows(code, DISTRICT, MONTH, "part")
    assert of_nobody
    for read in (mine.quarantine, mine.returns, mine.loads, mine.runs):
        with pytest.raises(Unknown):
            read()


def test_the_set_does_not_widen_the_area(snapshot: Snapshot, streets: tuple[Warehouse, Warehouse]) -> None:
    first, second = streets
    foreign = [p["provider_id"] for p in second.providers(second.scope.area, MONTH)]
    assert foreign
    reader = Warehouse(snapshot, replace(first.scope, providers=frozenset(foreign)))
    assert reader.providers(first.scope.area, MONTH) == []
    with pytest.raises(Unknown):
        reader.provider(foreign[0], MONTH)
    with pytest.raises(Unknown):
        reader.providers(second.scope.area, MONTH)
