"""The product's own ledger as a source: counts by month, nobody's name, no fault where there is nothing yet."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from sqlalchemy import update

from dashboard.ledger.audit import append
from dashboard.ledger.models import AuditLine
from dashboard.ledger.store import Ledger, open_ledger
from etl import clock
from etl.connectors import NothingYetError, open_reader
from etl.indicators.product import sign_ins
from etl.martfile import marts
from etl.run import DONE, Line, run
from etl.sources.ledger.contract import contract
from tests.etl.conftest import TODAY, Tiny
from tests.etl.reading import read
from tests.support.tamper import unlock

EVENT = contract.tables[0]


@pytest.fixture
def ledger(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger where the product keeps it, on a day in November."""
    monkeypatch.delenv("YIGUAN_LEDGER_URL", raising=False)
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    return open_ledger(f"sqlite:///{tiny.layout.ledger}")


def write(ledger: Ledger, *lines: tuple[str, str, str]) -> None:
    """Audit lines of (moment, account, action); the moments are set afterwards, as only time itself could."""
    unlock(ledger)
    with ledger.write() as session:
        for at, account, action in lines:
            line = append(session, account, action, "某对象", "某明细", "10.0.0.1")
            session.execute(update(AuditLine).where(AuditLine.id == line.id).values(at=f"{at}T09:00:00.000000"))


def gather(tiny: Tiny) -> tuple[int, list[dict]]:
    """Run the line with the ledger alone; the exit code and how the modules stand."""
    head = tiny.region.path / "sources.yaml"
    head.write_text('modules:\n  ledger:\n    kind: ledger\n    url: "{ledger}"\n', encoding="utf-8")
    found = [m for m in marts() if m.name == "ledger_month"]
    region = type(tiny.region).load(tiny.region.path)
    result = run(region, tiny.layout, line=Line([contract], found, {sign_ins.code: sign_ins}, None), today=TODAY)
    assert not result.message, result.message
    return result.exit_code, result.modules


def test_before_the_first_start_there_is_nothing_and_nothing_is_wrong(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YIGUAN_LEDGER_URL", raising=False)
    code, modules = gather(tiny)
    assert code == DONE and modules[0]["status"] == "ok" and "尚未建立" in modules[0]["message"]
    assert not tiny.layout.ledger.exists()
    assert read(tiny.layout, "select count(*) from figure") == [(0,)]


def test_a_month_that_has_not_ended_is_not_read(tiny: Tiny, ledger: Ledger) -> None:
    write(ledger, ("2026-11-03", "wang", "登录"))
    code, modules = gather(tiny)
    assert code == DONE and modules[0]["status"] == "ok"
    write(ledger, ("2026-10-03", "wang", "登录"))
    assert gather(tiny)[0] == DONE
    assert read(tiny.layout, "select month, action, events from ledger_month") == [("2026-10", "登录", 1)]


def test_events_are_counted_and_no_name_leaves_the_ledger(tiny: Tiny, ledger: Ledger) -> None:
    write(
        ledger,
        ("2026-09-30", "wang", "登录"), ("2026-10-01", "wang", "登录"), ("2026-10-31", "chenli", "登录"), ("2026-10-31", "wang", "export"),
    )  # fmt: skip
    gather(tiny)
    rows = read(tiny.layout, "select month, action, events, accounts from ledger_month order by all")
    assert rows == [("2026-09", "登录", 1, 1), ("2026-10", "export", 1, 1), ("2026-10", "登录", 2, 2)]
    assert read(tiny.layout, "select part from figure where indicator = 'sign_ins' and month = '2026-10'") == [(2.0,)]
    with duckdb.connect(str(tiny.layout.work), read_only=True) as con:
        tables = con.execute("select table_schema, table_name from information_schema.tables where table_name like 'ledger%'").fetchall()
        for schema, table in tables:
            kept = str(con.execute(f'select * from "{schema}"."{table}"').fetchall())
            assert not any(word in kept for word in ("wang", "chenli", "某对象", "某明细", "10.0.0.1")), table


def test_what_happens_today_does_not_make_a_new_delivery(tiny: Tiny, ledger: Ledger) -> None:
    write(ledger, ("2026-10-01", "wang", "登录"))
    spec = {"kind": "ledger", "url": f"sqlite:///{tiny.layout.ledger}"}
    before = open_reader(contract, spec, Path("unused")).fingerprint(EVENT)
    write(ledger, ("2026-11-20", "wang", "登录"))
    assert open_reader(contract, spec, Path("unused")).fingerprint(EVENT) == before
    write(ledger, ("2026-10-31", "wang", "export"))
    assert open_reader(contract, spec, Path("unused")).fingerprint(EVENT) != before


def test_an_empty_ledger_is_nothing_yet(tiny: Tiny, ledger: Ledger) -> None:
    with pytest.raises(NothingYetError, match="还没有完整月份"):
        open_reader(contract, {"kind": "ledger", "url": f"sqlite:///{tiny.layout.ledger}"}, Path("unused"))
