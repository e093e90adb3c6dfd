"""Readers over the tiny snapshot, and a way to draw a view without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.access.scope import Scope
from dashboard.views.render import render
from dashboard.warehouse import Snapshot, Warehouse
from tests.support import tiny

DISTRICT = "330105000000"


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """One tiny snapshot for all tests of views."""
    return Snapshot.open(tiny.build(tmp_path_factory.mktemp("views") / "tiny.duckdb", elders=200, providers=30))


@pytest.fixture(scope="session")
def reader(snapshot: Snapshot) -> Callable[..., Warehouse]:
    """``reader("street", area)``: a Warehouse of a role."""
    return lambda role="leader", area=DISTRICT: Warehouse(snapshot, Scope.of(role, area))


@pytest.fixture(scope="session")
def draw(reader: Callable[..., Warehouse]) -> Callable[..., dict[str, Any]]:
    """``draw("/caregivers", "?area=…", role, area)``: all slots of a view."""

    def drawn(path: str = "/", search: str = "", role: str = "leader", area: str = DISTRICT) -> dict[str, Any]:
        return render(reader(role, area), path, search, "/geo/{}.json".format)

    return drawn
