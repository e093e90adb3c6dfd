"""The SQL modules on real PostgreSQL and MariaDB servers give the same figures as on SQLite files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.simulator.run import simulate
from etl.connectors.base import plain
from etl.connectors.sql import DatabaseReader, open_sql
from etl.paths import DEFAULT_REGION, Layout
from etl.region import Region
from etl.run import run
from tests.etl.conftest import ELDER, REGISTRY, id_number
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


@pytest.mark.server
@pytest.mark.parametrize("server", [postgresql, mariadb], ids=["postgresql", "mariadb"])
def test_a_moment_with_a_zone_is_loaded_in_the_bureaus_whatever_the_servers(server: Callable[[Path], AbstractContextManager[str]], tmp_path: Path) -> None:
    """A change at 07:02 on the first of November is none of October because the server counts in UTC."""
    with server(tmp_path) as url:
        engine = sa.create_engine(url)
        zoned = "timestamptz" if engine.name == "postgresql" else "timestamp"
        with engine.begin() as con:
            con.execute(sa.text("alter role tester set timezone = 'UTC'" if engine.name == "postgresql" else "set global time_zone = '+00:00'"))
        with engine.begin() as con:
            con.execute(sa.text(
                f"create table LNR (LNR_ID varchar(9) primary key, SFZH varchar(18), XM varchar(9), SQ varchar(12), XG_SJ {zoned} null)"
            ))  # fmt: skip
        engine.dispose()
        with engine.begin() as con:
            con.execute(sa.text(f"insert into LNR values ('E1', '{id_number(1)}', '张三', '330105001051', '2024-10-31 23:02:17')"))
        engine.dispose()
        reader = open_sql(REGISTRY, url)
        assert isinstance(reader, DatabaseReader)
        assert [b.column("XG_SJ").to_pylist() for b in reader.read(ELDER)] == [["2024-11-01 07:02:17"]]
        cursor = replace(ELDER, cursor="updated_at")
        found = [sum(b.num_rows for b in reader.changed(cursor, datetime(2024, 11, 1, 7, m))) for m in (2, 3)]
        assert found == [1, 0], "what changed since a moment is asked in the same zone"
        assert [b.column("c1").to_pylist() for b in reader.keys(cursor)] == [["2024-11-01 07:02:17"]]


def test_a_moment_with_a_zone_is_told_in_the_bureaus() -> None:
    assert plain(datetime(2024, 10, 31, 23, 2, 17, tzinfo=UTC)) == "2024-11-01 07:02:17"
    assert plain(datetime(2024, 10, 31, 16, 0, tzinfo=UTC)) == "2024-11-01"
