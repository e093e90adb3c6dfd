"""Who was taken before others on a public institution's waiting list is found, and whoever came in turn is left alone."""

from __future__ import annotations

from typing import Any

from data.simulator import beds, people, providers
from data.simulator.world import World
from etl.paths import DEFAULT_REGION
from tests.spec.world import World as Marts


class Kept:
    """Takes what a sink would write."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, list[Any]]] = {}

    def create(self, *_: Any) -> None:
        """Nothing to lay out."""

    def append(self, name: str, columns: dict[str, Any]) -> int:
        self.tables[name] = columns
        return 0


def test_those_planted_are_found_and_nobody_else():
    world = World.build(DEFAULT_REGION, months=24, end="2026-10", scale=0.4, seed=20261)
    elders, firms = people.settle(world), providers.found(world)
    sink = Kept()
    beds._write_waiting(world, elders, firms, beds.settle(world, elders, firms).stays, sink)
    names = {"waiting_id": "LH_ID", "elder_id": "LNR_ID", "provider_id": "DW_ID", "applied_on": "SQ_RQ", "outcome": "ZT", "closed_on": "BJ_RQ"}
    held = sink.tables["LH_DJ"]
    rows = [dict(zip(names, (str(v) if v else None for v in row), strict=True)) for row in zip(*(held[c] for c in names.values()), strict=True)]
    for row, kind in zip(rows, held["YX_DJ"], strict=True):
        row["priority"] = ("一类", "二类", "三类").index(kind) + 1
    marts = Marts()
    marts.add("bed_waiting", *rows)
    marts.build(["waiting_admission_fact"])
    found = {k for (k,) in marts.con.execute("select waiting_id from waiting_admission_fact where jumped").fetchall()}
    planted = {p["waiting_id"] for p in world.truth.irregular["waiting_queue_jumped"]}
    assert len(planted) >= 3
    assert len(found & planted) >= 0.9 * len(found) and len(found & planted) >= 0.9 * len(planted), (found, planted)
