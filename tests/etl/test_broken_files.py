"""One unreadable file among many holds only itself; the others are loaded, and what was loaded of it before stays in force."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import duckdb
import openpyxl
import pytest

from etl import faults, holds
from etl.connectors.jsonl import JsonLinesReader
from etl.contract import Text
from etl.run import Line, RunResult, run
from etl.standing import status
from tests.etl.conftest import PAYMENT, SUBSIDY, TODAY, Tiny, id_number, line
from tests.etl.loading import Loaded, record

HEAD = "发放编号,月份,街道代码,金额\n"
SEPTEMBER = HEAD + "F1,2026-09,330105001,10\nF2,2026-09,330105002,20\n"
OCTOBER = HEAD + "F3,2026-10,330105001,30\n"
BROKEN = {
    "half": HEAD + "F1,2026-09,330105001,10\nF2,2026-09,3301",
    "nothing": "",
}


def standing(result: RunResult, module: str = "subsidy") -> tuple[str, str]:
    return next((m["status"], m["message"]) for m in result.modules if m["module"] == module)


def payments(tiny: Tiny) -> list[tuple[str, int]]:
    with duckdb.connect(str(tiny.layout.work), read_only=True) as con:
        return con.execute("select payment_id, amount::int from checked.subsidy_payment order by 1").fetchall()


def accounted(result: RunResult, rows: int) -> None:
    (load,) = [r for r in result.loads if r["module"] == "subsidy"]
    assert load["read"] == load["loaded"] + load["quarantined"] + load["superseded"] == rows


@pytest.fixture
def months(tiny: Tiny) -> Tiny:
    """Two months of payments in force, a file each."""
    tiny.payments(SEPTEMBER, name="发放_202609.csv")
    tiny.payments(OCTOBER)
    assert tiny.run().exit_code == 0
    return tiny


@pytest.mark.parametrize("damage", BROKEN.values(), ids=BROKEN)
def test_the_other_files_are_loaded_and_the_bad_one_keeps_what_it_had(months: Tiny, damage: str) -> None:
    months.payments(damage, name="发放_202609.csv")
    months.payments(OCTOBER + "F4,2026-10,330105002,40\n")
    result = months.run()
    kind, message = standing(result)
    assert (result.exit_code, kind) == (3, "partial")
    assert message.startswith("subsidy: 文件 发放_202609.csv ") and "请区财政局" in message and "其余文件已照常装载" in message
    assert payments(months) == [("F1", 10), ("F2", 20), ("F3", 30), ("F4", 40)]
    accounted(result, 4)
    again = months.run()
    assert (again.published, standing(again), again.exit_code) == (False, (kind, message), 3)
    assert next(m for m in status(months.layout)["modules"] if m["module"] == "subsidy")["status"] == "partial"


def test_a_repaired_file_ends_it_as_if_nothing_had_been(months: Tiny) -> None:
    months.payments(BROKEN["half"], name="发放_202609.csv")
    months.run()
    months.payments(SEPTEMBER.replace("20\n", "25\n"), name="发放_202609.csv")
    result = months.run()
    assert (result.exit_code, standing(result)) == (0, ("ok", ""))
    assert payments(months) == [("F1", 10), ("F2", 25), ("F3", 30)]
    accounted(result, 3)


def test_a_file_that_was_never_read_waits_alone(tiny: Tiny) -> None:
    tiny.payments(OCTOBER)
    tiny.payments(BROKEN["half"], name="发放_202609.csv")
    result = tiny.run()
    assert standing(result)[0] == "partial"
    assert payments(tiny) == [("F3", 30)]
    accounted(result, 1)
    full = tiny.run(depth="full")
    assert (standing(full)[0], payments(tiny)) == ("partial", [("F3", 30)])


def test_a_complete_reading_leaves_a_bad_file_as_it_was(months: Tiny) -> None:
    months.payments(BROKEN["half"], name="发放_202609.csv")
    result = months.run(depth="full")
    assert (standing(result)[0], len(payments(months))) == ("partial", 3)
    accounted(result, 3)


def test_all_files_bad_is_a_module_that_cannot_be_read(months: Tiny) -> None:
    months.payments(BROKEN["half"], name="发放_202609.csv")
    months.payments(BROKEN["half"])
    assert standing(months.run())[0] == "stale"
    assert len(payments(months)) == 3


def test_a_bad_file_does_not_make_the_module_younger(months: Tiny) -> None:
    folder = months.layout.sources / "subsidy"
    (folder / "发放_202610.csv").rename(folder / "发放_202608.csv")
    for name, day in (("发放_202609.csv", 1_780_000_000), ("发放_202608.csv", 1_770_000_000)):
        os.utime(folder / name, (day, day))
    was = next(m for m in months.run().modules if m["module"] == "subsidy")["data_date"]
    months.payments(BROKEN["half"], name="发放_202611.csv")
    result = months.run()
    now = next(m for m in result.modules if m["module"] == "subsidy")
    assert (now["status"], now["data_date"]) == ("partial", was)


def test_a_file_that_the_system_will_not_open(months: Tiny) -> None:
    path = months.layout.sources / "subsidy" / "发放_202609.csv"
    path.unlink()
    path.symlink_to("/proc/self/mem")
    kind, message = standing(months.run())
    assert kind == "partial" and "文件 发放_202609.csv" in message
    assert len(payments(months)) == 3


def test_a_run_that_ends_amid_it_is_made_good_by_the_next(months: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    months.payments(BROKEN["half"], name="发放_202609.csv")
    months.payments(OCTOBER + "F4,2026-10,330105002,40\n")
    for place in ("raw *", "swap *", "committed *"):
        monkeypatch.setenv(faults.VARIABLE, f"full:{place}")
        faults.arm()
        assert months.run().exit_code == 1
    monkeypatch.delenv(faults.VARIABLE)
    faults.arm()
    assert standing(months.run())[0] == "partial"
    assert len(payments(months)) == 4


def test_columns_are_those_of_all_files_whichever_of_them_are_read(months: Tiny) -> None:
    remark = Text(name="remark", source="备注", optional=True, may_be_absent=True)
    contract = replace(SUBSIDY, tables=[replace(PAYMENT, columns=[*PAYMENT.columns, remark])])
    declared = Line([c if c.module != "subsidy" else contract for c in line().contracts], line().marts, line().indicators, None)

    def go(october: str) -> tuple[str, str]:
        months.payments(october)
        return standing(run(months.region, months.layout, line=declared, today=TODAY))

    months.payments(SEPTEMBER.replace("\n", ",备注\n"), name="发放_202609.csv")
    assert go(OCTOBER)[0] == "ok"
    assert go(OCTOBER + "F4,2026-10,330105002,40\n") == ("ok", "")
    months.payments(SEPTEMBER, name="发放_202609.csv")
    assert "缺少了上次有的“备注”列" in go(OCTOBER + "F5,2026-10,330105002,40\n")[1]


def test_one_workbook_of_several(tiny: Tiny) -> None:
    def second(header: str) -> None:
        book = openpyxl.Workbook()
        book.active.title = "在岗人员"
        book.active.append(["人员编号", "身份证号", "姓名", "社区代码", header, "入职日期"])
        book.active.append(["H9", id_number(99), "王五", "330105002051", "是", "2024-01-01"])
        book.save(tiny.layout.sources / "caregiver" / "护理员台账（乙街道）.xlsx")

    def workers() -> list[str]:
        with duckdb.connect(str(tiny.layout.work), read_only=True) as con:
            return [w for (w,) in con.execute("select worker_id from checked.caregiver_worker order by 1").fetchall()]

    second("持证")
    tiny.run()
    before = workers()
    assert "H9" in before and len(before) > 1
    second("证书")
    kind, message = standing(tiny.run(), "caregiver")
    assert kind == "partial" and "护理员台账（乙街道）.xlsx" in message and "“持证”" in message
    assert workers() == before
    (tiny.layout.sources / "caregiver" / "护理员台账（乙街道）.xlsx").write_bytes(b"PK")
    assert (standing(tiny.run(), "caregiver")[0], workers()) == ("partial", before)


def test_one_file_of_json_lines(tmp_path: Path) -> None:
    (tmp_path / "stays-1.jsonl").write_text("".join(json.dumps(record(n)) + "\n" for n in (1, 2)), encoding="utf-8")
    (tmp_path / "stays-2.jsonl").write_text(json.dumps(record(3))[:-9], encoding="utf-8")
    world = Loaded()
    reader = JsonLinesReader(world.contract, str(tmp_path), "utf-8")
    assert world.read(reader).loaded == 2
    assert "stays-2.jsonl 在第 1 行中断" in reader.broken["stay"]["stays-2.jsonl"]


def test_an_empty_source_waits_for_a_person_and_can_be_released(months: Tiny) -> None:
    for path in (months.layout.sources / "subsidy").glob("*.csv"):
        path.write_text(HEAD, encoding="utf-8")
    result = months.run()
    kind, message = standing(result)
    assert (result.exit_code, kind) == (3, "held")
    assert "发放没有任何数据行（上次 3 行）" in message
    assert len(payments(months)) == 3
    holds.decide(months.layout, "subsidy", "released", "王科长", "项目已终止")
    assert standing(months.run())[0] == "ok"
    assert payments(months) == []
    again = months.run()
    assert (standing(again)[0], again.published) == ("ok", False)


def test_an_empty_database_table_is_held_whatever_it_held(tiny: Tiny) -> None:
    tiny.run()
    tiny.orders([])
    assert standing(tiny.run(), "order")[0] == "held"
    holds.decide(tiny.layout, "order", "rejected", "王科长", "平台正在迁移")
    assert standing(tiny.run(), "order")[0] == "stale"


def test_a_source_with_not_even_columns_is_held_but_cannot_be_released(tiny: Tiny) -> None:
    tiny.run()
    tiny.payments("")
    assert standing(tiny.run())[0] == "held"
    with pytest.raises(holds.HoldError, match=r"不能放行：文件 发放_202610\.csv 是空的"):
        holds.decide(tiny.layout, "subsidy", "released", "王科长", "已核实")
