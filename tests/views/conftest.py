"""Readers over the tiny snapshot, and a way to draw a view without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dashboard import ledger
from dashboard.access.scope import Scope
from dashboard.views.render import render
from dashboard.warehouse import Snapshot, Warehouse
from tests.support import tiny
from tests.support.desk import desk

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
def desk_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Scope], Any]:
    """The desk of a reader, over one empty ledger for all."""
    folder = tmp_path_factory.mktemp("desk")
    book = ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}")
    return lambda scope: desk(folder, book, scope)


@pytest.fixture(scope="session")
def draw(reader: Callable[..., Warehouse], desk_of: Callable[[Scope], Any]) -> Callable[..., dict[str, Any]]:
    """``draw("/caregivers", "?area=…", role, area)``: all slots of a view."""

    def drawn(path: str = "/", search: str = "", role: str = "leader", area: str = DISTRICT) -> dict[str, Any]:
        w = reader(role, area)
        return render(w, path, search, "/geo/{}.json".format, desk=desk_of(w.scope))

    return drawn
