"""The ledger on a real PostgreSQL server: steps from an old ledger, logins and sessions, and one audit trail written by many at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from dashboard import ledger
from dashboard.access import accounts, passwords
from dashboard.access.demo import seed_demo_accounts
from dashboard.access.sessions import Refused, Sessions
from dashboard.ledger import audit
from etl.paths import DEFAULT_REGION
from etl.region import Region
from tests.ledger.test_migrations import differences
from tests.support.old_ledger import make_old_ledger
from tests.support.servers import postgresql

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("ledger-server")) as url:
        yield url


@pytest.fixture
def url(server: str, request: pytest.FixtureRequest) -> str:
    """An empty database of its own on the server."""
    name = f"t{abs(hash(request.node.name)) % 10**9}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create database {name}"))
    engine.dispose()
    return server.rsplit("/", 1)[0] + f"/{name}"


def all_at_once(work: Any, count: int) -> list[BaseException]:
    start, failures = threading.Barrier(count), []

    def run(number: int) -> None:
        start.wait()
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_two_processes_upgrade_an_old_ledger_once_and_keep_what_is_in_it(url: str) -> None:
    make_old_ledger(url, passwords.hash_password("Old-Secret-26"))
    assert all_at_once(lambda _n: ledger.open(url).close(), 3) == []
    held = ledger.open(url)
    assert differences(url) == [] and audit.verify(held) == []
    assert held.fetch("select username, must_change from account where id = ?", (1,)) == ("wang.min", False)
    sessions = Sessions(held, b"k" * 32, 30, 10)
    token = sessions.log_in("wang.min", "Old-Secret-26", "10.0.0.1")
    assert isinstance(token, str)
    who = sessions.identity(token)
    assert who is not None and who.username == "wang.min" and who.pending == ""
    held.close()


def test_logins_locks_and_changes_are_the_same_as_on_sqlite(url: str) -> None:
    region, held = Region.load(DEFAULT_REGION), ledger.open(url)
    demo = {d.username: d.password for d in seed_demo_accounts(held, region)}
    sessions = Sessions(held, b"k" * 32, 30, 10)
    token = sessions.log_in("street", demo["street"], "10.0.0.1", "browser")
    assert isinstance(token, str) and sessions.identity(token) is not None
    accounts.set_place(held, region, "street", "street", "330105001000", providers=["P1"])
    assert sessions.identity(token) is None  # on the very next look-up
    again = sessions.log_in("street", demo["street"], "10.0.0.1")
    who = sessions.identity(again) if isinstance(again, str) else None
    assert who is not None and who.scope.providers == frozenset({"P1"})
    refused = [sessions.log_in("leader", f"wrong-{n}", "10.0.0.9") for n in range(5)]
    assert all(isinstance(r, Refused) for r in refused) and refused[-1].reason == "locked"  # type: ignore[union-attr]
    assert isinstance(sessions.log_in("leader", demo["leader"], "10.0.0.1"), str)
    accounts.set_active(held, "street", active=False)
    assert sessions.identity(again) is None  # type: ignore[arg-type]
    assert audit.verify(held) == []
    held.close()


def test_the_audit_trail_stays_one_chain_with_many_writers(url: str) -> None:
    books = [ledger.open(url) for _ in range(4)]
    assert all_at_once(lambda n: [audit.record(books[n], f"writer{n}", "导出", str(i)) for i in range(15)], 4) == []
    assert audit.verify(books[0]) == []
    assert books[0].fetch("select count(*), max(id) from audit where ? = 1", (1,)) == (60, 60)
    for book in books:
        book.close()


def test_a_server_that_was_restarted_is_found_again(url: str) -> None:
    held = ledger.open(url)
    audit.record(held, "x", "导出")
    assert held.fetch("select count(*) from audit where ? = 1", (1,)) == (1,)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"))
    engine.dispose()
    assert held.fetch("select count(*) from audit where ? = 1", (1,)) == (1,)
    audit.record(held, "x", "导出")
    assert audit.verify(held) == []
    held.close()


@pytest.mark.parametrize("change", ["update audit set detail = 'x'", "delete from audit", "truncate audit"])
def test_the_database_itself_refuses_to_change_the_trail(url: str, change: str) -> None:
    held = ledger.open(url)
    audit.record(held, "li.si", "登录")
    engine = create_engine(url)
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text(change))
    engine.dispose()
    assert audit.verify(held) == []
    found = held.fetch("select count(*) from audit where account = ?", ("li.si",))
    assert found == (1,)
    held.close()
