"""The template that a department fills in comes back through the product's own reader with every row."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pytest

from dashboard.reports.template import EXAMPLES, HEAD, sample, sheet_name, template_xlsx
from etl import clean
from etl.checks import compile_contract, outcome_tables, raw_columns
from etl.connectors.base import schema
from etl.connectors.workbook import WorkbookReader
from etl.contract import Choice, Contract
from etl.load import contracts
from etl.paths import DEFAULT_REGION
from etl.region import Region
from etl.sift import sift, start
from etl.wording import describe, how

REGION = Region.load(DEFAULT_REGION)
MODULES = {c.module: c for c in contracts()}
BY_WORKBOOK = [m for m in MODULES if (REGION.source(m, Path("/srv")) or {}).get("kind") == "workbook"]


def made(contract: Contract) -> openpyxl.Workbook:
    """The template of a contract, opened."""
    return openpyxl.load_workbook(io.BytesIO(template_xlsx(contract, describe(contract, "Excel 工作簿"), "测试区民政局")))


def filled(contract: Contract, path: Path) -> dict[str, int]:
    """Fill a contract's template with its samples; rows by table."""
    book, counts = made(contract), {}
    for table in contract.tables:
        page = book[sheet_name(table)]
        heads = [c.value for c in page[HEAD + 1]]
        heading, *rows = sample(contract.module, table.name)
        for n, row in enumerate(rows, start=HEAD + 2):
            for head, value in zip(heading, row, strict=True):
                page.cell(n, heads.index(head) + 1).value = value or None
        counts[table.name] = len(rows)
    book.save(path)
    return counts


def delivered(contract: Contract, path: Path) -> dict[str, int]:
    """Rows by table that the reader hands over; their columns are the contract's."""
    reader = WorkbookReader(contract, str(path))
    return {t.name: sum(b.num_rows for b in reader.read(t)) for t in contract.tables}


@pytest.mark.parametrize("module", BY_WORKBOOK)
def test_a_filled_in_template_is_read_and_every_row_is_loaded(module: str, tmp_path: Path) -> None:
    contract, path = MODULES[module], tmp_path / "模板.xlsx"
    counts = filled(contract, path)
    con = duckdb.connect(":memory:")
    outcome_tables(con)
    clean.prepare(con, list(REGION.areas))
    start(con)
    reader = WorkbookReader(contract, str(path))
    for compiled in compile_contract(contract):
        delivery = pa.Table.from_batches(list(reader.read(compiled.table)), schema(compiled.table))
        con.register("delivery", delivery)
        con.execute(f'create table raw."{compiled.full_name}" as select *, 1::bigint as _batch from delivery')
        told = sift(con, compiled, 1)
        assert (told.read, told.loaded) == (counts[compiled.table.name],) * 2, con.execute(
            "select sentence from temp.new_quarantine"
        ).fetchall()


@pytest.mark.parametrize("module", [m for m in MODULES if m not in BY_WORKBOOK])
def test_the_template_of_any_other_module_can_be_read_as_a_workbook(module: str, tmp_path: Path) -> None:
    contract, path = MODULES[module], tmp_path / "模板.xlsx"
    counts = filled(contract, path)
    as_sheets = dataclasses.replace(
        contract, tables=[dataclasses.replace(t, source=sheet_name(t)) for t in contract.tables]
    )
    assert delivered(as_sheets, path) == counts


def test_an_untouched_template_holds_no_record(tmp_path: Path) -> None:
    contract, path = MODULES["caregiver"], tmp_path / "模板.xlsx"
    made(contract).save(path)
    assert set(delivered(contract, path).values()) == {0}
    examples = [c.value for row in made(contract)["示例"].iter_rows() for c in row if c.value]
    assert sample("caregiver", "employment")[1][0] in examples
    assert sum(v == sample("caregiver", "certificate")[k][0] for v in examples for k in range(1, EXAMPLES + 1)) == EXAMPLES


def test_headers_are_those_of_the_source_and_choices_are_lists() -> None:
    contract = MODULES["caregiver"]
    book = made(contract)
    for table in contract.tables:
        page = book[table.source]
        heads = [c.value for c in page[HEAD + 1]]
        assert heads == list(raw_columns(table))
        lists = {str(v.sqref).split(":")[0]: v.formula1 for v in page.data_validations.dataValidation if v.type == "list"}
        for column in table.columns:
            if isinstance(column, Choice):
                cell = page.cell(HEAD + 2, heads.index(column.source) + 1).coordinate
                assert lists[cell] == f'"{",".join(column.allowed)}"'
    told = [c.value for row in book["填表说明"].iter_rows() for c in row if c.value]
    assert "离职日期早于入职日期" in told and contract.owner in told


def test_numbers_that_are_names_stay_text_and_nothing_is_a_formula() -> None:
    book = made(MODULES["caregiver"])
    page = book["在岗人员"]
    heads = [c.value for c in page[HEAD + 1]]
    at = heads.index("身份证号") + 1
    assert next(d for d in page.column_dimensions.values() if d.min <= at <= d.max).number_format == "@"
    assert not [c for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]


def test_how_a_module_is_reached_tells_neither_host_nor_password() -> None:
    said = how({"kind": "sql", "url": "postgresql+psycopg://reader:geheim@10.1.2.3:5432/registry"})
    assert "PostgreSQL" in said
    assert not any(secret in said for secret in ("geheim", "10.1.2.3", "reader"))
    assert "GB18030" in how({"kind": "csv", "path": "/srv/in/subsidy", "encoding": "gb18030"})
