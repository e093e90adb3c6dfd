"""A database that accepts a connection and never answers, or answers too slowly, is cut off; the module keeps its last good data."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import sqlalchemy as sa

from etl.connectors import SourceError
from etl.connectors.sql import open_sql
from tests.etl.conftest import ELDER, REGISTRY, Tiny
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
        with reader._connected(ELDER) as con, pytest.raises(sa.exc.SQLAlchemyError):  # type: ignore[union-attr]
            con.execute(sa.text("create table written (x int)"))
