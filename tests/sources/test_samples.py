"""The sample of every module is what its contract asks for: the headings fit and every row passes."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import etl.sources
from etl import clean
from etl.checks import compile_contract, outcome_tables, raw_columns
from etl.connectors.base import batch
from etl.load import contracts
from etl.paths import DEFAULT_REGION
from etl.region import Region
from etl.sift import sift, start

ROOT = Path(next(iter(etl.sources.__path__)))
MODULES = {c.module: c for c in contracts()}


def sample(module: str, table: str) -> list[list[str]]:
    """Heading and rows of a sample file."""
    with (ROOT / module / "sample" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("module", MODULES)
def test_every_row_of_the_sample_is_acceptable(module):
    con = duckdb.connect(":memory:")
    outcome_tables(con)
    clean.prepare(con, list(Region.load(DEFAULT_REGION).areas))
    start(con)
    contract = MODULES[module]
    for compiled in compile_contract(contract):
        heading, *rows = sample(module, compiled.table.name)
        assert heading == list(raw_columns(compiled.table))
        assert rows
        columns = [list(c) for c in zip(*rows, strict=True)]
        delivery = pa.Table.from_batches([batch(compiled.table, columns, "sample", range(2, len(rows) + 2))])
        cursor = con.cursor()
        cursor.register("delivery", delivery)
        cursor.execute(f"create table raw.\"{compiled.full_name}\" as select *, 1::bigint as _batch from delivery").fetchall()
        counts = sift(con, compiled, 1)
        reasons = con.execute("select sentence from temp.new_quarantine").fetchall()
        assert (counts.read, counts.loaded) == (len(rows), len(rows)), reasons


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_who_owns_it_and_when_it_is_due(module):
    contract = MODULES[module]
    assert contract.owner and contract.title and contract.systems and contract.due.text
    assert (ROOT / module / "README.md").is_file()
    for table in contract.tables:
        assert table.title and table.grain
        names = [c.heading for c in table.columns]
        assert len(set(names)) == len(names)
        for column in table.columns:
            assert not column.heading.isascii() or module == "area", f"{table.name}.{column.name} has no Chinese title"
