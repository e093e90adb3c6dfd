"""The assignment against a second implementation that tries every way; what happens when the time runs out."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.impact import Want, assign
from tests.impact.worlds import best

CHOICES = st.dictionaries(st.integers(0, 3), st.integers(0, 9000), max_size=4)
CASES = st.tuples(st.lists(CHOICES, max_size=5), st.lists(st.integers(0, 2), min_size=4, max_size=4))


@given(CASES)
@settings(max_examples=60, deadline=None)
def test_as_many_as_possible_are_placed_and_then_the_way_is_shortest(case):
    choices, rooms = case
    found = assign([Want(tuple(c.items())) for c in choices], rooms)
    assert (found.placed, found.metres) == best(choices, rooms)
    assert found.exact and found.gap == 0


@given(CASES)
@settings(max_examples=60, deadline=None)
def test_no_place_is_overfilled_and_nobody_goes_where_it_would_not_do(case):
    choices, rooms = case
    for seconds in (10.0, 0.0):
        found = assign([Want(tuple(c.items())) for c in choices], rooms, seconds)
        assert len(found.chosen) == len(choices)
        for j, room in enumerate(rooms):
            assert sum(c == j for c in found.chosen) <= room
        assert all(j is None or j in c for j, c in zip(found.chosen, choices, strict=True))
        assert found.metres == sum(c[j] for j, c in zip(found.chosen, choices, strict=True) if j is not None)


def test_a_nearer_place_is_given_up_where_that_places_one_more():
    # The first could go next door, but then the second, who has no other choice, would be left out.
    found = assign([Want(((0, 10), (1, 900))), Want(((0, 20),))], [1, 1])
    assert found.chosen == (1, 0) and found.metres == 920


def test_without_time_the_nearest_way_is_given_with_bounds_that_hold():
    rng = random.Random(5)
    wants = [Want(tuple((j, rng.randrange(100, 9000)) for j in range(20))) for _ in range(120)]
    rooms = [rng.randrange(3, 7) for _ in range(20)]
    quick, proved = assign(wants, rooms, 0.0), assign(wants, rooms, 30.0)
    assert proved.exact and not quick.exact
    assert quick.placed <= proved.placed <= quick.most
    assert quick.placed == proved.placed, "this case places the same number either way"
    assert quick.least <= proved.metres <= quick.metres
    assert quick.gap > 0 and proved.metres >= quick.metres / (1 + quick.gap) - 1


def test_a_large_provider_is_solved_exactly():
    rng = random.Random(3)
    homes = [(rng.random() * 9000, rng.random() * 9000) for _ in range(600)]
    places = [(rng.random() * 9000, rng.random() * 9000) for _ in range(50)]
    wants = [Want(tuple((j, round(abs(x - a) + abs(y - b))) for j, (a, b) in enumerate(places))) for x, y in homes]
    rooms = [12] * 50
    found = assign(wants, rooms, 60.0)
    assert found.exact and found.placed == 600
    assert found.metres < assign(wants, rooms, 0.0).metres
