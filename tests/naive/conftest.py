"""One small simulated district for all recounts: counted again by plain Python, and run through the line."""

from __future__ import annotations

import duckdb
import pytest

from data.simulator import simulate
from etl.paths import DEFAULT_REGION, Layout
from etl.region import Region
from etl.run import run
from tests.naive.agreement import MONTHS, snapshot_file
from tests.naive.recount import Recount


@pytest.fixture(scope="session")
def district(tmp_path_factory) -> tuple[Recount, duckdb.DuckDBPyConnection]:
    """The recount and the published snapshot."""
    var = tmp_path_factory.mktemp("naive")
    layout = Layout(var, DEFAULT_REGION.name)
    simulate(DEFAULT_REGION, layout.sources, layout.truth, months=len(MONTHS), end=MONTHS[-1], scale=0.02)
    recount = Recount(layout.sources, DEFAULT_REGION / "areas.csv", MONTHS)
    run(Region.load(DEFAULT_REGION), layout)
    return recount, duckdb.connect(str(snapshot_file(layout)), read_only=True)
