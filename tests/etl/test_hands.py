"""Marts built two at a time: each waits for what it reads, one that fails is named, and what a killed run left beside them is cleared."""

from __future__ import annotations

from threading import Barrier

import duckdb
import pytest

from etl import build, load
from etl.hands import hands
from etl.martfile import Mart, MartError, ordered, parse


def mart(name: str, sql: str) -> Mart:
    return parse(name, f"-- grain: one row\n{sql}")


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    for schema in ("raw", "checked", "state", "marts"):
        made.execute(f"create schema {schema}")
    made.execute("set search_path = 'marts,checked,main'")
    load.prepare(made, [])
    return made


def test_two_statements_run_at_the_same_time(con: duckdb.DuckDBPyConnection) -> None:

    both = Barrier(2, timeout=10)

    def meet(own: duckdb.DuckDBPyConnection, number: int) -> tuple[int, int]:
        both.wait()
        return number, len(own.execute("select current_setting('search_path')").fetchall())

    with hands(con) as hand:
        assert [f.result() for f in [hand(meet, 1), hand(meet, 2)]] == [(1, 1), (2, 1)]


def test_a_mart_waits_for_those_that_it_reads(con: duckdb.DuckDBPyConnection) -> None:
    chain = [mart("m0", "select range as n from range(300000)")]
    chain += [mart(f"m{i}", f"select n + 1 as n from m{i - 1} where n % 3 > 0") for i in range(1, 6)]
    chain += [mart("other", "select sum(n) as n from m0")]
    build.build(con, ordered(chain), lambda _: None)
    want = set(range(300000))
    for i in range(1, 6):
        want = {n + 1 for n in want if n % 3}
        assert {n for (n,) in con.execute(f"select n from marts.m{i}").fetchall()} == want


def test_a_mart_that_fails_is_named_and_those_before_it_stand(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(MartError, match=r"etl/marts/wrong\.sql"):
        build.build(con, [mart("good", "select 1 as n"), mart("wrong", "select no_such_column from good")], lambda _: None)
    assert con.execute("select n from marts.good").fetchall() == [(1,)]


def test_what_a_killed_run_left_beside_the_marts_is_cleared(con: duckdb.DuckDBPyConnection) -> None:
    con.execute('create table marts."gone__new" as select 1 as n')
    build.build(con, [mart("good", "select 1 as n")], lambda _: None)
    assert con.execute("select table_name from duckdb_tables() where ends_with(table_name, '__new')").fetchall() == []
