"""Fixtures that several parts of the tests share: a small demo district, simulated and run through the whole line once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from etl.paths import DEFAULT_REGION, Layout
from etl.region import Region
from tests.support.once import once

SMALL_SCALE, SMALL_MONTHS, SMALL_END, SMALL_SEED = 0.02, 14, "2026-10", 20261


@dataclass(frozen=True)
class Demo:
    """A district that was simulated and run: where it is and what the run said."""

    region: Region
    layout: Layout
    result: Any
    var: Path


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo district at 2 % of its size over 14 months, published. Read only: tests that change anything make their own."""
    return once(tmp_path_factory, "small-demo", _small_demo)


def _small_demo(var: Path) -> Demo:
    from data.simulator.api import playing
    from data.simulator.run import simulate
    from etl.run import run

    region, layout = Region.load(DEFAULT_REGION), Layout(var, DEFAULT_REGION.name)
    simulate(region.path, layout.sources, layout.truth, months=SMALL_MONTHS, end=SMALL_END, scale=SMALL_SCALE, seed=SMALL_SEED)
    with playing(layout.sources):
        result = run(region, layout)
    return Demo(region, layout, result, var)
