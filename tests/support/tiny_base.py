"""Words, dates and persons of the tiny test snapshot, and how a table of it is laid."""

from __future__ import annotations

import calendar
import random
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

Row = dict[str, Any]
KINDS = ("养老机构", "照料中心", "老年食堂", "居家服务商", "嵌入式微型机构", "社会组织")
OWNERSHIP = ("公办", "公建民营", "民办")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙"
GIVEN = "建国秀英桂兰志强玉珍明华"
CATEGORIES = ("助餐", "助浴", "助洁", "助医", "助急", "助行", "康复", "关爱")
PROGRAMMES = {
    "high_age": ("高龄津贴", "elder"),
    "service": ("养老服务补贴", "elder"),
    "nursing": ("护理补贴", "elder"),
    "construction": ("建设补助", "provider"),
    "operation": ("运营补贴", "provider"),
    "entry_award": ("入职奖补", "provider"),
}
SEVERITIES = ("一般", "较重", "严重", "重大")
FIELDS = ("质量安全", "从业人员", "涉及资金", "运营秩序", "应急管理")


@dataclass(frozen=True)
class Spot:
    """A community of the fixture with its street and a point inside."""

    code: str
    street: str
    lng: float
    lat: float


def month_names(count: int, last: str = "2026-10") -> list[str]:
    """``count`` months as YYYY-MM, ending with ``last``."""
    year, month = int(last[:4]), int(last[5:])
    index = year * 12 + month - 1
    return [f"{i // 12}-{i % 12 + 1:02d}" for i in range(index - count + 1, index + 1)]


def first_day(month: str) -> date:
    return date(int(month[:4]), int(month[5:]), 1)


def last_day(month: str) -> date:
    return date(int(month[:4]), int(month[5:]), calendar.monthrange(int(month[:4]), int(month[5:]))[1])


def person(rng: random.Random, born: date) -> tuple[str, str, str]:
    """Name, ID number (canary-like, never a real one: its sequence is 000) and phone."""
    name = rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, 2))
    return name, f"330105{born:%Y%m%d}000{rng.randrange(10)}", f"138{rng.randrange(10**8):08d}"


def put(con: duckdb.DuckDBPyConnection, table: str, rows: list[Row]) -> None:
    data = pa.Table.from_pylist(rows)  # noqa: F841  (read by name below)
    con.execute(f"create table {table} as select * from data")
