"""A database that accepts a connection and never answers, or answers too slowly, is cut off; the module keeps its last good data."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from etl.backoff import TURNS
from etl.connectors import SourceError
from etl.connectors.glimpse import paced
from etl.connectors.sql import open_sql
from etl.run import RunResult
from etl.watch import Watch
from tests.etl.conftest import ELDER, REGISTRY, Tiny, line
from tests.support.servers import mariadb, postgresql

LIMIT = 2


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a listener that lets everybody in and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield listener.getsockname()[1]


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "mysql+pymysql"])
def test_a_server_that_never_answers_is_not_waited_for(scheme: str, silent: int, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.run()
    path = tiny.region.path / "sources.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("{kind: sql,", f"{{kind: sql, timeout: {LIMIT},"), encoding="utf-8")
    tiny.region = type(tiny.region).load(tiny.region.path)
    monkeypatch.setenv("YIGUAN_SOURCE_REGISTRY_URL", f"{scheme}://reader@127.0.0.1:{silent}/sources")
    result = tiny.run()
    module = next(m for m in result.modules if m["module"] == "registry")
    assert (module["status"], module["rows"]) == ("stale", 3)
    assert "127.0.0.1" not in module["message"]
    assert result.steps["registry"] < 30


def test_a_source_that_kept_a_turn_waiting_is_left_alone_for_some(silent: int, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a system that hangs would take its whole time out of every turn, and the news of all others would be late by it."""
    path = tiny.region.path / "sources.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("{kind: sql,", "{kind: sql, quick_timeout: 2,"), encoding="utf-8")
    region = type(tiny.region).load(tiny.region.path)
    monkeypatch.setenv("YIGUAN_SOURCE_REGISTRY_URL", f"postgresql+psycopg://reader@127.0.0.1:{silent}/sources")
    turns: list[RunResult] = []
    watch = Watch(region, tiny.layout, 0, lambda _, result: turns.append(result), line=line(), now=lambda: datetime(2026, 11, 22, 12))
    watch.go(turns=TURNS + 2)
    assert [("registry" in turn.steps, turn.published) for turn in turns] == [(True, True), *[(False, False)] * TURNS, (True, False)]
    assert turns[0].steps["registry"] < 30
    for turn in turns:
        module = next(m for m in turn.modules if m["module"] == "registry")
        assert module["status"] == "failed" and "暂不询问" in module["message"]
    assert all("order" in turn.steps for turn in turns)


def test_a_wrong_time_in_the_sources_is_told_and_a_micro_batch_takes_the_shorter() -> None:
    assert paced({"kind": "sql", "timeout": 600}, quick=True) == {"kind": "sql", "timeout": 30}
    assert paced({"kind": "sql", "timeout": 600, "quick_timeout": 90}, quick=True) == {"kind": "sql", "timeout": 90}
    assert paced({"kind": "sql", "timeout": 600, "quick_timeout": 90}, quick=False) == {"kind": "sql", "timeout": 600}
    assert paced({"kind": "csv", "path": "a"}, quick=True) == {"kind": "csv", "path": "a"}
    with pytest.raises(SourceError, match="quick_timeout"):
        paced({"kind": "api", "quick_timeout": "soon"}, quick=True)


@pytest.mark.server
@pytest.mark.parametrize("server", [postgresql, mariadb], ids=["postgresql", "mariadb"])
def test_a_statement_that_takes_too_long_is_ended(server: Callable[[Path], AbstractContextManager[str]], tmp_path: Path) -> None:
    with server(tmp_path) as url:
        engine = sa.create_engine(url)
        sleep = "pg_sleep(30)::text" if url.startswith("postgresql") else "cast(sleep(30) as char)"
        with engine.begin() as con:
            con.execute(sa.text(
                f"create view LNR as select 'E1' as LNR_ID, '1' as SFZH, '张三' as XM, '330105001051' as SQ, {sleep} as XG_SJ"
            ))  # fmt: skip
        engine.dispose()
        reader = open_sql(REGISTRY, url, limit=LIMIT)
        began = time.monotonic()
        with pytest.raises(SourceError):
            list(reader.read(ELDER))
        assert time.monotonic() - began < 20
        with engine.begin() as con:
            con.execute(sa.text("create table KEPT (LNR_ID varchar(9), SFZH varchar(9), XM varchar(9), SQ varchar(12), XG_SJ varchar(20))"))
        with engine.connect() as other:
            other.execute(sa.text("lock table KEPT in access exclusive mode" if engine.name == "postgresql" else "lock tables KEPT write"))
            began = time.monotonic()
            with pytest.raises(SourceError, match="锁住"):
                list(open_sql(REGISTRY, url, limit=6).read(replace(ELDER, source="KEPT")))
            assert time.monotonic() - began < 5, "a locked table is not waited for as long as a slow one"
        engine.dispose()
        with reader._connected(ELDER) as con, pytest.raises(sa.exc.SQLAlchemyError):  # type: ignore[union-attr]
            con.execute(sa.text("create table written (x int)"))
