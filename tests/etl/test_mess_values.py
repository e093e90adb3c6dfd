"""Values as they are met in the field, one by one: what they mean, or that they are set aside and never repaired."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from etl import checks, clean, geo, sift
from etl.contract import Date, IdNumber, Key, Money, Month, Point, Table, Text, Timestamp
from tests.etl.test_clean import TODAY, value

BOX = (120.10, 30.26, 120.22, 30.40)


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """A connection with the macros."""
    made = duckdb.connect()
    clean.prepare(made, [], TODAY, BOX)
    checks.outcome_tables(made)
    return made


@pytest.mark.parametrize("text", [
    "110105491231002", "11010519491231002X", "11010519491231002x", " 110105 19491231 002X ", "'11010519491231002X", "’11010519491231002X",
    "１１０１０５１９４９１２３１００２Ｘ", "\u200b11010519491231002X\ufeff", "11010519491231002X\t", "\u300011010519491231002X",
])  # fmt: skip
def test_id_numbers_that_are_understood(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert value(con, "yg_id", con.execute("select yg_text(?)", [text]).fetchall()[0][0]) == "11010519491231002X"


@pytest.mark.parametrize("text", [
    "1.1E+17", "1.1010519491231E+17", "1.1010519491231e+17", "110105194912310000", "11010519491231002.0", "110105194912310021",
    "11010519490230002X", "11010520991231002X", "1101051949123100", "11010519491231002XX", "11010519491231002Ⅹ", "110105194912310O2X", "无法提供",
])  # fmt: skip
def test_damaged_id_numbers_are_never_repaired(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert value(con, "yg_id", text) is None


@pytest.mark.parametrize(("text", "amount"), [
    ("1,234.50元", "1234.50"), ("￥1,234,567", "1234567"), ("１，２３４．５０", "1234.50"), ("1 234.50", "1234.50"), ("3.5万元", "35000"),
    ("(1,234.50)", "-1234.50"), ("（12）", "-12"), ("-5", "-5"), ("－5", "-5"), ("−5", "-5"), ("¥-5", "-5"), ("人民币12元整", "12"),
    ("999999999999.99", "999999999999.99"), ("1000000000000", None), ("6222021234567890", None), ("110105194912310021", None), ("1.1E+17", None),
    ("99999999999999万", None), ("9" * 28, None),
    ("12,34", None), ("1,2,3", None), ("1.234,50", None), ("壹佰元", None), ("12.3元/月", None), ("5-", None), ("((5))", None), ("", None),
])  # fmt: skip
def test_amounts(con: duckdb.DuckDBPyConnection, text: str, amount: str | None) -> None:
    assert value(con, "yg_money", text) == (Decimal(amount) if amount else None)


@pytest.mark.parametrize(("text", "day"), [
    ("2023.5.3", date(2023, 5, 3)), ("2023年5月3日", date(2023, 5, 3)), ("2023/05/03", date(2023, 5, 3)), ("２０２３年５月３号", date(2023, 5, 3)),
    ("45049", date(2023, 5, 3)), ("45049.75", date(2023, 5, 3)), ("20230503", date(2023, 5, 3)), ("2024-02-29", date(2024, 2, 29)),
    ("2023-02-29", None), ("2023-02-30", None), ("20230230", None), ("0000-00-00", None), ("00000000", None), ("2023-13-01", None),
    ("3/5/2023", None), ("60", None), ("二〇二三年五月三日", None), ("98.5.3", None),
])  # fmt: skip
def test_dates(con: duckdb.DuckDBPyConnection, text: str, day: date | None) -> None:
    assert value(con, "yg_date", text) == day


@pytest.mark.parametrize("name", ["𠮷野·𡈼", "阿卜杜拉•买买提", "欧阳\u3000娜娜", "㐂田", "王𩾃"])
def test_rare_names_are_kept_as_delivered(con: duckdb.DuckDBPyConnection, name: str) -> None:
    assert value(con, "yg_text", f" {name}\t") == name


WHO = Table(
    name="who", title="人员", source="who", grain="一人", key=["id"], money="amount",
    columns=[
        Key(name="id", source="编号"), IdNumber(name="id_number", source="身份证号"), Text(name="name", source="姓名", privacy="name"),
        Date(name="registered_on", source="登记日期"), Date(name="left_on", source="离开日期", optional=True),
        Timestamp(name="seen_at", source="时间", optional=True), Money(name="amount", source="金额"),
        Point(name="", source="经度", latitude_source="纬度", title="位置", crs_source="坐标系", optional=True, local=True),
    ],
    reject={"登记日期在将来": "registered_on > current_date"},
)  # fmt: skip
GOOD = {"编号": "1", "身份证号": "11010519491231002X", "姓名": "张三", "登记日期": "2020-01-01", "离开日期": "", "时间": "", "金额": "1",
        "经度": "120.15", "纬度": "30.31", "坐标系": ""}  # fmt: skip


def outcome(con: duckdb.DuckDBPyConnection, **change: str) -> tuple[list[tuple[str, str]], list[str]]:
    """(column and sentence of what is rejected, warnings) for one row."""
    compiled = checks.compile("t", WHO)
    columns = ", ".join(f"{clean.name(c)} varchar" for c in compiled.raw_columns)
    con.execute(f"create or replace table raw.t_who ({columns}, _source varchar, _position bigint, _defect varchar, _batch bigint)")
    row = GOOD | change
    con.execute(f"insert into raw.t_who values ({'?, ' * len(compiled.raw_columns)}'f', 1, null, 1)", [row[c] for c in compiled.raw_columns])
    sift.start(con)
    sift.sift(con, compiled, 1)
    rejected = con.execute("select column_title, sentence, value_masked from temp.new_quarantine").fetchall()
    assert row["身份证号"] not in str(rejected), "masked"
    return [r[:2] for r in rejected], [s for (s,) in con.execute("select sentence from temp.new_warning").fetchall()]


def test_a_zero_date_where_one_is_needed_is_called_invalid_not_missing(con: duckdb.DuckDBPyConnection) -> None:
    assert outcome(con, 登记日期="0000-00-00") == ([("登记日期", "“登记日期”不是有效日期")], [])
    assert outcome(con, 登记日期="") == ([("登记日期", "“登记日期”为空")], [])
    assert outcome(con, 离开日期="0000-00-00", 时间="0000-00-00 00:00:00") == ([], [])


def test_a_day_that_does_not_exist_and_one_in_the_future(con: duckdb.DuckDBPyConnection) -> None:
    assert outcome(con, 登记日期="2023-02-30")[0] == [("登记日期", "“登记日期”不是有效日期")]
    assert outcome(con, 登记日期="2099-01-01")[0] == [("登记日期", "登记日期在将来")]
    assert outcome(con, 身份证号="110105209912310024")[0][0][1].startswith("“身份证号”不是有效的身份证号")


def test_months_that_are_too_far_ahead() -> None:
    con = duckdb.connect()
    clean.prepare(con, [], TODAY, BOX)
    checks.outcome_tables(con)
    table = Table(
        name="p", title="发放", source="p", grain="一笔", key=["n"],
        columns=[Key(name="n", source="编号"), Month(name="month", source="发放月份"), Month(name="start", source="起始月份", optional=True, ahead=12)],
    )  # fmt: skip
    compiled = checks.compile("t", table)
    con.execute('create table raw."t_p" ("编号" varchar, "发放月份" varchar, "起始月份" varchar, _source varchar, _position bigint, _defect varchar, _batch bigint, _until bigint)')
    con.execute(
        "insert into raw.t_p select n, strftime(current_date + interval (m) month, '%Y-%m'), case when s is not null then strftime(current_date + interval (s) month, '%Y-%m') end,"
        " 'f', row_number() over (), null, 1, null from (values ('due', 0, null), ('next', 1, 12), ('later', 2, null), ('start', 0, 13), ('old', -200, null)) as t(n, m, s)"
    )
    sift.start(con)
    counts = sift.sift(con, compiled, 1)
    assert (counts.loaded, counts.quarantined) == (3, 2)
    found = con.execute("select column_title, sentence from new_quarantine order by position").fetchall()
    assert found == [("发放月份", "“发放月份”晚于下个月"), ("起始月份", "“起始月份”晚于本月后 12 个月")]


def test_a_negative_amount_where_none_is_possible(con: duckdb.DuckDBPyConnection) -> None:
    assert outcome(con, 金额="(12.00)")[0] == [("金额", "“金额”应不小于 0")]


def test_points_of_three_systems_come_to_one(con: duckdb.DuckDBPyConnection) -> None:
    for crs, made in (("CGCS2000", (120.15, 30.31)), ("GCJ-02", geo.wgs84_to_gcj02(120.15, 30.31)), ("百度", geo.wgs84_to_bd09(120.15, 30.31))):
        assert outcome(con, 经度=f"{made[0]:.9f}", 纬度=f"{made[1]:.9f}", 坐标系=crs) == ([], [])
        (point,) = con.execute('select lng, lat from checked."t_who__new"').fetchall()
        assert point == pytest.approx((120.15, 30.31), abs=2e-6), crs


def test_exchanged_coordinates_are_set_aside_with_a_hint(con: duckdb.DuckDBPyConnection) -> None:
    ((title, sentence),) = outcome(con, 经度="30.31", 纬度="120.15")[0]
    assert title == "位置"
    assert "写反" in sentence


def test_a_point_outside_the_district_is_doubtful_and_none_without_a_fix(con: duckdb.DuckDBPyConnection) -> None:
    assert outcome(con, 经度="121.47", 纬度="31.23") == ([], ["“位置”不在本区范围内"])
    assert outcome(con, 经度="0", 纬度="0.0") == ([], [])
    assert outcome(con, 经度="120.15", 纬度="")[0] != []
