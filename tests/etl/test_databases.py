"""The SQL modules on real PostgreSQL and MariaDB servers give the same figures as on SQLite files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from data.simulator.run import simulate
from etl.paths import DEFAULT_REGION, Layout
from etl.region import Region
from etl.run import run
from tests.support.published import reader
from tests.support.servers import mariadb, postgresql

SQL_MODULES = ("registry", "assessment", "provider", "bed", "order", "inspection")
SIZE = {"months": 3, "end": "2026-10", "scale": 0.004, "seed": 7}


@pytest.fixture(autouse=True)
def _written_on_that_day() -> None:
    """Both districts are read on the day of the test, as they are."""


def figures(layout: Layout) -> list[tuple[object, ...]]:
    """Every figure of the current snapshot."""
    from etl.publish import current

    snapshot = current(layout)
    assert snapshot is not None
    with reader(snapshot) as con:
        return con.sql("select indicator, area_code, month, part, whole from figure order by all").fetchall()


@pytest.fixture(scope="module")
def on_files(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    """The figures of the same simulated district with its databases in SQLite files."""
    region, layout = Region.load(DEFAULT_REGION), Layout(tmp_path_factory.mktemp("files"), "gongshu")
    simulate(region.path, layout.sources, layout.truth, **SIZE)
    run(region, layout)
    return figures(layout)


@pytest.mark.server
@pytest.mark.parametrize("server", [postgresql, mariadb], ids=["postgresql", "mariadb"])
def test_a_database_server_gives_the_same_figures_as_files(
    server: Callable[[Path], AbstractContextManager[str]],
    on_files: list[tuple[object, ...]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    region, layout = Region.load(DEFAULT_REGION), Layout(tmp_path / "var", "gongshu")
    with server(tmp_path) as url:
        simulate(region.path, layout.sources, layout.truth, **SIZE, urls=dict.fromkeys(SQL_MODULES, url))
        for module in SQL_MODULES:
            monkeypatch.setenv(f"YIGUAN_SOURCE_{module.upper()}_URL", url)
            assert not (layout.sources / f"{module}.sqlite").exists()
        result = run(region, layout)
        assert result.exit_code in (0, 3)
        assert figures(layout) == on_files

        again = run(region, layout)
        assert not again.to_dict()["published"], "an unchanged database must not lead to a new snapshot"
