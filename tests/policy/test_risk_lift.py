"""The risk model is worth something: what is grave comes up early in its order. Measured against what the simulator knows."""

from __future__ import annotations

import json

from tests.conftest import Demo
from tests.policy.risk_lift import first_half, lift, planted
from tests.support.published import reader


def test_equal_risks_stand_in_any_order_and_an_odd_visit_counts_half() -> None:
    assert first_half([(9, 2), (5, 0), (1, 1), (1, 0)]) == 2
    assert first_half([(1, 3), (1, 0), (1, 0), (1, 1)]) == 2  # no order at all: half of what there is
    assert first_half([(9, 1), (5, 4), (1, 0)]) == 3  # the first, and half of the second
    assert first_half([]) == 0


def test_grave_findings_come_up_in_the_first_half_of_the_visits(small_demo: Demo) -> None:
    """Half of them would by chance; the true badness of the providers, which the model does not know, bounds what is possible."""
    truth = json.loads((small_demo.layout.base / "truth" / "expected.json").read_text(encoding="utf-8"))
    current = json.loads(small_demo.layout.pointer.read_text())
    with reader(small_demo.layout.snapshots / current["file"]) as con:
        months = [m for (m,) in con.execute("select distinct month from inspection_risk order by 1").fetchall()]
        grave = lift(con, planted(truth, months))
        found = lift(con, planted(truth, months), ("较重", "严重", "重大"))  # so small a district has few grave ones
    assert found.visits > 80 and found.major >= 20 and grave.major >= 6, (grave, found)
    assert min(grave.model, found.model, found.truth) >= 0.6, (grave, found)
