"""A register of a third of the district, simulated, checked and linked; and what the simulator knows of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data.simulator import people
from data.simulator.world import World
from data.simulator.writers import SqlSink
from etl import build, clean, load
from etl.connectors import open_reader
from etl.martfile import marts
from etl.paths import DEFAULT_REGION
from etl.region import Region

SCALE, MONTHS, END, SEED = 0.3, 14, "2026-10", 20261
LINKING = ("name_sign", "name_spelt", "common_number", "elder_identity", "link_weight", "trait_chance", "link_chance", "link_pair", "link_candidate",
           "person_pair", "person_link", "elder_link", "link_review", "elder_present")  # fmt: skip


@dataclass
class Linked:
    """``con`` holds the linking marts; ``person`` maps second numbers to the first number, ``kind`` says what they lack."""

    con: duckdb.DuckDBPyConnection
    expected: dict[str, Any]
    person: dict[str, str] = field(default_factory=dict)
    kind: dict[str, str] = field(default_factory=dict)

    def same(self, a: str, b: str) -> bool:
        """Whether two numbers are one person in truth."""
        return self.person.get(a, a) == self.person.get(b, b)


def link(con: duckdb.DuckDBPyConnection) -> None:
    """Build the linking marts on a connection with checked tables, areas and a calendar."""
    build.build(con, [m for m in marts() if m.name in LINKING], lambda _: None)


@pytest.fixture(scope="session")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Linked]:
    """The register through the real connector, contract and marts."""
    base: Path = tmp_path_factory.mktemp("linking")
    region = Region.load(DEFAULT_REGION)
    world = World.build(DEFAULT_REGION, months=MONTHS, end=END, scale=SCALE, seed=SEED)
    elders = people.settle(world)
    sink = SqlSink(None, base / "registry.sqlite")
    people.write_registry(world, elders, sink)
    sink.close()
    people.expect_elders(world, elders)
    con = duckdb.connect(str(base / "work.duckdb"))
    for schema in ("raw", "checked", "state", "marts"):
        con.execute(f"create schema if not exists {schema}")
    con.execute("set search_path = 'marts,checked,main'")
    clean.prepare(con, region.areas)
    load.prepare(con, load.contracts())
    (contract,) = (c for c in load.contracts() if c.module == "registry")
    load.load_module(con, contract, open_reader(contract, {"kind": "sql", "url": f"sqlite:///{base}/registry.sqlite"}, base))
    build.lay_areas(con, region)
    build.lay_calendar(con, [END])
    link(con)
    second = world.truth.expected["second_numbers"]
    yield Linked(
        con, world.truth.expected, {r["elder_id"]: r["person_id"] for r in second}, {r["elder_id"]: r["kind"] for r in second}
    )
    con.close()
