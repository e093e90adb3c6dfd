"""The rows that pass into and out of a mart are kept until a snapshot holds them, and only where they tell all that happened to it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from etl import clean, freshness, load, passing
from etl.freshness import Freshness


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        clean.prepare(con, [])
        load.prepare(con, [])
        con.execute("create schema marts; create table marts.m as select * from (values ('a', 1), ('b', 2), ('c', 3)) as t(k, n)")
        yield con


def exchange(con: duckdb.DuckDBPyConnection, fresh: Freshness, key: str, comes: int) -> None:
    """In the place of the rows of a key comes one with another number."""
    con.execute(f"create or replace temp table coming as select '{key}' as k, {comes} as n")
    con.execute(f"create or replace temp table parting as select rowid as row from marts.m where k = '{key}'")
    with clean.at_once(con):
        fresh.exchange("m", [f"k = '{key}'"], "coming", "parting")


def kept(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int, int]] | None:
    home = passing.rows(con).get("m")
    return con.execute(f"select k, n, {passing.PASSES} from {home} order by all").fetchall() if home else None


def test_the_rows_of_all_runs_are_kept_until_a_snapshot_holds_them(con: duckdb.DuckDBPyConnection) -> None:
    exchange(con, Freshness(con), "a", 5)
    exchange(con, Freshness(con), "b", 6)  # a later run, where the first has not published
    assert kept(con) == [("a", 1, -1), ("a", 5, 1), ("b", 2, -1), ("b", 6, 1)]
    assert con.execute(f"select count(*) from passing.m join marts.m as t using (k, n) where {passing.PASSES} > 0 and {passing.HASH} = hash(t)").fetchall() == [(2,)]
    freshness.held(con)
    assert kept(con) is None
    exchange(con, Freshness(con), "c", 7)
    assert kept(con) == [("c", 3, -1), ("c", 7, 1)]


def test_of_a_mart_that_was_built_as_a_whole_in_between_none_are_kept(con: duckdb.DuckDBPyConnection) -> None:
    fresh = Freshness(con)
    exchange(con, fresh, "a", 5)
    fresh.written("m")
    exchange(con, fresh, "b", 6)
    exchange(con, Freshness(con), "c", 7)
    assert kept(con) is None


def test_what_moved_before_rows_were_kept_is_not_forgotten(con: duckdb.DuckDBPyConnection) -> None:
    fresh = Freshness(con)
    exchange(con, fresh, "a", 5)
    con.execute("drop table passing.m")  # as in a work file of an earlier release
    exchange(con, Freshness(con), "b", 6)
    assert kept(con) is None


def test_very_many_rows_are_not_kept(con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing, "MOST", 3)
    fresh = Freshness(con)
    exchange(con, fresh, "a", 5)
    exchange(con, fresh, "b", 6)
    assert kept(con) is None
    exchange(con, fresh, "c", 7)
    assert kept(con) is None
