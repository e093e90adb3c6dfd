"""One small snapshot for all tests of reports, and readers of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from dashboard.warehouse import Scope, Snapshot, Warehouse
from tests.support import tiny

DISTRICT, STREET, MONTH = "330105000000", "330105003000", "2026-10"
NOW = datetime(2026, 11, 5, 9, 30)
BY = "养老服务科 李某"


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return Snapshot.open(tiny.build(Path(tmp_path_factory.mktemp("reports")) / "tiny.duckdb"))


@pytest.fixture(scope="session")
def reader(snapshot: Snapshot) -> Callable[..., Warehouse]:
    def make(area: str = DISTRICT, role: str = "leader") -> Warehouse:
        return Warehouse(snapshot, Scope.of(role, area))

    return make


@pytest.fixture(scope="session")
def community(snapshot: Snapshot) -> str:
    return next(a.code for a in snapshot.areas.values() if a.parent_code == STREET)
