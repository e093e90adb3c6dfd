"""Single statements share a few connections, however many threads ask."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event

from dashboard import ledger
from dashboard.ledger import store


def test_a_hundred_threads_need_no_more_than_a_few_connections(tmp_path: Path) -> None:
    book = ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    made: list[object] = []
    event.listen(book.engine, "connect", lambda connection, _: made.append(connection))
    ready = threading.Barrier(100)

    def ask(number: int) -> object:
        ready.wait(20)
        return [book.fetch("select ?", (number + turn,)) for turn in range(20)]

    with ThreadPoolExecutor(100) as pool:
        assert list(pool.map(ask, range(100))) == [[(n + turn,) for turn in range(20)] for n in range(100)]
    assert 1 <= len(made) <= store.READERS
    book.close()


def test_what_is_not_urgent_does_not_wait_behind_other_writers(tmp_path: Path) -> None:
    book = ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    for _ in range(store.WRITERS):
        book._touching.turns.acquire()
    book.execute("create table left_undone (x)", (), urgent=False)
    with pytest.raises(sqlite3.OperationalError, match="left_undone"):
        book.fetch("select count(*) from left_undone", ())
    assert book.fetch("select 1", ()) == (1,)
    book.close()
