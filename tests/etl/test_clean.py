"""What text means: the forms met in the field, against plain Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl import checks, clean, geo
from etl.contract import Date, Key, Point, Table, Timestamp

TODAY = date(2026, 11, 22)
Read = Callable[[str, object], object]


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """A connection with the macros."""
    made = duckdb.connect()
    clean.prepare(made, [], TODAY)
    return made


def value(con: duckdb.DuckDBPyConnection, macro: str, text: str | None) -> object:
    """What a macro makes of a text."""
    return con.execute(f"select {macro}(cast(? as varchar))", [text]).fetchall()[0][0]


@pytest.mark.parametrize(
    ("macro", "text", "meaning"),
    [
        ("yg_text", " \u3000𠀀·王\t", "𠀀·王"), ("yg_text", "\u3000", None),
        ("yg_key", "'0012", "0012"), ("yg_key", "Ｐ０１", "P01"), ("yg_key", "3.30105E+17", None),
        ("yg_id", "11010519491231002x", "11010519491231002X"), ("yg_id", "110105491231002", "11010519491231002X"),
        ("yg_id", "'１１０１０５ 19491231 002X", "11010519491231002X"), ("yg_id", "110105194912310021", None),
        ("yg_id", "110105194902310021", None), ("yg_id", "3.30105195001010E+17", None), ("yg_id", "1101051949123100", None),
        ("yg_credit", "91350100m000100y43", "91350100M000100Y43"), ("yg_credit", "91350100M000100Y44", None),
        ("yg_date", "2023-05-03", date(2023, 5, 3)), ("yg_date", "2023.5.3", date(2023, 5, 3)),
        ("yg_date", "2023年5月3日", date(2023, 5, 3)), ("yg_date", "20230503", date(2023, 5, 3)),
        ("yg_date", "45049", date(2023, 5, 3)), ("yg_date", "2023-05-03 10:00:00", date(2023, 5, 3)),
        ("yg_date", "长期", date(9999, 12, 31)), ("yg_date", "2023-02-30", None), ("yg_date", "0000-00-00", None),
        ("yg_date", "98-01-01", None), ("yg_date", "epoch", None), ("yg_date", "infinity", None), ("yg_date", "今天", None),
        ("yg_timestamp", "2023-05-03 01:02:03", datetime(2023, 5, 3, 1, 2, 3)),
        ("yg_timestamp", "2023年5月3日 1时2分", datetime(2023, 5, 3, 1, 2)),
        ("yg_timestamp", "2023-05-03T04:00Z", datetime(2023, 5, 3, 12)), ("yg_timestamp", "2023-05-03 04:00+00", datetime(2023, 5, 3, 12)),
        ("yg_timestamp", "2023-05-03 04:00+08", datetime(2023, 5, 3, 4)), ("yg_timestamp", "2023-05-03 4:05:06", datetime(2023, 5, 3, 4, 5, 6)),
        ("yg_timestamp", "2023-05-03T04:00:00Z", datetime(2023, 5, 3, 12)), ("yg_timestamp", "2023-05-03 25:00:00", None),
        ("yg_month", "2026-10", "2026-10"), ("yg_month", "202610", "2026-10"), ("yg_month", "2026年1月", "2026-01"),
        ("yg_month", "2026-13", None), ("yg_month", "2026-10-31", "2026-10"),
        ("yg_money", "1,234.50元", Decimal("1234.50")), ("yg_money", "１２３", Decimal("123.00")),
        ("yg_money", "123.45万元", Decimal("1234500.00")), ("yg_money", "0.000003万元", Decimal("0.03")),
        ("yg_money", "0.1万", Decimal("1000.00")), ("yg_money", "¥ 12", Decimal("12.00")), ("yg_money", "12.345", None),
        ("yg_money", "nan", None), ("yg_money", "1-2", None), ("yg_money", "-5.5", Decimal("-5.50")),
        ("yg_integer", "12.0", 12), ("yg_integer", "12.5", None), ("yg_integer", "１２", 12), ("yg_integer", "1e30", None),
        ("yg_number", "1,234.5", 1234.5), ("yg_number", "inf", None), ("yg_number", "-inf", None), ("yg_number", "NaN", None),
        ("yg_area", "330105", "330105000000"), ("yg_area", "330105001", "330105001000"), ("yg_area", "33010", None),
    ],
)  # fmt: skip
def test_forms_met_in_the_field(con: duckdb.DuckDBPyConnection, macro: str, text: str, meaning: object) -> None:
    assert value(con, macro, text) == meaning
    assert value(con, macro, None) is None


@settings(max_examples=60, deadline=None)
@given(st.decimals(min_value=-10**9, max_value=10**9, places=2))
def test_money_is_exact(con: duckdb.DuckDBPyConnection, amount: Decimal) -> None:
    assert value(con, "yg_money", f"{amount}") == amount
    assert value(con, "yg_money", f"{amount:,}元") == amount
    assert value(con, "yg_money", f"{amount / 10000:f}万元") == amount


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=20) | st.from_regex(r"[0-9０-９./年月日: Ee+-]{0,20}", fullmatch=True))
def test_no_text_makes_a_macro_fail(con: duckdb.DuckDBPyConnection, text: str) -> None:
    clean_text = text.replace("\0", "")
    for macro in ("yg_text", "yg_key", "yg_id", "yg_credit", "yg_date", "yg_timestamp", "yg_month", "yg_money", "yg_integer",
                  "yg_number", "yg_area"):  # fmt: skip
        value(con, macro, clean_text)


def test_a_column_is_understood_as_its_values_are_one_by_one(con: duckdb.DuckDBPyConnection) -> None:
    days = ("2023-05-03", "2023/5/3", "２０２３年5月3日", "20230503", "45049", "长期", "0000-00-00", "1849-12-31", "12024-01-01", "无", "")
    times = ("", " 01:02:03", " 1:2", "T04:00:00Z", " 25:00:00", ".25", " 1时2分3秒")
    texts = [blank + day + time + blank for day in days for time in times for blank in ("", " ", "\t", "\u3000")]
    table = Table(
        name="row", title="行", source="行", grain="一行", key=["no"],
        columns=[
            Key(name="no", source="no"), Date(name="day", source="day"), Timestamp(name="moment", source="day"),
            Point(name="", source="day", latitude_source="day"),
        ],
    )  # fmt: skip
    con.execute("create schema if not exists raw")
    con.execute("create or replace table raw.m_row (no varchar, day varchar, _source varchar, _position bigint, _defect varchar, _batch bigint)")
    clean.insert(con, "raw.m_row", [(f"N{i}", text, "f", i, None, 1) for i, text in enumerate(texts)])
    compiled = checks.compile("m", table)
    cleaned = con.execute(f"select day, moment from ({compiled.cleaned.replace('{where}', 'true')}) order by _position").fetchall()
    keyed = con.execute(f"select no, _row from ({compiled.keyed('true')}) order by _row").fetchall()
    alone = "select yg_date(yg_value(text)), yg_timestamp(text) from (select yg_text(day) as text, _position from raw.m_row) order by _position"
    assert cleaned == con.execute(alone).fetchall()
    assert len({*cleaned}) > 10 and keyed == [(f"N{i}", i) for i in range(len(texts))]


@settings(max_examples=60, deadline=None)
@given(st.floats(119.5, 121), st.floats(29.5, 31))
def test_coordinates_agree_with_the_plain_conversion(con: duckdb.DuckDBPyConnection, lng: float, lat: float) -> None:
    for crs, macro in (("gcj02", "yg_from_gcj"), ("bd09", "yg_from_bd")):
        point = con.execute(f"select {macro}({{'lng': ?::double, 'lat': ?::double}})", [lng, lat]).fetchall()[0][0]
        wanted = geo.to_cgcs2000(lng, lat, crs)
        assert (point["lng"], point["lat"]) == pytest.approx(wanted, abs=2e-6)  # 20 cm
