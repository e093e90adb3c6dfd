"""One tiny snapshot for all tests of the reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.warehouse import Scope, Snapshot, Warehouse
from tests.support import tiny

DISTRICT = "330105000000"
MONTH = "2026-10"


@pytest.fixture(scope="session")
def snapshot_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp("warehouse") / "tiny.duckdb")


@pytest.fixture(scope="session")
def snapshot(snapshot_file: Path) -> Snapshot:
    return Snapshot.open(snapshot_file)


@pytest.fixture
def district(snapshot: Snapshot) -> Warehouse:
    return Warehouse(snapshot, Scope.of("leader", DISTRICT))


@pytest.fixture
def streets(snapshot: Snapshot) -> tuple[Warehouse, Warehouse]:
    """The readers of two different streets."""
    codes = [a.code for a in snapshot.areas.values() if a.level == 2]
    return Warehouse(snapshot, Scope.of("street", codes[0])), Warehouse(snapshot, Scope.of("street", codes[1]))
