"""Whatever is delivered: rows read = loaded + quarantined + superseded, and no cent is lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl import checks, clean, sift
from etl.contract import Choice, Date, Integer, Key, Money, Point, Reference, Table, Text

TABLE = Table(
    name="x", title="测试", source="x", grain="一行", key=["id", "part"], order_by="on", money="amount",
    columns=[
        Key(name="id", source="编号"), Choice(name="part", source="部分", allowed={"甲": 1, "乙": 2}),
        Date(name="on", source="日期", optional=True), Money(name="amount", source="金额"),
        Integer(name="n", source="数", optional=True, minimum=1, maximum=5), Text(name="who", source="人", optional=True, max_length=4),
        Point(name="", source="经", latitude_source="纬", crs_source="系", optional=True),
        Key(name="other", source="参照", optional=True),
    ],
    reject={"金额过大": "amount > 1000", "同编号超过三行": "count(*) over (partition by id) > 3"},
    warn={"没有日期": "\"on\" is null", "同一天两行": "count(*) over (partition by \"on\") > 1"},
    references=[Reference(column="other", table="t_ref", key="k", sentence="参照不存在", severity="reject")],
)  # fmt: skip
MESS = {
    "编号": ["1", "2", " 3", "'3", "３", "", "3.3E+17", None], "部分": ["甲", "乙", "丙", "", None],
    "日期": ["2026-01-01", "2026.1.2", "2026-02-30", "", "0000-00-00", "无"],
    "金额": ["1", "0.1", "1,234.50元", "１２", "0.5万元", "-3", "x", "", "1.005"], "数": ["1", "9", "2.5", "", "３"],
    "人": ["张", "张三李四王五", "", None], "经": ["120.1", "0", "x", ""], "纬": ["30.2", "0", "", "95"],
    "系": ["GCJ02", "BD09", "CGCS2000", "", "其他"], "参照": ["a", "b", "", None],
}  # fmt: skip
ROW = st.tuples(*(st.sampled_from(v) for v in MESS.values()))


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """A work file in memory with the compiled table's raw table and a table to refer to."""
    made = duckdb.connect()
    clean.prepare(made, [], date(2026, 11, 22))
    checks.outcome_tables(made)
    made.execute("create table checked.t_ref as select 'a' as k")
    columns = ", ".join(f"{clean.name(c)} varchar" for c in MESS)
    made.execute(f"create table raw.t_x ({columns}, _source varchar, _position bigint, _defect varchar, _batch bigint)")
    return made


@settings(max_examples=15, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=25), st.integers(0, 3))
def test_every_row_and_every_cent_is_accounted_for(con: duckdb.DuckDBPyConnection, rows: list[tuple[str | None, ...]], torn: int) -> None:
    compiled = checks.compile("t", TABLE)
    con.execute("delete from raw.t_x; delete from state.quarantine; delete from state.warning")
    con.executemany(
        f"insert into raw.t_x values ({', '.join('?' * len(MESS))}, 'f', ?, ?, 1)",
        [(*row, n, "该行损坏" if n < torn else None) for n, row in enumerate(rows)],
    )
    sift.start(con)
    counts = sift.sift(con, compiled, 1)
    sift.swap(con, compiled)
    counts.verify("t")
    assert counts.read == len(rows)
    listed = con.execute("select count(distinct position), count(*) filter (sentence is null) from state.quarantine").fetchall()[0]
    assert listed == (counts.quarantined, 0), "every rejected row is listed, every reason has a sentence"
    warned = con.execute("select count(distinct position) from state.warning").fetchall()[0][0]
    assert warned == counts.warned
    loaded = con.execute("select count(*), count(distinct (id, part)), coalesce(sum(amount), 0) from checked.t_x").fetchall()[0]
    assert loaded[0] == loaded[1] == counts.loaded
    assert Decimal(loaded[2]) == counts.money_loaded
    bad = {p for (p,) in con.execute("select distinct position from state.quarantine").fetchall()}
    assert bad >= set(range(min(torn, len(rows))))
    good = [r for n, r in enumerate(rows) if n not in bad]
    assert {clean_key(r) for r in good} == {tuple(k) for k in con.execute("select id, part from checked.t_x").fetchall()}


def clean_key(row: tuple[str | None, ...]) -> tuple[str, int]:
    """The key of an acceptable row, in plain Python."""
    return str(row[0]).strip().lstrip("'").replace("３", "3"), {"甲": 1, "乙": 2}[str(row[1])]


def test_the_newest_of_a_key_wins_and_a_bad_newer_one_does_not(con: duckdb.DuckDBPyConnection) -> None:
    compiled = checks.compile("t", TABLE)
    con.execute("delete from raw.t_x")
    for n, (day, amount) in enumerate([("2026-01-01", "1"), ("2026-03-01", "3"), ("2026-02-01", "2"), ("2026-04-01", "x")]):
        con.execute("insert into raw.t_x values ('1', '甲', ?, ?, null, null, null, null, null, null, 'f', ?, null, 1)", [day, amount, n])
    loose = checks.compile("t", type(TABLE)(**{f: getattr(TABLE, f) for f in TABLE.__dataclass_fields__} | {"reject": {}}))
    sift.start(con)
    counts = sift.sift(con, loose, 1)
    sift.swap(con, compiled)
    assert (counts.loaded, counts.quarantined, counts.superseded) == (1, 1, 2)
    assert con.execute("select amount::varchar from checked.t_x").fetchall() == [("3.00",)]


def test_mistakes_in_a_contract_are_found_when_it_is_compiled() -> None:
    for change in ({"key": ["nobody"]}, {"money": "nobody"}, {"reject": {"x": "amount >"}}):
        fields = {f: getattr(TABLE, f) for f in TABLE.__dataclass_fields__} | change
        with pytest.raises(checks.ContractError):
            checks.compile("t", Table(**fields))
