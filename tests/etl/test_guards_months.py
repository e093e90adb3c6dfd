"""A month or a file that lost its rows holds the delivery, though the table as a whole hardly lost any."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from etl import clean, holds, load
from etl.clock import ZONE
from etl.connectors import open_reader
from etl.contract import monthly
from etl.guards import Guard, Held
from etl.paths import Layout
from etl.run import Line, RunResult, run
from tests.conftest import Demo
from tests.etl.conftest import ORDER, ORDERS, PAYMENT, SUBSIDY, TODAY, Tiny, id_number, line
from tests.etl.test_guards import standing

MONTHS = [f"2026-{m:02d}" for m in range(1, 11)]
HEAD = "发放编号,月份,街道代码,金额\n"


def dated(**more: object) -> Line:
    """The tiny line with the months told by which its orders and payments count."""
    tiny = line()
    payment = dataclasses.replace(PAYMENT, dated="month", source="*发放_*.csv", **more)
    order = dataclasses.replace(ORDER, dated="ordered_at", cursor="ordered_at")
    mine = {"subsidy": dataclasses.replace(SUBSIDY, tables=[payment]), "order": dataclasses.replace(ORDERS, tables=[order])}
    return dataclasses.replace(tiny, contracts=[mine.get(c.module, c) for c in tiny.contracts])


def go(tiny: Tiny, **options: object) -> RunResult:
    """Run it."""
    return run(tiny.region, tiny.layout, line=dated(), today=TODAY, **options)  # type: ignore[arg-type]


def path(tiny: Tiny, month: str, unit: str = "") -> Path:
    return tiny.layout.sources / "subsidy" / f"{unit}发放_{month.replace('-', '')}.csv"


def deliver(tiny: Tiny, month: str, rows: int = 40, unit: str = "", amount: str = "100", of: str = "", day: str = "2026-11-20") -> None:
    """One file of payments, written on a day."""
    text = HEAD + "".join(f"{unit}{month}-{n},{of or month},330105001,{amount}\n" for n in range(rows))
    tiny.payments(text, name=path(tiny, month, unit).name)
    moment = datetime.fromisoformat(day).replace(hour=12, tzinfo=ZONE).timestamp()
    os.utime(path(tiny, month, unit), (moment, moment))


@pytest.fixture
def paid(tiny: Tiny) -> Tiny:
    """Forty payments a month in force, one file a month."""
    path(tiny, "2026-10").unlink()
    for month in MONTHS:
        deliver(tiny, month)
    assert go(tiny).exit_code == 0
    return tiny


def kept(tiny: Tiny, month: str) -> bool:
    from tests.etl.reading import read

    return read(tiny.layout, "select count(*) from payment_fact where month = ?", [month]) == [(40,)]


def test_a_file_that_is_gone_takes_no_month_with_it_until_a_person_says_so(paid: Tiny) -> None:
    path(paid, "2026-10").unlink()
    kind, message = standing(go(paid), "subsidy")
    assert kind == "held" and kept(paid, "2026-10")
    assert "发放 2026-10 由 40 行降至 0 行（−100%）；发放上次报送的文件 发放_202610.csv 不见了（2026-10 40 行）" in message
    holds.decide(paid.layout, "subsidy", "released", "王科长", "十月份重报")
    assert standing(go(paid), "subsidy")[0] == "ok" and not kept(paid, "2026-10")


def test_a_file_by_another_name_loses_nothing(paid: Tiny) -> None:
    path(paid, "2026-10").rename(path(paid, "2026-10", unit="区"))
    assert standing(go(paid), "subsidy") == ("ok", "")
    assert kept(paid, "2026-10")


def test_a_file_copied_over_another_one(paid: Tiny) -> None:
    path(paid, "2026-09").write_bytes(path(paid, "2026-10").read_bytes())
    kind, message = standing(go(paid), "subsidy")
    assert (kind, kept(paid, "2026-09")) == ("held", True)
    assert "发放 2026-09 由 40 行降至 0 行" in message


@pytest.mark.parametrize(("rows", "kind"), [(3, "held"), (15, "ok"), (39, "ok")])
def test_a_file_cut_at_a_line_border(paid: Tiny, rows: int, kind: str) -> None:
    deliver(paid, "2026-10", rows=rows)
    said = standing(go(paid), "subsidy")
    assert (said[0], f"发放 2026-10 由 40 行降至 {rows} 行" in said[1]) == (kind, rows < 20)


@pytest.mark.parametrize("change", ["gone", "copied", "cut", "cents", "renamed"])
def test_one_unit_of_many_is_judged_by_its_file(paid: Tiny, change: str) -> None:
    for unit in "甲乙丙":
        deliver(paid, "2026-10", rows=100, unit=unit)
    deliver(paid, "2026-09", rows=60, unit="丁")
    assert standing(go(paid), "subsidy")[0] == "ok"
    if change == "gone":
        path(paid, "2026-09", unit="丁").unlink()
    elif change == "renamed":
        path(paid, "2026-09", unit="丁").rename(path(paid, "2026-09", unit="丁区"))
    elif change == "copied":
        path(paid, "2026-10", unit="丁").write_bytes(path(paid, "2026-09", unit="丁").read_bytes())
        path(paid, "2026-09", unit="丁").write_bytes(path(paid, "2026-10", unit="甲").read_bytes())
        path(paid, "2026-10", unit="丁").unlink()
    elif change == "cut":
        deliver(paid, "2026-10", rows=9, unit="甲")
    else:
        deliver(paid, "2026-10", rows=100, unit="甲", amount="400")
    kind, message = standing(go(paid), "subsidy")
    assert (kind, message if kind == "ok" else message.split("暂缓采用：")[1].split("。")[0]) == {
        "gone": ("held", "发放上次报送的文件 丁发放_202609.csv 不见了（2026-09 60 行）"),
        "copied": ("held", "发放文件 丁发放_202609.csv 中 2026-09 由 60 行降至 0 行（−100%）"),
        "cut": ("held", "发放文件 甲发放_202610.csv 中 2026-10 由 100 行降至 9 行（−91%）"),
        "cents": ("held", "发放文件 甲发放_202610.csv 中 2026-10 金额每笔平均由 100.00 元变为 400.00 元，单位可能有误"),
        "renamed": ("ok", ""),
    }[change]


def test_a_month_in_another_unit_of_money(paid: Tiny) -> None:
    deliver(paid, "2026-08", amount="400")
    kind, message = standing(go(paid), "subsidy")
    assert kind == "held"
    assert "发放 2026-08 金额每笔平均由 100.00 元变为 400.00 元，单位可能有误" in message


def test_a_source_that_gives_its_last_months_only_is_remarked_on(paid: Tiny) -> None:
    for month in MONTHS[:2]:
        path(paid, month).unlink()
    assert standing(go(paid), "subsidy") == ("ok", "subsidy: 发放不再含 2026-03 以前的月份（2 个月，80 行）。")
    (paid.region.path / "guards.yaml").write_text("modules: {subsidy: {window_months: 24}}\n", encoding="utf-8")
    path(paid, "2026-03").unlink()
    assert standing(go(paid), "subsidy")[0] == "held"


@pytest.mark.parametrize(("day", "rows", "kind"), [("2026-11-20", 3, "held"), ("2026-11-20", 5, "ok"), ("2026-10-20", 3, "ok")])
def test_the_first_delivery_of_a_month_that_is_over(tiny: Tiny, day: str, rows: int, kind: str) -> None:
    path(tiny, "2026-10").unlink()
    for month in MONTHS[:-1]:
        deliver(tiny, month, day="2026-10-05")
    go(tiny)
    deliver(tiny, "2026-10", rows=rows, day=day)
    said = standing(go(tiny), "subsidy")
    assert (said[0] == "held") == (kind == "held"), said
    assert ("发放 2026-10 首次报送只有 3 行，此前三个月为 40、40、40 行" in said[1]) == (kind == "held")


@pytest.mark.parametrize(("day", "kind"), [("2026-11-03", "ok"), ("2026-11-11", "held")])
def test_units_that_deliver_one_after_the_other_are_waited_for_until_it_is_due(tiny: Tiny, day: str, kind: str) -> None:
    path(tiny, "2026-10").unlink()
    units = [f"第{n}" for n in range(12)]
    for month in MONTHS[5:-1]:
        for unit in units:
            deliver(tiny, month, rows=20, unit=unit, day="2026-10-05")
    go(tiny)
    deliver(tiny, "2026-10", rows=20, unit="第1", day=day)
    assert (standing(go(tiny), "subsidy")[0] == "held") == (kind == "held")
    assert SUBSIDY.due == monthly(10)


def orders(tiny: Tiny, counts: Mapping[str, int], price: str = "20") -> None:
    tiny.orders([(f"D{m}-{n}", "E1", f"{m}-{n % 28 + 1:02d} 08:00:00", price, "已完成") for m, count in counts.items() for n in range(count)])


def test_a_month_gone_from_a_database_of_which_only_what_changed_is_read(tiny: Tiny) -> None:
    tiny.elders([("E1", id_number(1), "张三", "330105001051", "2026-01-01 00:00:00")])
    orders(tiny, dict.fromkeys(MONTHS, 60))
    assert go(tiny).exit_code == 0
    orders(tiny, dict.fromkeys(MONTHS, 60) | {"2026-07": 2})
    kind, message = standing(go(tiny), "order")
    assert kind == "held" and "工单 2026-07 由 60 行降至 2 行（−97%）" in message
    orders(tiny, dict.fromkeys(MONTHS, 60) | {"2026-07": 30, "2026-10": 65})
    assert standing(go(tiny), "order") == ("ok", "order: 工单 2026-07 由 60 行降至 30 行（−50%）。")


def test_the_region_can_do_without(paid: Tiny) -> None:
    (paid.region.path / "guards.yaml").write_text("modules: {subsidy: {months: false}}\n", encoding="utf-8")
    path(paid, "2026-10").unlink()
    assert standing(go(paid), "subsidy") == ("ok", "")


def test_the_demo_districts_modules(small_demo: Demo, tmp_path: Path) -> None:
    layout = Layout(tmp_path, small_demo.region.path.name)
    layout.base.mkdir(parents=True)
    shutil.copy(small_demo.layout.work, layout.work)
    for module in ("call", "canteen"):
        shutil.copytree(small_demo.layout.sources / module, layout.sources / module)
    october = max((layout.sources / "canteen").glob("*/2026-10.csv"), key=lambda p: p.stat().st_size)
    (layout.sources / "call" / "话务记录_202610.csv").unlink()
    october.rename(october.with_name("2026年10月.csv"))
    region, today = small_demo.region, date(2026, 11, 22)
    with duckdb.connect(str(layout.work)) as con:
        clean.prepare(con, region.areas, today, region.box)
        terms = load.Terms(load.areas_fingerprint(region.path / "areas.csv"))
        for contract in load.contracts():
            if contract.module in ("call", "canteen"):
                reader = open_reader(contract, region.source(contract.module, layout.sources), tmp_path)
                guard = Guard.of(region.path, layout, today)
                words = {"call": r"2026-10 由 \d+ 行降至 0 行（−100%）；.*上次报送的文件 话务记录_202610\.csv 不见了",
                         "canteen": rf"上次报送的文件 {october.parent.name}/2026-10\.csv 不见了（2026-10 \d+ 行）"}  # fmt: skip
                with pytest.raises(Held, match=words[contract.module]):
                    load.load_module(con, contract, reader, guard=guard, terms=terms)
                shutil.rmtree(layout.sources / contract.module)
                shutil.copytree(small_demo.layout.sources / contract.module, layout.sources / contract.module)
                reader = open_reader(contract, region.source(contract.module, layout.sources), tmp_path)
                assert not any(done.changed for done in load.load_module(con, contract, reader, guard=guard, terms=terms))
