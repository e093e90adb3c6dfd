"""Records of people who had died or moved away by then: kept, counted, and listed for their owner."""

from __future__ import annotations

import duckdb
import pytest

from etl import checks, clean, sift
from etl.contract import Contract
from etl.load import contracts
from tests.etl.test_clean import TODAY


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    """A register of one living elder, one who died on 10 May 2026 and one who moved on that day."""
    made = duckdb.connect()
    clean.prepare(made, [], TODAY)
    checks.outcome_tables(made)
    made.execute(
        "create table checked.registry_elder as select * from (values ('A', 'KA', 'IA', '正常', null), ('B', 'KB', 'IB', '死亡',"
        " date '2026-05-10'), ('C', 'KC', 'IC', '迁出', date '2026-05-10')) as t (elder_id, card_no, id_number, status, status_on)"
    )
    return made


def contract(module: str) -> Contract:
    return next(c for c in contracts() if c.module == module)


def warned(con: duckdb.DuckDBPyConnection, module: str, table: str, rows: list[dict[str, str]], rule: str) -> set[int]:
    """Positions of the rows (raw columns by header) that the rule lists, each of them loaded all the same."""
    compiled = checks.compile(module, contract(module).table(table))
    names = ", ".join(f"{clean.name(c)} varchar" for c in compiled.raw_columns)
    raw = f"raw.{compiled.full_name}"
    con.execute(f"create table {raw} ({names}, _source varchar, _position bigint, _defect varchar, _batch bigint)")
    for n, row in enumerate(rows):
        con.execute(f"insert into {raw} values ({'?, ' * len(compiled.raw_columns)}'f', {n}, null, 1)",
                    [row.get(c) for c in compiled.raw_columns])  # fmt: skip
    sift.start(con)
    counts = sift.sift(con, compiled, 1)
    assert counts.quarantined == 0, con.execute("select * from temp.new_quarantine").fetchall()
    assert counts.loaded == len(rows)
    found = con.execute("select position from temp.new_warning where sentence = ?", [rule]).fetchall()
    return {p for (p,) in found}


def test_orders_after_death_or_moving(con: duckdb.DuckDBPyConnection) -> None:
    def order(n: int, elder: str, day: str, status: str = "已完成") -> dict[str, str]:
        return {"DD_ID": f"D{n}", "LNR_ID": elder, "DW_ID": "P", "XM_DM": "X", "XD_SJ": f"{day} 09:00:00", "JE": "0", "BTJE": "0",
                "ZFJE": "0", "ZT": status, "XG_SJ": "2026-08-01 00:00:00"}  # fmt: skip

    rows = [order(0, "A", "2026-07-01"), order(1, "B", "2026-05-10"), order(2, "B", "2026-05-11"), order(3, "C", "2026-06-01"),
            order(4, "B", "2026-07-01", "已取消"), order(5, "unknown", "2026-07-01")]  # fmt: skip
    assert warned(con, "order", "order", rows, "下单时间晚于老年人死亡或迁出日期") == {2, 3}


def test_payments_for_months_after_the_month_of_departure(con: duckdb.DuckDBPyConnection) -> None:
    def payment(n: int, elder: str, month: str, result: str = "成功") -> dict[str, str]:
        return {"发放编号": f"F{n}", "项目编码": "X", "发放对象": "老年人", "老年人编号": elder, "发放月份": month, "金额": "1",
                "发放日期": "2026-08-01", "银行结果": result, "退回日期": "2026-08-02"}  # fmt: skip

    rows = [payment(0, "A", "2026-07"), payment(1, "B", "2026-05"), payment(2, "B", "2026-06"), payment(3, "C", "2026-07", "退回")]
    assert warned(con, "subsidy", "payment", rows, "发放月份晚于老年人死亡或迁出日期") == {2}


def test_assessments_after_death(con: duckdb.DuckDBPyConnection) -> None:
    rows = [{"PG_ID": str(n), "LNR_ID": "B", "PG_RQ": day, "DJ": "2", "SZ": "0", "DF": "60", "YXQ": "2027-01-01", "PG_JG": "x"}
            for n, day in enumerate(("2026-05-09", "2026-05-12"))]  # fmt: skip
    assert warned(con, "assessment", "assessment", rows, "评估日期晚于老年人死亡或迁出日期") == {1}


@pytest.mark.parametrize(("module", "table"), [("card", "consumption"), ("canteen", "meal"), ("insurance", "benefit"),
                                              ("subsidy", "application")])  # fmt: skip
def test_the_other_dated_records_of_people_have_the_rule(module: str, table: str) -> None:
    rules = [r for r in contract(module).table(table).references if r.fault]
    assert [r.sentence.endswith("晚于老年人死亡或迁出日期") for r in rules] == [True]
