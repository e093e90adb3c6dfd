"""Withstand 18: differences between figures do not reveal a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.access.rights import known
from dashboard.warehouse import Scope, Snapshot, Warehouse, shield
from dashboard.warehouse.smallcells import families, hidden, small
from etl.paths import DEFAULT_REGION
from etl.policy import privacy
from tests.support import tiny

K = 5
DISTRICT, MONTH = "330105000000", "2026-10"


@st.composite
def trees(draw: st.DrawFn) -> tuple[dict[int, list[int]], np.ndarray]:
    """A district, streets and communities: who lies below whom, and persons of one to three figures, each adding up."""
    streets = draw(st.lists(st.integers(1, 5), min_size=1, max_size=5))
    children: dict[int, list[int]] = {0: list(range(1, len(streets) + 1))}
    at = len(streets) + 1
    for street, count in enumerate(streets, start=1):
        children[street] = list(range(at, at + count))
        at += count
    members = draw(st.integers(1, 3))
    leaf = st.one_of(st.just(0), st.integers(1, 4), st.integers(5, 60))
    persons = np.zeros((members, at))
    for cell in range(len(streets) + 1, at):
        persons[:, cell] = [draw(leaf) for _ in range(members)]
    for top in (*range(1, len(streets) + 1), 0):
        persons[:, top] = persons[:, children[top]].sum(axis=1)
    return children, persons


def determined(children: Mapping[int, Sequence[int]], lacks: np.ndarray) -> list[int]:
    """Hidden cells whose value follows from what is shown: those that every solution of all sums agrees on (linear algebra, no rule of ours)."""
    unknown = np.flatnonzero(lacks)
    place = {int(cell): n for n, cell in enumerate(unknown)}
    rows = []
    for top, kids in children.items():
        row = np.zeros(len(unknown))
        for cell, sign in ((top, 1.0), *((k, -1.0) for k in kids)):
            if cell in place:
                row[place[cell]] += sign
        rows.append(row)
    if not len(unknown):
        return []
    _, values, basis = np.linalg.svd(np.array(rows))
    free = basis[int((values > 1e-9).sum()) :]  # the directions in which hidden values may move while every sum holds
    return [int(cell) for n, cell in enumerate(unknown) if not len(free) or np.abs(free[:, n]).max() < 1e-9]


@settings(max_examples=60, deadline=None)
@given(trees())
def test_no_hidden_cell_follows_from_what_is_shown(tree: tuple[dict[int, list[int]], np.ndarray]) -> None:
    children, persons = tree
    lacks = hidden(children, persons, K)
    assert lacks[small(persons, K).any(axis=0)].all()
    assert determined(children, lacks) == []
    for top, kids in children.items():
        missing = [k for k in kids if lacks[k]]
        if missing and not lacks[top]:
            assert not small(persons[:, missing].sum(axis=1), K).any(), "together they are still a small cell"


def test_the_yardstick_finds_what_hiding_single_cells_gives_away() -> None:
    children, lacks = {0: [1, 2, 3]}, np.array([False, True, False, False])
    assert determined(children, lacks) == [1]


def test_nothing_is_hidden_where_nobody_is_few() -> None:
    assert not hidden({0: [1, 2]}, np.array([[30.0, 10.0, 20.0], [5.0, 5.0, 0.0]]), K).any()


def test_figures_that_add_up_share_their_hidden_cells() -> None:
    a, b = np.array([3.0, 9.0, 7.0]), np.array([6.0, 1.0, 8.0])
    found = families({"home": a, "institution": b, "all": a + b, "other": np.array([1.0, 2.0, 4.0])}, dict.fromkeys(("home", "institution", "all", "other"), "mart"))
    assert sorted(map(sorted, found)) == [["all", "home", "institution"], ["other"]]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return Snapshot.open(tiny.build(Path(tmp_path_factory.mktemp("cells")) / "tiny.duckdb"))


def reader(snapshot: Snapshot, *rights: str) -> Warehouse:
    return Warehouse(snapshot, Scope(area=DISTRICT, role="leader", rights=frozenset(map(known, rights))))


COUNTED = ("dementia", "disabled", "living_alone", "hardship", "assessment_overdue", "purchased_service_elders")


def test_who_may_not_see_rows_sees_no_few_persons_and_cannot_reckon_them(snapshot: Snapshot) -> None:
    blind, seeing = reader(snapshot, "figures"), reader(snapshot, "figures", "rows")
    keys = list(snapshot.areas)
    at = {k: n for n, k in enumerate(keys)}
    children = {at[c]: [at[a.code] for a in kids] for c, kids in snapshot.children.items() if kids}
    hidden_ones = 0
    for code in COUNTED:
        lacks = np.zeros(len(keys), dtype=bool)
        for area in snapshot.areas.values():
            shown, true = (w.figures([code], area.code, MONTH)[code] for w in (blind, seeing))
            lacks[at[area.code]] = shown.hidden
            if shown.hidden:
                assert (shown.part, shown.whole, shown.value) == (None, None, None)
            else:
                assert shown.value == true.value
            if true.part is not None and 0 < true.part < K:
                assert shown.hidden, f"{code} {area.name}: {true.part}"
        assert determined(children, lacks) == [], code
        hidden_ones += int(lacks.sum())
    assert hidden_ones > 20


def test_trends_forecasts_providers_and_shares_keep_what_is_hidden(snapshot: Snapshot) -> None:
    blind = reader(snapshot, "figures")
    code = "dementia"
    mask = shield.over_areas(snapshot).mask(code)
    assert mask is not None
    area = next(c for n, c in enumerate(snapshot.areas) if mask[n].any() and not mask[n].all())
    lacks = mask[list(snapshot.areas).index(area)]
    points = blind.trend(code, area)
    assert [p.value is None for p in points] == lacks.tolist()
    for month, previous in zip(snapshot.months[1:], lacks[:-1], strict=True):
        figure = blind.figures([code], area, month)[code]
        assert not (previous and figure.previous is not None), "last month's value stands beside this month's figure"
    coverage = "assessment_coverage"
    for area in snapshot.areas:
        figure = reader(snapshot, "figures", "rows").figures([coverage], area, MONTH)[coverage]
        if figure.whole and 0 < figure.whole - (figure.part or 0) < K:
            assert blind.figures([coverage], area, MONTH)[coverage].hidden, "the few who are left over"


def test_what_names_persons_is_protected_unless_the_policy_opens_it(snapshot: Snapshot) -> None:
    found = shield.rule(snapshot)
    assert found.k == K and {"elder_month", "payment_fact", "visit_fact"} <= found.marts
    policy = privacy.read(DEFAULT_REGION)
    assert policy.small_cells.fewer_than == K
    assert {"elder_month", "payment_fact", "award_fact"} <= set(policy.protected()) and "caregiver_month" not in policy.protected()
    assert "caregiver_month" in privacy.Privacy().protected(), "without a policy nothing is open"
