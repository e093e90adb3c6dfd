"""One small simulated district for all recounts: counted again by plain Python, and run through the line."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from data.simulator.run import simulate
from etl.paths import DEFAULT_REGION, Layout
from etl.region import Region
from etl.run import run
from tests.naive.agreement import MONTHS, snapshot_file
from tests.naive.recount import Recount
from tests.support.once import once
from tests.support.published import reader


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recount, duckdb.DuckDBPyConnection]:
    """The recount and the published snapshot."""
    sources, snapshot = once(tmp_path_factory, "naive", _district)
    return Recount(sources, DEFAULT_REGION / "areas.csv", MONTHS), reader(snapshot)


def _district(var: Path) -> tuple[Path, Path]:
    """(folder of the sources, snapshot) of a small district that was simulated and run."""
    layout = Layout(var, DEFAULT_REGION.name)
    simulate(DEFAULT_REGION, layout.sources, layout.truth, months=len(MONTHS), end=MONTHS[-1], scale=0.02)
    run(Region.load(DEFAULT_REGION), layout)
    return layout.sources, snapshot_file(layout)
