"""Better facts never make a worse rating: what the engine owes everybody whom it rates."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import etl.policy
from tests.policy.random_worlds import worlds
from tests.policy.worlds import Folder, World, by_key, table

FIGURES = {"satisfaction": (5, True), "on_time_rate": (1, True), "caregiver_cert_rate": (1, True), "orders": (1, False)}
SLOWLY = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.reuse, Phase.generate))


def ratings(world: World, region: Folder) -> Any:
    con = world.connect()
    etl.policy.run(con, region)  # type: ignore[arg-type]
    return by_key(table(con, "rating"))


def no_worse(better: Any, before: Any) -> None:
    assert better.keys() == before.keys()
    for key, row in before.items():
        assert (better[key]["star"] or 0) >= (row["star"] or 0), key
        assert (better[key]["score"] or 0) >= (row["score"] or 0) - 1e-9, key


@SLOWLY
@given(world=worlds(FIGURES, ("质量安全", "应急管理", "从业人员", "涉及资金")), which=st.integers(0, 7))
def test_a_finding_less_never_lowers_a_score_or_a_star(shipped: Folder, world: World, which: int) -> None:
    found = world.rows.get("inspection_finding", [])
    if not found:
        return
    better = deepcopy(world)
    del better.rows["inspection_finding"][which % len(found)]
    no_worse(ratings(better, shipped), ratings(world, shipped))


@SLOWLY
@given(world=worlds(FIGURES, ("质量安全", "应急管理", "从业人员", "涉及资金")))
def test_everything_rectified_and_every_permit_renewed_never_lowers_a_star(shipped: Folder, world: World) -> None:
    better = deepcopy(world)
    better.rows["inspection_rectification"] = [
        {"finding_id": f["finding_id"], "ordered_on": None, "deadline": None, "done_on": date(2024, 1, 1), "verified_on": date(2024, 1, 1)}
        for f in world.rows.get("inspection_finding", [])
    ]
    for permit in better.rows.get("provider_permit", []):
        permit["expires_on"] = None
    no_worse(ratings(better, shipped), ratings(world, shipped))
