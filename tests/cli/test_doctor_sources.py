"""The doctor asks every source for its columns and first rows, and tells which modules do not stand as they should."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from dashboard.doctor import Finding, examine, healthy
from dashboard.settings import Settings
from etl import clock, load
from etl.connectors.glimpse import brisk, glimpse
from etl.connectors.sql import open_sql
from etl.contract import Contract
from tests.etl.conftest import ELDER, REGISTRY, TODAY, Tiny, lay_out, line
from tests.support.servers import free_port, postgresql


@pytest.fixture
def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    """The tiny district, freshly run, beside a ledger to which nothing has been written."""
    ledger = next(c for c in load.contracts() if c.module == "ledger")
    contracts: list[Contract] = [*line().contracts, ledger]
    monkeypatch.setattr(load, "contracts", lambda: contracts)
    monkeypatch.setattr(clock, "day", lambda _: TODAY)
    tiny = lay_out(tmp_path)
    path = tiny.region.path / "sources.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "  ledger: {kind: ledger, url: '{ledger}'}\n", encoding="utf-8")
    tiny.region.path.rename(tmp_path / "tiny")
    tiny.region = type(tiny.region).load(tmp_path / "tiny")
    monkeypatch.setenv("YIGUAN_LEDGER_URL", f"sqlite:///{tmp_path / 'none.sqlite'}")
    tiny.run()
    yield tiny


def told(tiny: Tiny, check: str) -> dict[str, Finding]:
    """What is said of each module under a heading."""
    found = examine(Settings(region=tiny.region.path, var=tiny.layout.var, port=0))
    return {f.what.partition("（")[0]: f for f in found if f.check == check}


def test_sound_sources_are_read_and_a_ledger_without_records_is_no_fault(sound: Tiny) -> None:
    found = told(sound, "来源")
    assert set(found) == {"registry", "order", "caregiver", "subsidy", "ledger"} and healthy(list(found.values()))
    assert "台账" in found["ledger"].what
    assert [f.level for f in told(sound, "模块").values()] == ["ok"]


def test_what_does_not_answer_or_cannot_be_read_is_found(sound: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIGUAN_SOURCE_ORDER_URL", f"postgresql+psycopg://reader@127.0.0.1:{free_port()}/sources")
    sound.database("registry", "LNR", ["LNR_ID text", "SFZHM text", "XM text", "SQ text", "XG_SJ text"], [])
    book = next((sound.layout.sources / "caregiver").iterdir())
    book.write_bytes(book.read_bytes()[: book.stat().st_size // 2])
    sound.payments("", name="发放_202611.csv")
    found = told(sound, "来源")
    assert {m: f.level for m, f in found.items()} == {"registry": "bad", "order": "bad", "caregiver": "bad", "subsidy": "warn", "ledger": "ok"}
    assert "连接不上" in found["order"].what and "127.0.0.1" not in found["order"].what + found["order"].todo
    assert "“SFZH”" in found["registry"].what and "发放_202611.csv" in found["subsidy"].what
    assert all(f.todo for m, f in found.items() if m != "ledger")


def test_an_interface_that_nobody_serves_is_found(sound: Tiny) -> None:
    path = sound.region.path / "sources.yaml"
    url = f"http://127.0.0.1:{free_port()}/api"
    path.write_text(path.read_text(encoding="utf-8").replace("{kind: sql, url: 'sqlite:///{sources}/order.sqlite'}", f"{{kind: api, url: '{url}'}}"), encoding="utf-8")
    found = told(sound, "来源")["order"]
    assert found.level == "bad" and "连接不上" in found.what


def test_modules_that_do_not_stand_as_they_should_are_told(sound: Tiny) -> None:
    (sound.layout.sources / "order.sqlite").unlink()
    sound.payments("", name="发放_202611.csv")
    sound.run()
    found = told(sound, "模块")
    assert {m: f.level for m, f in found.items()} == {"order": "warn", "subsidy": "warn"}
    assert "沿用旧数" in found["order"].what and "部分装载" in found["subsidy"].what


def test_a_damaged_file_of_holds_is_told_with_its_cure(sound: Tiny) -> None:
    sound.layout.holds.write_bytes(b"no database" * 99)
    (found,) = told(sound, "待处理报送").values()
    assert found.level == "bad" and "已损坏" in found.what and "yiguan etl run" in found.todo


@pytest.mark.server
def test_of_a_large_table_one_row_is_asked_for(tmp_path: Path) -> None:
    """A view that could not be read to its end within hours gives its first row at once."""
    with postgresql(tmp_path) as url:
        engine = sa.create_engine(url)
        with engine.begin() as con:
            con.execute(sa.text(
                'create view "LNR" as select n::text as "LNR_ID", n::text as "SFZH", n::text as "XM", n::text as "SQ", n::text || pg_sleep(0.2) as "XG_SJ"'
                " from generate_series(1, 100000) n"
            ))  # fmt: skip
        engine.dispose()
        hurried = brisk({"kind": "sql", "url": url, "timeout": 600}, 8)
        assert hurried is not None
        assert glimpse(open_sql(REGISTRY, url, hurried["timeout"]), ELDER, 8) == []
