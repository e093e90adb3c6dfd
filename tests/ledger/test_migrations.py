"""The ledger's steps: they make what the models say, one after the other, from an old ledger too, and whoever comes second waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, select, text

from dashboard import ledger
from dashboard.access import passwords
from dashboard.ledger import Account, LedgerError, migrations
from dashboard.ledger.audit import record, verify
from dashboard.ledger.models import Base
from tests.support.old_ledger import make_old_ledger


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    yield f"sqlite:///{tmp_path / 'ledger.sqlite'}"


def differences(url: str) -> list[Any]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    return list(found)


def test_the_steps_have_one_end_and_one_line() -> None:
    script = ScriptDirectory.from_config(migrations._config(None))
    steps = list(script.walk_revisions())
    assert script.get_heads() == [migrations.head()] and script.get_base() == "0001"
    assert all(isinstance(step.down_revision, str | None) for step in steps), "a step comes after exactly one other"
    assert all(Path(step.path).name.startswith(f"{step.revision}_") for step in steps)


def test_a_new_ledger_is_what_the_models_say(url: str) -> None:
    ledger.open(url).close()
    assert differences(url) == []


def test_an_old_ledger_keeps_its_accounts_and_its_audit_trail(url: str) -> None:
    make_old_ledger(url, passwords.hash_password("Old-Secret-26"), lines=3)
    held = ledger.open(url)
    assert differences(url) == [] and verify(held) == []
    with held.read() as session:
        account = session.scalars(select(Account)).one()
        assert (account.username, account.area_code, account.must_change) == ("wang.min", "330105001000", False)
        assert passwords.matches(account.password_hash, "Old-Secret-26")
    record(held, "wang.min", "退出登录")
    assert verify(held) == [] and held.fetch("select max(id) from audit where ? = 1", (1,)) == (4,)
    held.close()


def test_two_that_open_at_once_agree(url: str) -> None:
    make_old_ledger(url, "x")
    start, failures = threading.Barrier(4), []

    def open_it() -> None:
        start.wait()
        try:
            ledger.open(url).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and differences(url) == []


def test_a_ledger_of_a_newer_version_is_left_alone(url: str) -> None:
    held = ledger.open(url)
    held.execute("update alembic_version set version_num = ?", ("9999",))
    held.close()
    with pytest.raises(LedgerError, match="更新的版本"):
        ledger.open(url)


def test_a_step_that_fails_leaves_the_ledger_as_it_was(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make_old_ledger(url, "x")
    from alembic import op

    monkeypatch.setattr(op, "create_table", lambda *_a, **_k: (_ for _ in ()).throw(RuntimeError("disk")))
    with pytest.raises(LedgerError):
        ledger.open(url)
    engine = create_engine(url)
    assert "must_change" not in {c["name"] for c in inspect(engine).get_columns("account")}
    assert not inspect(engine).has_table("alembic_version")
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from audit")).scalar() == 3
    engine.dispose()
    monkeypatch.undo()
    ledger.open(url).close()
    assert differences(url) == []


def test_sqlite_keeps_foreign_keys_and_a_write_ahead_log(url: str) -> None:
    held = ledger.open(url)
    assert held.fetch("pragma foreign_keys", ()) == (1,) and held.fetch("pragma journal_mode", ()) == ("wal",)
    held.close()
