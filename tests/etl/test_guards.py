"""Deliveries that are wrong as a whole are held back for a person; the last good data stays in force."""

from __future__ import annotations

import gzip
import os
import sqlite3
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from etl import clock, holds, load
from etl.checks import Compiled
from etl.connectors.csvfile import CsvReader, _ends_within_a_line
from etl.run import RunResult
from etl.standing import status
from tests.etl.conftest import Tiny, id_number

Look = Callable[..., tuple[float | None, float | None] | None]
ELDERS = [(f"E{n}", id_number(n), f"张{n}", "330105001051", "2026-01-01 00:00:00") for n in range(1, 101)]


def order(n: int, price: str = "20", day: str = "2026-10-01") -> tuple[str, str, str, str, str]:
    return (f"D{n}", f"E{n % 100 + 1}", f"{day} 08:00:00", price, "已完成")


def standing(result: RunResult, module: str) -> tuple[str, str]:
    found = next(m for m in result.modules if m["module"] == module)
    return found["status"], found["message"]


@pytest.fixture
def settled(tiny: Tiny) -> Tiny:
    """A hundred elders and orders in force."""
    tiny.elders(ELDERS)
    tiny.orders([order(n) for n in range(100)])
    assert tiny.run().exit_code == 0
    return tiny


def test_a_source_that_lost_nine_tenths_is_held_and_the_others_go_on(settled: Tiny, figure: Look) -> None:
    settled.orders([order(n) for n in range(8)])
    settled.payments("发放编号,月份,街道代码,金额\nF1,2026-10,330105001,200\n")
    result = settled.run()
    kind, message = standing(result, "order")
    assert (result.exit_code, kind) == (3, "held")
    assert "工单读入由 100 行降至 8 行（−92%）" in message
    assert "沿用" in message
    assert figure("orders") == (100, None)
    assert figure("paid") == (200, None)
    told = status(settled.layout)
    assert next(m for m in told["modules"] if m["module"] == "order")["status"] == "held"
    assert [h["module"] for h in told["held"]] == ["order"]


def test_half_the_rows_gone_is_loaded_with_a_remark_that_stays(settled: Tiny, figure: Look) -> None:
    settled.orders([order(n) for n in range(45)])
    result = settled.run()
    assert standing(result, "order") == ("ok", "order: 工单读入由 100 行降至 45 行（−55%）。")
    assert figure("orders") == (45, None)
    assert standing(settled.run(), "order") == standing(result, "order")


@pytest.mark.parametrize("harm", ["torn", "foreign"])
def test_a_damaged_file_of_holds_is_set_aside_and_what_waited_is_held_again(settled: Tiny, figure: Look, harm: str) -> None:
    settled.orders([order(n) for n in range(8)])
    settled.run()
    holds.decide(settled.layout, "order", "released", "王科长", "平台已清理历史工单")
    path = settled.layout.holds
    if harm == "torn":
        os.truncate(path, path.stat().st_size - 2048)
    else:
        path.write_bytes(b"\0not a database" * 400)
    left = path.read_bytes()
    with pytest.raises(holds.DamagedError, match="etl run"):
        holds.listed(settled.layout)
    result = settled.run()
    (said,) = result.repairs
    assert "holds.sqlite.damaged" in said and "重新决定" in said
    assert path.with_name("holds.sqlite.damaged").read_bytes() == left
    assert [(h.module, h.state) for h in holds.listed(settled.layout)] == [("order", "pending")], "nothing is let in without a decision"
    assert standing(result, "order")[0] == "held" and figure("orders") == (100, None)
    path.write_bytes(b"broken again" * 99)
    settled.run()
    assert len(list(path.parent.glob("holds.sqlite*.damaged"))) == 2, "what is lost may be wanted: nothing is written over"


def test_a_released_delivery_is_loaded_and_the_next_like_it_passes(settled: Tiny, figure: Look) -> None:
    settled.orders([order(n) for n in range(8)])
    settled.run()
    holds.decide(settled.layout, "order", "released", "王科长", "平台已清理历史工单")
    result = settled.run()
    assert standing(result, "order")[0] == "ok"
    assert figure("orders") == (8, None)
    assert [h.state for h in holds.listed(settled.layout)] == ["loaded"]
    settled.orders([order(n) for n in range(9)])
    assert settled.run().exit_code == 0


def test_another_delivery_than_the_released_one_is_judged_anew(settled: Tiny, figure: Look) -> None:
    settled.orders([order(n) for n in range(8)])
    settled.run()
    holds.decide(settled.layout, "order", "released", "王科长", "已核实")
    settled.orders([order(n) for n in range(7)])
    assert standing(settled.run(), "order")[0] == "held"
    assert figure("orders") == (100, None)
    assert [h.state for h in holds.listed(settled.layout)] == ["pending", "replaced"]


def test_a_rejected_delivery_stays_out_until_another_comes(settled: Tiny, figure: Look) -> None:
    settled.orders([order(n) for n in range(8)])
    settled.run()
    holds.decide(settled.layout, "order", "rejected", "王科长", "漏报")
    for _ in range(2):
        kind, message = standing(settled.run(), "order")
        assert kind == "stale"
        assert "已由王科长退回（漏报）" in message
    settled.orders([order(n) for n in range(101)])
    assert settled.run().exit_code == 0
    assert figure("orders") == (101, None)


def many(count: int) -> list[tuple[str, str, str, str, str]]:
    """So many of four hundred orders."""
    return [order(n) for n in range(count)]


@pytest.fixture
def live(settled: Tiny) -> Tiny:
    """Four hundred orders were in force and forty are delivered, to which more may come at any moment."""
    settled.orders(many(400))
    assert settled.run().exit_code == 0
    settled.orders(many(40))
    assert standing(settled.run(), "order")[0] == "held"
    return settled


def test_a_release_covers_what_little_has_come_since(live: Tiny, figure: Look) -> None:
    live.orders(many(39))
    live.run()
    waiting = holds.listed(live.layout)
    assert [(h.state, h.findings) for h in waiting] == [("pending", ("工单读入由 400 行降至 39 行（−90%）",))]
    holds.decide(live.layout, "order", "released", "王科长", "平台已清理历史工单")
    live.orders(many(40))
    assert standing(live.run(), "order")[0] == "ok"
    assert figure("orders") == (40, None)
    passed, released = holds.listed(live.layout)
    assert (passed.state, passed.release_of, passed.decided_by, passed.reason) == (
        "loaded", released.id, "王科长", f"与第 {released.id} 号放行的报送一致：平台已清理历史工单",
    )  # fmt: skip
    assert released.state == "loaded"


@pytest.mark.parametrize(("count", "hours"), [(36, 0), (40, 25)])
def test_a_release_covers_neither_much_else_nor_the_day_after(
    live: Tiny, figure: Look, monkeypatch: pytest.MonkeyPatch, count: int, hours: int
) -> None:
    holds.decide(live.layout, "order", "released", "王科长", "平台已清理历史工单")
    live.orders([*many(count)[:-1], order(399)])
    with monkeypatch.context() as later:
        later.setattr(clock, "now", lambda: now + timedelta(hours=hours))
        now = datetime.now(clock.ZONE).replace(tzinfo=None, microsecond=0)
        assert standing(live.run(), "order")[0] == "held"
    assert figure("orders") == (400, None)
    assert [h.state for h in holds.listed(live.layout)] == ["pending", "replaced"]


def test_what_was_rejected_by_mistake_can_be_released_after_all(live: Tiny, figure: Look) -> None:
    holds.decide(live.layout, "order", "rejected", "王科长", "漏报")
    assert standing(live.run(), "order")[0] == "stale"
    assert [(h.state, h.reason) for h in holds.standing(live.layout)] == [("rejected", "漏报")]
    with pytest.raises(holds.HoldError, match="没有待处理的报送"):
        holds.decide(live.layout, "order", "rejected", "王科长", "漏报")
    holds.decide(live.layout, "order", "released", "李处长", "平台确实已清理，退回有误")
    assert standing(live.run(), "order")[0] == "ok"
    assert figure("orders") == (40, None)
    assert holds.standing(live.layout) == []


def test_a_rejected_delivery_that_another_has_followed_is_over(live: Tiny) -> None:
    holds.decide(live.layout, "order", "rejected", "王科长", "漏报")
    live.orders(many(401))
    live.run()
    assert holds.standing(live.layout) == []
    with pytest.raises(holds.HoldError, match="没有待处理的报送"):
        holds.decide(live.layout, "order", "released", "王科长", "已核实")


def test_by_day_too_a_held_module_stays_held_until_somebody_decides(tiny: Tiny, figure: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a source that only reading tells of, a micro-batch reads nothing; that must not pass for a delivery in order, nor a release for loaded."""
    monkeypatch.setattr(CsvReader, "fingerprint", lambda *_: None)
    header, rows = "发放编号,月份,街道代码,金额\n", [f"F{n},2026-10,330105001,200\n" for n in range(30)]
    tiny.payments(header + "".join(rows))
    assert standing(tiny.run(depth="quick"), "subsidy")[0] == "ok"
    tiny.payments(header + rows[0])
    assert standing(tiny.run(depth="quick"), "subsidy")[0] == "ok" and figure("paid") == (6000, None)  # read at night only
    assert standing(tiny.run(), "subsidy")[0] == "held"
    assert standing(tiny.run(depth="quick"), "subsidy")[0] == "held"
    assert [h.state for h in holds.listed(tiny.layout)] == ["pending"]
    holds.decide(tiny.layout, "subsidy", "released", "王科长", "已核实")
    assert standing(tiny.run(depth="quick"), "subsidy")[0] == "ok"
    assert figure("paid") == (200, None) and [h.state for h in holds.listed(tiny.layout)] == ["loaded"]


def test_holds_of_an_earlier_version_are_read(tiny: Tiny) -> None:
    tiny.layout.base.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(tiny.layout.holds) as con:
        con.execute(
            "create table hold (id integer primary key, module text not null, content text not null, since text not null, seen text not null,"
            " data_date text, findings text not null, releasable integer not null, state text not null, decided_by text, decided_at text, reason text)"
        )
        con.execute("insert into hold values (1, 'order', 'x', '2026-11-01', '2026-11-01', null, '[\"少了\"]', 1, 'pending', null, null, null)")
    con.close()
    assert holds.decide(tiny.layout, "order", "released", "王科长", "已核实").findings == ("少了",)


def test_a_repaired_source_ends_the_wait(settled: Tiny) -> None:
    settled.orders([order(n) for n in range(8)])
    settled.run()
    settled.orders([order(n) for n in range(100)])
    assert settled.run().exit_code == 0
    assert [h.state for h in holds.listed(settled.layout)] == ["replaced"]
    assert holds.pending(settled.layout) == []


def test_holding_the_same_delivery_every_night_is_one_entry(settled: Tiny) -> None:
    settled.orders([order(n) for n in range(8)])
    first, again = settled.run(), settled.run()
    assert first.published
    assert not again.published
    assert len(holds.listed(settled.layout)) == 1


def test_a_decision_needs_a_delivery_that_waits_and_a_reason(settled: Tiny) -> None:
    with pytest.raises(holds.HoldError, match="没有待处理的报送"):
        holds.decide(settled.layout, "order", "released", "王科长", "已核实")
    settled.orders([order(n) for n in range(8)])
    settled.run()
    with pytest.raises(holds.HoldError, match="理由"):
        holds.decide(settled.layout, "order", "released", "王科长", "  ")


@pytest.mark.parametrize("label", ["合计", "本月合计"])
def test_a_total_line_that_does_not_agree_with_its_rows(tiny: Tiny, figure: Look, label: str) -> None:
    tiny.run()
    rows = "发放编号,月份,街道代码,金额\nF1,2026-10,330105001,100.50\nF2,2026-09,330105002,200\n"
    tiny.payments(rows + f"{label},,,300.50\n")
    assert tiny.run().exit_code == 0
    tiny.payments(rows + f"{label},,,1300.50\n")
    kind, message = standing(tiny.run(), "subsidy")
    assert kind == "held"
    assert f"发放_202610.csv 第 4 行的{label}为 1,300.50 元，与明细之和 300.50 元不符（相差 1,000.00 元）" in message
    assert figure("paid") == (100.5, None)


def test_a_file_cut_within_its_last_amount_is_remarked_on_where_its_siblings_are_whole(tiny: Tiny) -> None:
    head = "发放编号,月份,街道代码,金额\n"
    for month in ("07", "08", "09"):
        tiny.payments(head + f"M{month},2026-{month},330105001,12.50\n", name=f"发放_2026{month}.csv")
    tiny.payments(head + "M10,2026-10,330105001,12.50\n")
    assert "换行" not in standing(tiny.run(), "subsidy")[1]
    tiny.payments(head + "M10,2026-10,330105001,12")
    kind, message = standing(tiny.run(), "subsidy")
    assert kind == "ok"
    assert "文件 发放_202610.csv 的末尾没有换行" in message


def test_how_a_packed_file_ends_says_nothing_of_its_lines(tmp_path: Path) -> None:
    packed = tmp_path / "发放_202610.csv.gz"
    packed.write_bytes(gzip.compress("发放编号\nF1\n".encode()))
    assert not _ends_within_a_line(packed)
    (tmp_path / "发放_202609.csv").write_text("发放编号\nF1", encoding="utf-8")
    assert _ends_within_a_line(tmp_path / "发放_202609.csv")


def test_subtotals_are_of_their_own_rows_and_the_total_of_all(tiny: Tiny) -> None:
    tiny.payments(
        "发放编号,月份,街道代码,金额\nF1,2026-10,330105001,1\nF2,2026-10,330105001,2\n小计,,,3\nF3,2026-10,330105002,4\n小计,,,4\n合计,,,7\n"
    )
    assert tiny.run().exit_code == 0


def test_an_amount_that_cannot_be_read_leaves_the_total_unproven(tiny: Tiny) -> None:
    tiny.payments("发放编号,月份,街道代码,金额\nF1,2026-10,330105001,1\nF2,2026-10,330105001,二十\n合计,,,21\n")
    result = tiny.run()
    assert standing(result, "subsidy")[0] == "ok"
    assert next(r for r in result.loads if r["module"] == "subsidy")["quarantined"] == 1


def test_amounts_in_another_unit(settled: Tiny) -> None:
    settled.orders([order(n, price="2000") for n in range(100)])
    kind, message = standing(settled.run(), "order")
    assert kind == "held"
    assert "工单金额每笔平均由 20.00 元变为 2,000.00 元，单位可能有误" in message


def test_a_column_that_changed_its_kind(settled: Tiny, figure: Look) -> None:
    settled.elders([(f"E{n}", "张三", f"张{n}", "330105001051", "2026-01-01 00:00:00") for n in range(1, 101)])
    kind, message = standing(settled.run(), "registry")
    assert kind == "held"
    assert "老年人可入库由 100 行降至 0 行" in message
    assert figure("elders") == (100, None)


def test_a_column_gone_is_held_and_cannot_be_released_as_it_is(settled: Tiny, figure: Look) -> None:
    settled.workers([("C1", id_number(11), "赵六", "330105001051", "是", "2020-01-01")],
                    header=["人员编号", "身份证号", "姓名", "社区代码", "资格", "入职日期"])  # fmt: skip
    kind, message = standing(settled.run(), "caregiver")
    assert kind == "held"
    assert "缺少“持证”列" in message
    assert figure("cert_rate") == (1, 2)
    with pytest.raises(holds.HoldError, match=r"不能放行：.*缺少“持证”列"):
        holds.decide(settled.layout, "caregiver", "released", "王科长", "已核实")
    holds.decide(settled.layout, "caregiver", "rejected", "王科长", "请按模板报送")
    assert standing(settled.run(), "caregiver")[0] == "stale"


def test_a_value_that_no_check_foresees_keeps_its_module_out_and_no_other(settled: Tiny, figure: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(con: duckdb.DuckDBPyConnection, compiled: Compiled, *more: Any) -> Any:
        if compiled.full_name == "order_order":
            con.execute("select cast('110105194912310021' as decimal(18, 2))")
        return sift(con, compiled, *more)

    sift = load._sift
    settled.orders([order(n, price="21") for n in range(100)])
    settled.payments("发放编号,月份,街道代码,金额\nF1,2026-10,330105001,200\n")
    with monkeypatch.context() as patched:
        patched.setattr(load, "_sift", careless)
        result = settled.run()
    kind, message = standing(result, "order")
    assert (result.exit_code, kind) == (3, "stale")
    assert "工单中有程序不能换算的值" in message and "110105" not in message
    assert figure("orders") == (100, None) and figure("paid") == (200, None)
    assert settled.run().exit_code == 0


def test_new_columns_are_remarked_on(settled: Tiny) -> None:
    columns = ["DD_ID text", "LNR_ID text", "XD_SJ text", "JE text", "ZT text", "BZ text"]
    settled.database("order", "DD", columns, [(*order(n), "无") for n in range(100)])
    assert standing(settled.run(), "order") == ("ok", "order: 工单的来源新增了“BZ”列，尚未接入。")


def test_a_source_from_the_future(settled: Tiny, figure: Look) -> None:
    settled.orders([order(n, day="2027-03-01") for n in range(100)])
    kind, message = standing(settled.run(), "order")
    assert kind == "held"
    assert "“下单时间”在今天（2026-11-22）之后，最晚为 2027-03-01" in message
    assert figure("orders") == (100, None)


def test_a_file_dated_tomorrow_is_tolerated_and_one_of_next_year_is_not(tiny: Tiny) -> None:
    path = tiny.payments("发放编号,月份,街道代码,金额\nF1,2026-10,330105001,1\n")
    for day, kind in (("2026-11-23", "ok"), ("2027-11-22", "held")):
        moment = time.mktime(time.strptime(day, "%Y-%m-%d")) + 3600
        path.write_bytes(path.read_bytes() + f"F{day},2026-10,330105001,1\n".encode())
        os.utime(path, (moment, moment))
        assert standing(tiny.run(), "subsidy")[0] == kind


def test_the_limits_are_the_regions(settled: Tiny, figure: Look) -> None:
    (settled.region.path / "guards.yaml").write_text("modules: {order: {tables: {order: {hold_rows: 0.3}}}}\n", encoding="utf-8")
    settled.orders([order(n) for n in range(45)])
    assert standing(settled.run(), "order")[0] == "held"
    (settled.region.path / "guards.yaml").write_text("default: {hold_rwos: 0.3}\n", encoding="utf-8")
    result = settled.run()
    assert (result.exit_code, "hold_rwos 不认识" in result.message) == (1, True)
