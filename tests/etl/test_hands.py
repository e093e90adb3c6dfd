"""Marts built two at a time: each waits for what it reads, one that fails is named, and what a killed run left beside them is cleared."""

from __future__ import annotations

from threading import Barrier

import duckdb
import pytest

from etl import build, load, rebuild
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


def keyed(name: str, source: str, sql: str) -> Mart:
    return parse(name, f"-- grain: one key\n-- keyed: {source}.k\n-- rows: k\n{sql}")


@pytest.fixture
def chain(con: duckdb.DuckDBPyConnection) -> list[Mart]:
    """Three marts of which each is made of the one before it key by key; built, after which some keys change."""
    con.execute("create table checked.t as select range as k, '1' as n from range(5000)")
    found = [keyed("a", "t", "select k, cast(n as integer) + 1 as n from t"), keyed("b", "a", "select k, n * 10 as n from a"),
             keyed("c", "b", "select k, n + 3 as n from b")]  # fmt: skip
    build.build(con, found, lambda _: None)
    con.execute("update checked.t set n = '5' where k in (7, 4000)")
    con.execute("delete from checked.t where k = 8")
    return found


def of_chain(con: duckdb.DuckDBPyConnection) -> list[tuple[int, int, int]]:
    return con.execute("select n, count(*), count(distinct k) from marts.c group by n order by n").fetchall()


def test_a_part_of_a_mart_is_made_of_what_the_same_run_has_made_of_its_input(con: duckdb.DuckDBPyConnection, chain: list[Mart]) -> None:
    rows = con.execute("select rowid, k from marts.c where k not in (7, 8, 4000)").fetchall()
    heard: list[str] = []
    build.build(con, chain, heard.append)
    assert heard == ["汇总 a", "汇总 b", "汇总 c"]
    assert of_chain(con) == [(23, 4997, 4997), (63, 2, 2)]
    assert con.execute("select rowid, k from marts.c where k not in (7, 4000)").fetchall() == rows  # made by part
    build.build(con, chain, heard.append)
    assert len(heard) == 3


def test_a_part_that_fails_is_named_and_the_mart_stays_as_it_was(con: duckdb.DuckDBPyConnection, chain: list[Mart]) -> None:
    was = of_chain(con), con.execute("from marts.a order by all").fetchall()
    con.execute("update checked.t set n = 'five' where k = 9")
    with pytest.raises(MartError, match=r"etl/marts/a\.sql.*five"):
        build.build(con, chain, lambda _: None)
    assert (of_chain(con), con.execute("from marts.a order by all").fetchall()) == was
    con.execute("update checked.t set n = '1' where k = 9")
    build.build(con, chain, lambda _: None)
    assert of_chain(con) == [(23, 4997, 4997), (63, 2, 2)]


def test_what_two_have_no_memory_for_is_made_alone(con: duckdb.DuckDBPyConnection, chain: list[Mart], monkeypatch: pytest.MonkeyPatch) -> None:
    real, refused = rebuild.make, []

    def make(own: duckdb.DuckDBPyConnection, mart: Mart, parts: list[rebuild.Part]) -> None:
        if own is not con:
            refused.append(mart.name)
            raise duckdb.OutOfMemoryException("too much")
        real(own, mart, parts)

    monkeypatch.setattr(rebuild, "make", make)
    build.build(con, [*chain, mart("whole", "select count(*) as n from c")], lambda _: None)
    assert refused == ["a", "b", "c", "whole"]
    assert of_chain(con) == [(23, 4997, 4997), (63, 2, 2)]
    assert con.execute("select n from marts.whole").fetchall() == [(4999,)]


def test_what_a_killed_run_left_beside_the_marts_is_cleared(con: duckdb.DuckDBPyConnection) -> None:
    con.execute('create table marts."gone__new" as select 1 as n')
    build.build(con, [mart("good", "select 1 as n")], lambda _: None)
    assert con.execute("select table_name from duckdb_tables() where ends_with(table_name, '__new')").fetchall() == []
