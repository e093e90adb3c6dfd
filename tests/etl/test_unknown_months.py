"""A module that stopped delivering: its later months are unknown and said to be, not 0."""

from __future__ import annotations

import dataclasses
import os
from datetime import datetime

import duckdb

from etl.clock import ZONE
from etl.run import Line, run
from tests.etl.conftest import PAYMENT, SUBSIDY, TODAY, Tiny, id_number, line
from tests.etl.reading import read


def flowing() -> Line:
    """The tiny line with payments counted as what they are: events of a month."""
    tiny = line()
    indicators = {c: dataclasses.replace(i, semantics="flow") if c == "paid" else i for c, i in tiny.indicators.items()}
    return dataclasses.replace(tiny, indicators=indicators)


def paid(tiny: Tiny) -> dict[str, float]:
    """Month → amount paid in the district."""
    sql = "select month, part from figure where indicator = 'paid' and level = 1 order by month"
    return dict(read(tiny.layout, sql))


def written(tiny: Tiny, day: str) -> None:
    """Make the payment file one of that day."""
    moment = datetime.fromisoformat(day).replace(hour=12, tzinfo=ZONE).timestamp()
    path = tiny.layout.sources / "subsidy" / "发放_202610.csv"
    os.utime(path, (moment, moment))


def test_months_after_the_last_delivery_are_unknown(tiny: Tiny) -> None:
    written(tiny, "2026-10-20")
    run(tiny.region, tiny.layout, line=flowing(), today=TODAY)
    assert paid(tiny) == {"2026-09": 1000}
    assert read(tiny.layout, "select indicator, module, last_month from meta_gap") == [("paid", "subsidy", "2026-09")]


def test_months_that_are_delivered_are_known(tiny: Tiny) -> None:
    written(tiny, "2026-11-03")
    run(tiny.region, tiny.layout, line=flowing(), today=TODAY)
    assert paid(tiny) == {"2026-09": 1000, "2026-10": 100.5}
    assert read(tiny.layout, "select count(*) from meta_gap") == [(0,)]


def test_deliveries_by_place_add_up_to_the_deliveries(tiny: Tiny) -> None:
    good = [(f"E{n}", id_number(n), "张三", "330105001051", "2026-01-01") for n in (1, 2)]
    bad = [("E3", "坏号码", "张三", "330105001051", "2026-01-01"), ("E4", "坏号码", "李四", "不明", "2026-01-01")]
    tiny.elders([*good, good[0], *bad])
    tiny.run()
    with duckdb.connect(str(tiny.layout.work), read_only=True) as con:
        sums = "select table_name, sum(loaded), sum(quarantined), sum(superseded) from {} group by 1 order by 1"
        assert con.execute(sums.format("state.delivered")).fetchall() == con.execute(sums.format("state.delivery")).fetchall()
        places = con.execute("select place, loaded, quarantined from state.delivered where table_name = 'elder' and place is not null")
        assert places.fetchall() == [("330105001051", 2, 1)]


def test_a_month_of_which_a_delivery_in_time_holds_nothing_is_unknown_where_there_always_is_something(tiny: Tiny) -> None:
    payment = dataclasses.replace(PAYMENT, dated="month")
    tables = {"subsidy": dataclasses.replace(SUBSIDY, tables=[payment])}
    dated = dataclasses.replace(flowing(), contracts=[tables.get(c.module, c) for c in flowing().contracts])
    months = [f"2025-{m:02d}" for m in range(10, 13)] + [f"2026-{m:02d}" for m in range(1, 10)]

    def deliver(least: int) -> None:
        rows = [f"F{m}-{n},{m},330105001,1" for m in months for n in range(least if m == "2026-03" else 20)]
        tiny.payments("发放编号,月份,街道代码,金额\n" + "".join(f"{row}\n" for row in rows))
        written(tiny, "2026-11-03")
        run(tiny.region, tiny.layout, line=dated, today=TODAY)

    deliver(20)
    assert max(paid(tiny)) == "2026-09" and paid(tiny)["2026-09"] == 20
    assert read(tiny.layout, "select indicator, module, last_month from meta_gap") == [("paid", "subsidy", "2026-09")]
    deliver(19)
    assert paid(tiny)["2026-10"] == 0
    assert read(tiny.layout, "select count(*) from meta_gap") == [(0,)]
