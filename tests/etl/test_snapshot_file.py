"""A snapshot made from the one before holds what one made from nothing would, and what does not is found when it is read back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from etl import publish, snapshotfile
from etl.clean import quote
from etl.indicators.base import Total
from etl.martfile import parse
from etl.region import Region, RegionError
from etl.run import Line, RunResult, run
from tests.etl.conftest import TODAY, Tiny, line
from tests.support.published import reader

TABLES = [("order", "work.orders", " order by month"), ("kind", "work.kind", "")]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("create schema work; create table work.kind as select 'a' as kind; set threads = 1")
        con.execute(
            "create table work.orders as select format('2026-{:02d}', 1 + i % 4) as month, i as number, i * 2 as amount from range(4000) as t(i)"
            " union all select '2026-01', -1, 5 union all select '2026-01', -1, 5"
        )
        yield con


def rows(con: duckdb.DuckDBPyConnection, file: Path) -> list[tuple[object, ...]]:
    con.execute(f"attach {quote(file)} as looked (read_only)")
    found = con.execute('select * from looked.main."order" order by all').fetchall()
    con.execute("detach looked")
    return found


@pytest.mark.parametrize("change", [
    "update work.orders set amount = 7 where number = 100",
    "delete from work.orders where number in (4, 8)",
    "insert into work.orders values ('2026-05', 9000, 1)",
    "update work.orders set month = '2026-02' where number = 0",
    "delete from work.orders where number = -1 and rowid = (select min(rowid) from work.orders where number = -1)",
    "delete from work.orders where month = '2026-03'",
])  # fmt: skip
@pytest.mark.parametrize("hint", [{}, {"order": "number in (0, 4, 8, 100, 9000, -1) or month = '2026-03'"}])
def test_what_was_exchanged_is_what_differs(con: duckdb.DuckDBPyConnection, tmp_path: Path, change: str, hint: dict[str, str]) -> None:
    snapshotfile.write(con, tmp_path / "a", TABLES, None)
    con.execute(change)
    written = snapshotfile.write(con, tmp_path / "b", TABLES, tmp_path / "a", None, snapshotfile.Hints(hint))
    assert snapshotfile.differing(con, tmp_path / "b", written.contents, written.tables) is None
    assert rows(con, tmp_path / "b") == con.execute("from work.orders order by all").fetchall()
    assert set(written.tables) == {"order"}, "what stayed is not written"


@pytest.mark.parametrize(("change", "hint"), [
    ("update work.orders set amount = 7 where number in (100, 101)", "number = 100"),  # more has changed than was told
    ("update work.orders set amount = 7 where number = 100", "false"),
])  # fmt: skip
def test_a_hint_that_misleads_is_found_out(con: duckdb.DuckDBPyConnection, tmp_path: Path, change: str, hint: str) -> None:
    snapshotfile.write(con, tmp_path / "a", TABLES, None)
    con.execute(change)
    written = snapshotfile.write(con, tmp_path / "b", TABLES, tmp_path / "a", None, snapshotfile.Hints({"order": hint}))
    assert snapshotfile.differing(con, tmp_path / "b", written.contents, written.tables) == "order"


def test_rows_gone_from_a_month_that_was_not_touched_are_missed(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    snapshotfile.write(con, tmp_path / "a", TABLES, None)
    con.execute("update work.orders set amount = 7 where number = 100")
    written = snapshotfile.write(con, tmp_path / "b", TABLES, tmp_path / "a")
    assert list(written.tables["order"] or ()) == ["2026-01"]
    con.execute(f"attach {quote(tmp_path / 'b')} as harmed")
    con.execute("""delete from harmed.main."order" where month = '2026-04' and number = 3""")
    con.execute("detach harmed")
    assert snapshotfile.differing(con, tmp_path / "b", written.contents, written.tables) == "order"


def passing(con: duckdb.DuckDBPyConnection, before: str, after: str) -> snapshotfile.Hints:
    """Two tables of rows; as the line keeps it: what went from the one and came to the other, each with its hash."""
    con.execute(
        f"create or replace table work.passing as select *, hash(t) as row_hash, -1 as row_passes from {before} as t"
        f" union all select *, hash(t), 1 from {after} as t"
    )
    return snapshotfile.Hints({"order": "false"}, {"order": "work.passing"})


def test_rows_that_were_kept_as_they_passed_are_all_that_is_exchanged(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    snapshotfile.write(con, tmp_path / "a", TABLES, None)
    con.execute("create table work.was as from work.orders where number in (-1, 4, 100, 200)")
    con.execute("update work.orders set amount = 7 where number = 100")
    con.execute("update work.orders set month = '2026-04' where number = 4")
    con.execute("delete from work.orders where number = -1 and rowid = (select min(rowid) from work.orders where number = -1)")  # one of two equal rows
    con.execute("insert into work.orders values ('2026-05', 9000, 1), ('2026-05', 9000, 1)")
    con.execute("create table work.now as from work.orders where number in (-1, 4, 100, 200, 9000)")  # 200 came and went in between
    written = snapshotfile.write(con, tmp_path / "b", TABLES, tmp_path / "a", None, passing(con, "work.was", "work.now"))
    assert snapshotfile.differing(con, tmp_path / "b", written.contents, written.tables) is None
    assert rows(con, tmp_path / "b") == con.execute("from work.orders order by all").fetchall()
    assert set(written.tables["order"] or ()) == {"2026-01", "2026-04", "2026-05"}


@pytest.mark.parametrize(("was", "now"), [
    ("number = 100", "number = 100"),  # a second row has changed beside it
    ("false", "number in (100, 101)"),  # what went is not told
    ("number in (100, 101) or number = 300", "number in (100, 101)"),
])  # fmt: skip
def test_kept_rows_that_do_not_lead_to_what_is_there_are_not_believed(con: duckdb.DuckDBPyConnection, tmp_path: Path, was: str, now: str) -> None:
    snapshotfile.write(con, tmp_path / "a", TABLES, None)
    con.execute(f"create table work.was as from work.orders where {was}")
    con.execute("update work.orders set amount = 7 where number in (100, 101)")
    con.execute(f"create table work.now as from work.orders where {now}")
    hints = snapshotfile.Hints({}, passing(con, "work.was", "work.now").passed)
    written = snapshotfile.write(con, tmp_path / "b", TABLES, tmp_path / "a", None, hints)
    assert snapshotfile.differing(con, tmp_path / "b", written.contents, written.tables) is None
    assert rows(con, tmp_path / "b") == con.execute("from work.orders order by all").fetchall()


STARRED = """-- grain: one rated provider in a month
-- area: street_code
-- time: month
-- columns:
--   month        月份
--   provider_id  单位编号
--   street_code  街道
--   star         星级
select r.month, r.provider_id, '330105001000' as street_code, r.star from rating as r join month as m using (month)"""


def test_a_micro_batch_that_brings_another_policy_alone_shows_its_figures(tiny: Tiny) -> None:
    stars = iter((3, 5, 4))

    def policy(con: duckdb.DuckDBPyConnection, region: Region, note: object, **_: object) -> None:
        con.execute(f"insert into marts.rating by name select 'P1' as provider_id, month, {next(stars)} as star from marts.month")

    plain = line()
    given = Total("stars", name="星级之和", mart="provider_star", value="star", levels=(1, 2), group="测试", definition="测试", basis="测试")
    mine = Line(plain.contracts, [*plain.marts, parse("provider_star", STARRED)], plain.indicators | {"stars": given}, policy)

    def shown() -> set[tuple[object, ...]]:
        result = run(tiny.region, tiny.layout, line=mine, today=TODAY, depth="quick")
        assert result.published and result.snapshot, result.message
        with reader(result.snapshot) as con:
            return set(con.execute("select part from figure where indicator = 'stars' and area_code = '330105001000'").fetchall())

    approved = tiny.layout.policies / "rating.yaml"
    approved.parent.mkdir(parents=True, exist_ok=True)
    for given_now in (3.0, 5.0, 4.0):
        approved.write_text(f"versions: []  # {given_now}\n", encoding="utf-8")
        assert shown() == {(given_now,)}


def held(snapshot: str) -> list[tuple[object, ...]]:
    with duckdb.connect(snapshot, read_only=True) as con:
        return con.execute("select * from figure order by all").fetchall()


@pytest.mark.parametrize("error", [duckdb.IOException("no more"), duckdb.OutOfMemoryException("too much at a time")])
@pytest.mark.parametrize("very_first", [True, False])
def test_a_snapshot_whose_beginning_fails_is_written_from_nothing(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, very_first: bool, error: duckdb.Error
) -> None:
    if not very_first:
        assert tiny.run().published
        tiny.orders([["D1", "E1", "2026-09-03 08:00:00", "77", "已完成"]])
    real, failed = snapshotfile.Draft.put, []

    def put(self: snapshotfile.Draft, *given: object) -> None:
        if not failed:
            failed.append(threading.current_thread() is not threading.main_thread())
            raise error
        real(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(snapshotfile.Draft, "put", put)
    result = tiny.run()
    assert result.published and failed == [True], "another hand begins it"
    with duckdb.connect(str(tiny.layout.work), read_only=True) as con:
        wanted = con.execute("select * from marts.figure order by all").fetchall()
    assert held(str(result.snapshot)) == wanted
    assert not list(tiny.layout.snapshots.glob("*.tmp*"))


def test_ratings_that_fail_leave_the_snapshot_in_force_and_the_next_run_goes_on(tiny: Tiny) -> None:
    plain, wrong = line(), []

    def policy(*_: object, **__: object) -> None:
        if wrong:
            raise RegionError("policies/rating.yaml: wrong")

    def go() -> RunResult:
        return run(tiny.region, tiny.layout, line=Line(plain.contracts, plain.marts, plain.indicators, policy), today=TODAY)

    before = go()
    approved = tiny.layout.policies / "rating.yaml"
    approved.parent.mkdir(parents=True, exist_ok=True)
    approved.write_text("versions: []\n", encoding="utf-8")
    tiny.orders([["D1", "E1", "2026-09-03 08:00:00", "77", "已完成"]])
    wrong.append(True)
    assert go().exit_code == 1
    assert publish.current(tiny.layout) == before.snapshot
    wrong.clear()
    after = go()
    assert after.published and publish.verify(tiny.layout) is None
    assert held(str(after.snapshot)) != held(str(before.snapshot))
    assert not list(tiny.layout.snapshots.glob("*.tmp*"))
