"""After a night in which elders moved, died, turned out to be one person and took another card, every mart is what building it whole gives."""

from __future__ import annotations

import os
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from data.simulator.api import playing
from etl import build, clean, clock, delivered, load
from etl.freshness import Freshness, _stamp
from etl.labels import FINE, SHARES
from etl.load import contracts
from etl.martfile import MartError, marts, parse
from etl.paths import Layout
from etl.rebuild import Cover, Part, aside, cover, make, take
from etl.run import connect, run
from tests.conftest import Demo
from tests.support.published import reader

ELDER, ORDER = "LNR_JBXX", "FWDD"


def test_what_a_night_touched_and_a_complete_building_are_the_same(small_demo: Demo, tmp_path: Path) -> None:
    layout = Layout(tmp_path, small_demo.layout.region_key)
    shutil.copytree(small_demo.layout.base, layout.base)
    with playing(layout.sources):
        stranger = forget(layout)
        run(small_demo.region, layout, depth="keys")
        before = table(layout, "order_fact")
        others = concerned(layout)
        happen(layout.sources, others, stranger)
        heard: list[str] = []
        result = run(small_demo.region, layout, depth="keys", progress=heard.append)
    assert result.published, result.message
    assert "汇总 order_fact" in heard
    now = table(layout, "order_fact")
    # Orders of many months follow the elder who moved; most others are where they were.
    assert len({row[0] for row in now - before}) > 3
    assert len(now & before) > 0.5 * len(before)
    con = connect(layout)
    try:
        for mart in marts():
            con.execute(f"create or replace temp table afresh as {mart.sql}")
            counts = [
                con.execute(f"select count(*), sum(hash(t)) from {where} as t").fetchall() for where in (f"marts.{mart.name}", "temp.afresh")
            ]
            assert counts[0] == counts[1], mart.name
        for table_name, loaded in con.execute("select module || '_' || table_name, loaded from state.delivery").fetchall():
            assert con.execute(f"select count(*) from checked.{table_name}").fetchall() == [(loaded,)], table_name
        remembered_is_counted(con)
        places = con.execute("from state.delivered order by all").fetchall()
        con.execute("delete from state.delivered_by")
        delivered.lay(con, contracts())
        assert con.execute("from state.delivered order by all").fetchall() == places
        held = dict(con.execute("select source, count(*) from state.content group by source").fetchall())
        assert held["elder_present"] > SHARES
    finally:
        con.close()
    with reader(result.snapshot) as file, duckdb.connect(str(layout.work), read_only=True) as work:
        for shown in ("order_fact", "elder_month", "figure", "provider_figure"):
            sql = f"select count(*), sum(hash(t)) from {{}}{shown} as t"
            assert file.execute(sql.format("")).fetchall() == work.execute(sql.format("marts.")).fetchall(), shown


def remembered_is_counted(con: duckdb.DuckDBPyConnection) -> None:
    """What was brought along through changes of a few rows is what counting the tables anew gives."""
    fresh = Freshness(con)
    current = [(source, by) for (source, by), at in fresh.known.items() if at == _stamp(fresh.tokens.get(source, ""))]
    assert {"order_order", "order_fact", "elder_month", "inspection_penalty"} <= {source for source, _ in current}
    was = {(source, by): fresh.contents(source, by) for source, by in current}
    con.execute("begin")
    con.execute("delete from state.counted")
    again = Freshness(con)
    for (source, by), contents in was.items():
        assert again.contents(source, by) == contents, (source, by)
    con.execute("rollback")


def table(layout: Layout, name: str) -> set[tuple[object, ...]]:
    """The rows of a mart that tell whose it is: month, order, elder, community."""
    with duckdb.connect(str(layout.work), read_only=True) as con:
        return set(con.execute(f"select month, order_id, elder_id, community_code from marts.{name}").fetchall())


def forget(layout: Layout) -> str:
    """Strike an elder who has a device that raised alarms from the register; the number."""
    with duckdb.connect(str(layout.work), read_only=True) as con:
        (number,) = con.execute(
            "select d.elder_id from checked.device_device as d join checked.device_alarm using (device_id) join checked.registry_elder using (elder_id)"
            " group by 1 order by count(*) desc, 1 limit 1"
        ).fetchall()[0]
    with sqlite3.connect(layout.sources / "registry.sqlite") as con:
        con.execute(f"delete from {ELDER} where LNR_ID = ?", [number])
    return str(number)


def concerned(layout: Layout) -> list[str]:
    """Elders whom many kinds of records are about, two of each kind."""
    kinds = ("volunteer_visit", "device_device", "bed_stay", "time_bank_request", "call_call", "adaptation_family_bed", "medical_signing")
    most = "select elder_id from checked.{} semi join checked.registry_elder using (elder_id) group by 1 order by count(*) desc, 1 limit 2"
    with duckdb.connect(str(layout.work), read_only=True) as con:
        return [elder for kind in kinds for (elder,) in con.execute(most.format(kind)).fetchall()]


def happen(sources: Path, others: list[str], stranger: str) -> None:
    """Elders move, die, change their card; one is registered again under another number; orders come, go and are corrected."""
    moment, later = (f"{clock.now() - timedelta(minutes=m):%Y-%m-%d %H:%M:%S}" for m in (2, 1))
    with sqlite3.connect(sources / "order.sqlite") as con:
        served = [e for (e,) in con.execute(f"select LNR_ID from {ORDER} group by 1 order by count(*) desc, 1 limit 6")]
        columns = [c[1] for c in con.execute(f"pragma table_info({ORDER})")]
        picks = ", ".join({"DD_ID": "DD_ID || '-N'", "XG_SJ": f"'{moment}'"}.get(c, c) for c in columns)
        con.execute(f"insert into {ORDER} select {picks} from {ORDER} order by XD_SJ desc limit 20")
        con.execute(f"update {ORDER} set LNR_ID = ?, XG_SJ = ? where rowid % 400 = 0", [served[0], moment])
        con.execute(f"delete from {ORDER} where rowid % 501 = 0")
    with sqlite3.connect(sources / "registry.sqlite") as con:
        other = con.execute(f"select JZ_SQ from {ELDER} where LNR_ID <> ? and JZ_SQ not in"
                            f" (select JZ_SQ from {ELDER} where LNR_ID = ?) order by rowid limit 1", [served[0], served[0]]).fetchone()[0]  # fmt: skip
        con.execute(f"update {ELDER} set JZ_SQ = ?, XG_SJ = ? where LNR_ID in (?, ?)", [other, moment, *served[:2]])
        con.execute(f"update {ELDER} set ZT = '死亡', ZT_RQ = '2026-03-02', XG_SJ = ? where LNR_ID = ?", [moment, served[2]])
        for k, elder in enumerate(others):  # of each kind one moves and one dies
            con.execute(f"update {ELDER} set XG_SJ = ?, {'JZ_SQ = ?' if k % 2 else 'ZT = ?'} where LNR_ID = ?", [moment, other if k % 2 else "死亡", elder])
            con.execute(f"update {ELDER} set ZT_RQ = '2026-02-03' where LNR_ID = ? and ZT = '死亡' and ZT_RQ is null", [elder])
        con.execute(f"update {ELDER} set FWK_NO = 'HZ99999999', XG_SJ = ? where LNR_ID = ?", [moment, served[3]])
        columns = [c[1] for c in con.execute(f"pragma table_info({ELDER})")]
        again = ", ".join({"LNR_ID": f"'{stranger}'", "XG_SJ": f"'{moment}'", "JZ_SQ": f"'{other}'"}.get(c, c) for c in columns)
        con.execute(f"insert into {ELDER} select {again} from {ELDER} where LNR_ID = ?", [served[4]])
        con.execute(f"update {ELDER} set XG_SJ = ? where LNR_ID = ?", [later, served[4]])  # the record that stands for both
    with sqlite3.connect(sources / "inspection.sqlite") as con:  # two tables of one module
        con.execute("update JC_CF set JE = JE + 1 where CF_ID = (select min(CF_ID) from JC_CF)")
        con.execute("update JC_CZ set WH = '更正' where CZ_ID = (select min(CZ_ID) from JC_CZ)")
    for name in ("order", "registry", "inspection"):
        os.utime(sources / f"{name}.sqlite")


def exchange(con: duckdb.DuckDBPyConnection, fresh: Freshness, where: str, rows: str) -> None:
    """Have a part of the mart m made anew, as a build does."""
    mart, made = parse("m", "-- grain: x\nselect 1"), [Part(where, rows)]
    with aside(con):
        make(con, mart, made)
        con.execute("begin")
        take(con, mart, made, fresh)
        fresh.built("m", {}, "definition")
        con.execute("commit")


def test_of_a_part_only_the_rows_that_differ_are_exchanged() -> None:
    con = duckdb.connect()
    clean.prepare(con, [])
    load.prepare(con, [])
    con.execute("create schema marts")
    con.execute("create table marts.m as select * from (values ('a', 1), ('a', 1), ('b', 2), ('c', 3), ('d', 4)) as t(k, n)")
    fresh = Freshness(con)
    fresh.built("m", {}, "definition")
    for by in ("", '"k"'):
        fresh.contents("m", by)
    was = con.execute("select rowid, k, n from marts.m order by all").fetchall()
    exchange(con, fresh, "k <> 'd'", "select 3 as n, 'c' as k union all select * from (values (1, 'a'), (5, 'b'), (1, 'e'), (1, 'e'))")
    now = con.execute("select rowid, k, n from marts.m order by all").fetchall()
    assert sorted(row[1:] for row in now) == [("a", 1), ("b", 5), ("c", 3), ("d", 4), ("e", 1), ("e", 1)]
    assert {row[1] for row in set(was) & set(now)} == {"a", "c", "d"}  # the rows that are equal have not been touched
    remembered = {by: Freshness(con).contents("m", by) for by in ("", '"k"')}
    assert Freshness(con).known == fresh.known
    con.execute("delete from state.counted")
    assert {by: Freshness(con).contents("m", by) for by in remembered} == remembered


def test_rows_that_go_are_found_though_others_have_been_written_meanwhile(tmp_path: Path) -> None:
    con = duckdb.connect(str(tmp_path / "work.duckdb"))
    clean.prepare(con, [])
    load.prepare(con, [])
    con.execute("create schema marts")
    con.execute("create table marts.m as select range as k, repeat('x', 40) || range as n from range(1000000)")
    fresh = Freshness(con)
    con.execute("delete from marts.m where k < 500000")
    con.execute("checkpoint")
    con.execute("delete from marts.m where k % 2 = 1")
    con.execute("set checkpoint_threshold = '1MB'")
    mart, made = parse("m", "-- grain: x\nselect 1"), [Part("k = 900000", "select 900000 as k, 'new' as n")]
    with aside(con):
        make(con, mart, made)
        con.execute("create table marts.other as select 1 as n")  # it would have the log worked into the file, and the rows of m moved together
        con.execute("begin")
        take(con, mart, made, fresh)
        con.execute("commit")
    found = "select count(*), count(distinct k), any_value(n) filter (where k = 900000) from marts.m"
    assert con.execute(found).fetchall() == [(250000, 250000, "new")]
    assert con.execute("select current_setting('checkpoint_threshold')").fetchall() == [("976.5 KiB",)]


def test_a_label_is_stale_since_its_rows_changed_or_went_and_no_other_is() -> None:
    con = duckdb.connect()
    clean.prepare(con, [])
    load.prepare(con, [])
    con.execute("create schema marts")
    con.execute("create table marts.m as select * from (values ('a', 1), ('b', 2), ('c', 3)) as t(k, n)")
    fresh, by = Freshness(con), {"m": '"k"'}
    fresh.built("m", {}, "definition")
    for target in ("one", "other"):
        assert fresh.stale(target, by, "definition") is None
        fresh.built(target, by, "definition")
    assert fresh.stale("one", by, "definition") == set()
    exchange(con, fresh, "k <> 'a'", "select 'b' as k, 5 as n")
    assert fresh.stale("one", by, "definition") == {"b", "c"}
    fresh.built("one", by, "definition")
    for again in (fresh, Freshness(con)):  # the next run knows as well
        assert again.stale("one", by, "definition") == set()
        assert again.stale("other", by, "definition") == {"b", "c"}
    # Built as a whole it is counted anew, and what holds what it held is as old as it was.
    con.execute("create or replace table marts.m as select * from (values ('a', 1), ('b', 5), ('d', 6)) as t(k, n)")
    fresh.built("m", {}, "definition")
    assert fresh.stale("one", by, "definition") == {"d"}
    assert fresh.stale("other", by, "another definition") is None


def test_a_mart_that_many_read_is_not_counted_anew_when_it_is_built_as_a_whole() -> None:
    con = duckdb.connect()
    clean.prepare(con, [])
    load.prepare(con, [])
    con.execute("create schema marts")
    con.execute("set search_path = 'marts,checked,main'")
    con.execute("create table checked.t as select k, k % 7 as a, k % 5 as b, k % 3 as c from range(500) as r(k)")
    sql = ["select k, a, b, c, count(*) over () as n from t", *(f"select {pair}, count(*) as n from m group by all" for pair in ("a, b", "b, c", "a, c", "k, a"))]
    declared = [parse("m" if not i else f"m{i}", f"-- grain: x\n{text}") for i, text in enumerate(sql)]

    def built() -> list[str]:
        heard: list[str] = []
        build.build(con, declared, heard.append, Freshness(con))
        for mart in declared:
            con.execute(f"create or replace temp table afresh as {mart.sql}")
            assert con.execute(f"select (select sum(hash(t)) from marts.{mart.name} as t) = (select sum(hash(t)) from temp.afresh as t)").fetchall() == [(True,)]
        fresh = Freshness(con)
        assert len({by for source, by in fresh.known if source == "m" and fresh.known[source, by] == _stamp(fresh.tokens["m"])}) >= 4
        was = {by: fresh.contents("m", by) for source, by in fresh.known if source == "m"}
        con.execute("begin")
        con.execute("delete from state.counted")
        assert {by: Freshness(con).contents("m", by) for by in was} == was
        con.execute("rollback")
        return [text.split()[1] for text in heard]

    assert built() == ["m", "m1", "m2", "m3", "m4"]
    where = "select rowid from marts.m where k = 3"
    row = con.execute(where).fetchall()
    con.execute("update checked.t set c = 9 where k = 400")
    assert built() == ["m", "m2", "m3"]
    assert con.execute(where).fetchall() == row  # it has not been moved
    con.execute("alter table checked.t alter column c set data type varchar")
    assert built() == ["m", "m2", "m3"]


def test_a_change_of_most_keys_in_one_month_is_a_change_of_the_month() -> None:
    wide = {f"2026-05/{n}" for n in range(SHARES // 2)}
    may = frozenset({"2026-05"})
    april = frozenset({"2026-04"})
    assert cover(wide | {"2026-04/7"}) == Cover(may, frozenset({"7"}), within=april)
    assert cover({"2026-05", "2026-04/7", "/9"}) == Cover(may, frozenset({"7"}), frozenset({"9"}), april)
    assert cover({f"/{n}" for n in range(FINE // 2)}) is None
    assert cover({f"2026-{month:02d}/{n}" for month in range(1, 9) for n in range(month * 64, month * 64 + 64)}) is None


def test_keys_over_all_months_are_told_apart_more_finely_than_by_month() -> None:
    con = duckdb.connect()
    con.execute("create table t as select 'E' || k as key from range(100000) as r(k)")
    for found in (Cover(fine=frozenset({"9"})), Cover(shares=frozenset({"9"})), Cover(shares=frozenset({"9"}), fine=frozenset({"10", "70"}))):
        wanted = con.execute(
            "select count(*) from t where list_contains(?, hash(key) % 1024) or list_contains(?, hash(key) % 65536)",
            [sorted(map(int, found.shares)), sorted(map(int, found.fine))],
        ).fetchall()  # fmt: skip
        assert con.execute(f"select count(*) from t where {found.holds('key')}").fetchall() == wanted


@pytest.mark.parametrize("header", ["-- keyed: a.x", "-- rows: x", "-- keyed: b.x\n-- rows: a.n", "-- keyed: a.x*\n-- rows: a.n"])
def test_a_key_needs_the_rows_it_leads_to(header: str) -> None:
    with pytest.raises(MartError, match="keyed needs rows"):
        parse("m", f"-- grain: one\n-- time: month\n{header}\nselect 1")
