"""The estimation of the weights: it finds again what random pairs were made with."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from etl.linking.estimate import estimate, fixed, patterns
from tests.linking.conftest import Linked

TRAITS = ("name", "birth", "phone")
U = {("name", "same"): 0.001, ("name", "other"): 0.999, ("birth", "same"): 0.0001, ("birth", "other"): 0.9999,
     ("phone", "same"): 0.0002, ("phone", "other"): 0.9998}  # fmt: skip
TRUE = {"name": 0.7, "birth": 0.9, "phone": 0.6}


def test_shares_are_found_again() -> None:
    rng = random.Random(1)
    met: Counter[tuple[str, ...]] = Counter()
    for _ in range(600):
        met[tuple("same" if rng.random() < TRUE[t] else "other" for t in TRAITS)] += 1
    for _ in range(200_000):
        met[tuple("same" if rng.random() < U[t, "same"] else "other" for t in TRAITS)] += 1
    begin = dict.fromkeys(U, 0.5)
    found = estimate([(k, n, False) for k, n in met.items()], 634, begin, U, TRAITS)  # 634 records make 200,600 pairs
    for trait, share in TRUE.items():
        assert found.m[trait, "same"] == pytest.approx(share, abs=0.09)
        assert found.m[trait, "same"] + found.m[trait, "other"] == pytest.approx(1)
    assert found.second * 634 == pytest.approx(600, rel=0.15)


def test_one_record_cannot_be_two() -> None:
    with pytest.raises(ValueError, match="two"):
        estimate([], 1, {}, {})


def test_the_stored_weights_agree_with_the_register(linked: Linked) -> None:
    found, size = patterns(linked.con)
    begin, u = fixed(linked.con)
    result = estimate(found, size, begin, u)
    for key in (("name", "same"), ("name", "sound"), ("birth", "same"), ("birth", "near"), ("sex", "same"), ("card", "same")):
        assert begin[key] == pytest.approx(result.m[key], abs=0.12), key
    assert result.second == pytest.approx(0.002, rel=0.5)
