"""The contract that an owner reads says all that the checks may say of his rows, and how files, totals and repeated keys are taken."""

from __future__ import annotations

import duckdb
import pytest

from etl import checks, clean, sift
from etl.checks import compile_contract
from etl.clean import name
from etl.contract import Contract
from etl.load import contracts
from etl.wording import describe, how

CONTRACTS = {c.module: c for c in contracts()}


def said_by_checks(contract: Contract) -> set[tuple[str, str]]:
    """(table, sentence) about a row of nonsense and an empty one."""
    con = duckdb.connect()
    clean.prepare(con, [])
    checks.outcome_tables(con)
    sift.start(con)
    for compiled in compile_contract(contract):
        columns = ", ".join(f"t as {name(raw)}" for raw in compiled.raw_columns)
        con.execute(
            f"create table raw.{name(compiled.full_name)} as select {columns}, 'x' as _source, n as _position, null::varchar as _defect,"
            " 1::bigint as _batch from (values (1::bigint, '?' || repeat('9E+30', 900)), (2, '')) as v (n, t)"
        )
        sift.sift(con, compiled, 1)
    return set(con.execute("select table_name, sentence from temp.new_quarantine").fetchall())


@pytest.mark.parametrize("module", sorted(CONTRACTS))
def test_every_reason_that_the_checks_give_is_in_the_contract(module: str) -> None:
    words = {t.name: t for t in describe(CONTRACTS[module]).tables}
    if module in ("order", "canteen", "registry", "subsidy"):  # columns of every kind; to ask all modules takes half a minute
        found = said_by_checks(CONTRACTS[module])
        assert found
        assert [(t, s) for t, s in found if s not in (*words[t].cells, *words[t].rejects)] == []
    for compiled in compile_contract(CONTRACTS[module]):
        told = words[compiled.table.name]
        assert {s for s, _ in compiled.plain_warns + compiled.window_warns} <= set(told.warns)
        assert {s for s, _ in compiled.plain_rejects + compiled.window_rejects} <= set(told.rejects)
        assert {r.sentence for r in compiled.table.references} <= {*told.warns, *told.rejects}


def test_doubts_about_places_and_codes_are_told() -> None:
    warned = {s for c in CONTRACTS.values() for t in describe(c).tables for s in t.warns}
    assert any("不在本区范围内" in s for s in warned)
    assert any("的代码已拆分" in s for s in warned)
    assert any("时尚未启用" in s for s in warned)


def test_files_repeats_totals_and_references_are_in_words() -> None:
    spec = {"kind": "csv", "path": "canteen", "encoding": "auto"}
    canteen = describe(CONTRACTS["canteen"], how(spec))
    assert "AUTO" not in canteen.delivery and not canteen.fillable
    listed = canteen.tables[0]
    assert listed.files.startswith("文件名形如“食堂名录*.csv”")
    assert "“(1)”“副本”" in listed.twice
    assert listed.references == ("单位编号：应见于服务单位库“服务单位”的“单位编号”",)
    assert any("小计" in s for s in canteen.whole)
    assert any(s.startswith("某个月或某个文件的记录数、每笔平均金额") for s in canteen.whole)
    assert describe(CONTRACTS["caregiver"], how({"kind": "workbook", "path": "x.xlsx"})).fillable
    order = describe(CONTRACTS["order"], how({"kind": "sql", "url": "sqlite:///order.db"}))
    assert any(s.startswith("某个月的记录数、每笔平均金额") for s in order.whole)  # nothing is said of files
    assert not order.fillable and not order.tables[0].files and "“修改时间”最晚的为准" in order.tables[1].twice
