"""A small simulated district that the tests of the simulator share."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from data.simulator.run import Summary, simulate
from etl.paths import DEFAULT_REGION

END, MONTHS, SCALE = "2026-10", 14, 0.02


@dataclass(frozen=True)
class District:
    """Where a simulated district lies, and what the simulator says about it."""

    sources: Path
    truth_folder: Path
    summary: Summary

    def truth(self, name: str) -> Any:
        """One of the truth files."""
        return json.loads((self.truth_folder / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def make_district(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., District]:
    """Simulates a district of 2 % of its size over 14 months, or as asked."""

    def make(**wishes: Any) -> District:
        base = tmp_path_factory.mktemp("district")
        wishes = {"months": MONTHS, "end": END, "scale": SCALE, "seed": 20261} | wishes
        summary = simulate(DEFAULT_REGION, base / "sources", base / "truth", **wishes)
        return District(base / "sources", base / "truth", summary)

    return make


@pytest.fixture(scope="session")
def district(make_district: Callable[..., District]) -> District:
    """The shared district; read only."""
    return make_district()
