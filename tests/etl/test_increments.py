"""Whatever is inserted, corrected, deleted and delivered again, in whatever order: the tables end as one complete reading leaves them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl import raw
from etl.checks import compile_contract
from etl.connectors import observed
from etl.connectors.sqlite import SqliteReader, touched
from etl.contract import Table
from etl.raw import Receipt
from etl.reading import Depth
from etl.run import Line, RunResult, connect, run
from tests.etl.conftest import ORDER, ORDERS, TODAY, Tiny, id_number, line

# The tiny orders with a moment of change, read by cursor; and a second payment file beside the first.
CURSOR = replace(
    ORDER, cursor="ordered_at", order_by="ordered_at",
)  # fmt: skip
BY_CURSOR = replace(ORDERS, tables=[CURSOR])
TABLES = ("registry_elder", "order_order", "subsidy_payment")
START = datetime(2026, 9, 1, 8)
real, hashed = SqliteReader._query, SqliteReader.fingerprint


def by_cursor() -> Line:
    """The tiny line, its orders read by cursor."""
    plain = line()
    return Line([c if c.module != "order" else BY_CURSOR for c in plain.contracts], plain.marts, plain.indicators, None)


@dataclass
class World:
    """What the outside systems hold."""

    orders: dict[str, list[str]] = field(default_factory=dict)
    elders: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    spoilt: set[str] = field(default_factory=set)
    clock: int = 0

    def now(self) -> str:
        """A moment later than all before: a change always moves it on."""
        self.clock += 1
        return f"{START + timedelta(hours=7 * self.clock):%Y-%m-%d %H:%M:%S}"

    def write(self, tiny: Tiny) -> None:
        """Let the systems deliver what they hold."""
        tiny.elders([[k, *v] for k, v in self.elders.items()])
        tiny.orders([[k, *v] for k, v in self.orders.items()] or [["D0", "E1", "2026-09-01 00:00:00", "1", "已完成"]])
        folder = tiny.layout.sources / "subsidy"
        for path in folder.glob("*.csv"):
            path.unlink()
        for file, rows in self.files.items():
            tiny.payments("发放编号,月份,街道代码,金额\n" + "".join(f"{k},{','.join(v)}\n" for k, v in rows.items()) + "合计,,,\n" + '"' * (file in self.spoilt), name=file)


PRICES = ("10", "20.5", "错", "-1", "")
STEP = st.one_of(
    st.tuples(st.just("order"), st.integers(0, 6), st.sampled_from(["E1", "E2", "E7"]), st.sampled_from(PRICES)),
    st.tuples(st.just("drop order"), st.integers(0, 6)),
    st.tuples(st.just("elder"), st.integers(1, 4), st.sampled_from(["330105001051", "330105002051", "999"])),
    st.tuples(st.just("drop elder"), st.integers(2, 4)),
    st.tuples(st.just("payment"), st.integers(1, 3), st.integers(0, 4), st.sampled_from(PRICES)),
    st.tuples(st.just("drop file"), st.integers(2, 3)),
    st.tuples(st.just("spoil file"), st.integers(1, 3)),
    st.tuples(st.just("run"), st.sampled_from(["quick", "keys", "keys", "full"])),
)


def play(world: World, step: tuple[Any, ...]) -> None:
    """One thing that happens in the outside systems."""
    match step:
        case ("order", n, elder, price):
            world.orders[f"D{n}"] = [elder, world.now(), price, "已完成"]
        case ("drop order", n):
            world.orders.pop(f"D{n}", None)
        case ("elder", n, place):
            world.elders[f"E{n}"] = [id_number(n), "张三", place, world.now()]
        case ("drop elder", n):
            world.elders.pop(f"E{n}", None)
        case ("payment", file, n, amount):
            rows = world.files.setdefault(f"发放_20260{file}.csv", {})
            rows[f"F{n}"] = [f"2026-{8 + n % 3:02d}", "330105001", amount]
        case ("spoil file", file):
            world.spoilt ^= {f"发放_20260{file}.csv"}
        case ("drop file", file):
            world.files.pop(f"发放_20260{file}.csv", None)


def held(tiny: Tiny) -> dict[str, list[tuple[Any, ...]]]:
    """The checked tables, findings (without line numbers of tables that have none), marts, figures and counts."""
    with duckdb.connect(str(tiny.layout.work), read_only=True) as con:
        found = {t: con.execute(f"select * from checked.{t} order by all").fetchall() for t in TABLES}
        for table in ("quarantine", "warning"):
            found[table] = con.execute(
                f"select module, source, line, row_key, column_name, value_masked, rule, sentence, community_code"
                f" from state.{table} order by all"
            ).fetchall()
        found["counts"] = con.execute(
            "select module, table_name, read, loaded, quarantined, superseded, warned, money_read, money_loaded, money_quarantined,"
            " money_superseded, skipped from state.delivery order by all"
        ).fetchall()
        found["month"] = con.execute("select * from marts.month order by all").fetchall()
        for mart in (*(m.name for m in line().marts), "figure"):
            found[mart] = con.execute(f"select * from marts.{mart} order by all").fetchall()
    return found


@pytest.fixture(scope="module")
def counter() -> Iterator[int]:
    """Numbers for the folders of the examples."""
    return iter(range(10**6))


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=3, max_size=9))
def test_any_history_ends_as_one_complete_reading(tiny: Tiny, tmp_path: Path, counter: Iterator[int], steps: list[tuple[Any, ...]]) -> None:
    world = World()
    for n in range(1, 4):
        play(world, ("elder", n, "330105001051"))
        play(world, ("order", n, f"E{n}", "10"))
    play(world, ("payment", 1, 0, "5"))
    mine = Tiny(tiny.region, replace(tiny.layout, region_key=f"run{next(counter)}"))
    mine.layout.sources.mkdir(parents=True)
    world.write(mine)
    told = [go(mine, "keys")]
    for step in steps:
        if step[0] == "run":
            world.write(mine)
            told.append(go(mine, step[1]))
        else:
            play(world, step)
    world.spoilt.clear()
    world.write(mine)
    told.append(go(mine, "keys"))
    assert not go(mine, "quick").published
    assert not go(mine, "keys").published
    for result in told:
        for row in result.loads:
            assert row["read"] == row["loaded"] + row["quarantined"] + row["superseded"]
    afresh = Tiny(tiny.region, replace(mine.layout, region_key=f"afresh{next(counter)}"))
    afresh.layout.sources.mkdir(parents=True)
    world.write(afresh)
    go(afresh, "keys")
    was, now = held(afresh), held(mine)
    for table in was:
        assert now[table] == was[table], table


def test_keys_are_held_against_each_other_only_where_their_sums_differ(tiny: Tiny) -> None:
    world = World()
    for n in range(1, 9):
        play(world, ("elder", n, "330105001051"))
        play(world, ("order", n, f"E{n}", "10"))
    world.write(tiny)
    go(tiny, "keys")
    con = connect(tiny.layout)
    (compiled,) = compile_contract(BY_CURSOR)
    batch, rows = con.execute("select batch, read from state.delivery where module = 'order'").fetchall()[0]
    reader, known = SqliteReader(BY_CURSOR, tiny.layout.sources / "order.sqlite"), Receipt(batch, rows, 0, 0)
    try:
        assert raw.strike(con, compiled, reader.keys(CURSOR), known) is known
        assert con.execute("from duckdb_tables() where table_name in ('there', 'here')").fetchall() == []
    finally:
        con.close()
    # As many rows as before, none of them new: only the keys tell.
    world.orders["D77"] = world.orders.pop("D1")
    world.write(tiny)
    assert not go(tiny, "quick").published
    assert go(tiny, "keys").published
    with duckdb.connect(str(tiny.layout.work), read_only=True) as work:
        assert {k for (k,) in work.execute("select order_id from checked.order_order").fetchall()} == world.orders.keys()


def go(tiny: Tiny, depth: Depth) -> RunResult:
    """Run the line; a mistake in it must not hide behind an exit code."""
    result = run(tiny.region, tiny.layout, line=by_cursor(), today=TODAY, depth=depth)
    assert result.exit_code in (0, 3), result.message
    return result


def orders(tiny: Tiny, prices: dict[str, str]) -> None:
    """Orders of September, each at an hour of its own by its number."""
    tiny.orders([[key, "E1", f"2026-09-0{key[1]} 08:00:00", price, "已完成"] for key, price in prices.items()])


def loaded(tiny: Tiny) -> dict[str, str]:
    with duckdb.connect(str(tiny.layout.work), read_only=True) as con:
        return {key: str(price) for key, price in con.execute("select order_id, price from checked.order_order").fetchall()}


def test_a_micro_batch_neither_hashes_a_large_file_nor_opens_one_that_nobody_touched(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etl.connectors.base.SETTLED_NS", 0)
    orders(tiny, {"D1": "10", "D9": "30"})
    go(tiny, "keys")
    go(tiny, "quick")  # the first delivery was read ahead, without a glance at the file

    def not_to_be(self: SqliteReader, *_: object) -> Iterator[None]:
        raise AssertionError(f"{self.path} was opened or hashed")

    with monkeypatch.context() as closed:
        closed.setattr(SqliteReader, "_query", lambda self, table, *a: not_to_be(self) if table.cursor else real(self, table, *a))
        assert not go(tiny, "quick").published
    orders(tiny, {"D1": "10", "D9": "31"})
    with monkeypatch.context() as unhashed:
        unhashed.setattr(SqliteReader, "fingerprint", lambda self, table: not_to_be(self) if table.cursor else hashed(self, table))
        assert go(tiny, "quick").published
    assert loaded(tiny) == {"D1": "10.00", "D9": "31.00"}


def test_at_night_a_large_file_is_hashed_only_where_nobody_touched_it(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etl.connectors.base.SETTLED_NS", 0)
    orders(tiny, {"D1": "10", "D9": "30"})
    go(tiny, "keys")
    go(tiny, "quick")
    orders(tiny, {"D1": "10", "D8": "32"})
    asked: list[str] = []
    monkeypatch.setattr(SqliteReader, "fingerprint", lambda self, table: asked.append(table.name) if table.cursor else hashed(self, table))
    go(tiny, "keys")
    assert loaded(tiny) == {"D1": "10.00", "D8": "32.00"}
    assert asked == []
    go(tiny, "keys")
    assert set(asked) == {"order"}


def test_what_was_read_of_a_database_ahead_counts_until_somebody_touches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etl.connectors.base.SETTLED_NS", 0)
    path = tmp_path / "order.sqlite"

    def write(price: str) -> None:
        with sqlite3.connect(path) as con:
            con.execute("create table if not exists DD (DD_ID text, LNR_ID text, XD_SJ text, JE text, ZT text)")
            con.execute("insert into DD values (?, 'E1', '2026-09-09 08:00:00', ?, '已完成')", (f"D{price}", price))
        con.close()

    def told(reader: SqliteReader) -> tuple[list[str], list[str], list[str]]:
        with observed.observing() as seen:
            changed = [key for rows in reader.changed(CURSOR, START) for key in rows.column("DD_ID").to_pylist()]
            keys = [key for rows in reader.keys(CURSOR) for key in rows.column("c0").to_pylist()]
        return changed, keys, seen.headers["order"]

    write("1")
    reader, columns = SqliteReader(BY_CURSOR, path), ["DD_ID", "LNR_ID", "XD_SJ", "JE", "ZT"]
    reader.look_ahead(CURSOR, START, 1 << 20, keys=True)
    with monkeypatch.context() as closed:
        closed.setattr(SqliteReader, "_query", None)
        assert told(reader) == (["D1"], ["D1"], columns)
    reader.look_ahead(CURSOR, START, 1 << 20, keys=True)
    write("2")
    assert told(reader) == (["D1", "D2"], ["D1", "D2"], columns)
    reader.look_ahead(CURSOR, START, 1, keys=True)  # too much to hold
    asked: list[Table] = []
    monkeypatch.setattr(SqliteReader, "_query", lambda self, table, *a: asked.append(table) or real(self, table, *a))
    assert told(reader) == (["D1", "D2"], ["D1", "D2"], columns)
    assert len(asked) == 2


def test_what_changed_is_found_by_the_indexes_that_a_system_has(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "order.sqlite") as con:
        con.execute("create table DD (DD_ID text, LNR_ID text, XD_SJ text, JE text, ZT text)")
        con.executescript("create index a on DD (DD_ID); create index b on DD (XD_SJ);")
        texts = {c: f"coalesce(\"{c}\", '')" for c in ("DD_ID", "LNR_ID", "XD_SJ", "JE", "ZT")}
        sql = touched(CURSOR, texts).replace("{table}", "DD")
        plan = " ".join(row[3] for row in con.execute(f"explain query plan select * from DD where {sql}", ("2026", "2026")))
    assert "SEARCH DD USING INDEX a" in plan
    assert "SCAN DD" not in plan
