"""Every table of every module: the rows and the money that its files hold are those that the line says it has read, none unaccounted for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from etl.paths import DEFAULT_REGION
from etl.run import Line
from tests.etl.reading import read as from_snapshot
from tests.naive.deliveries import counted

# The ledger is the product's own; tests/etl/test_ledger_source.py holds its rows against it.
TABLES = {f"{c.module}_{t.name}": (c, t) for c in Line.declared().contracts for t in c.tables if c.module != "ledger"}


def test_all_modules_are_there():
    assert len({c.module for c, _ in TABLES.values()}) == 26


@pytest.mark.parametrize("name", TABLES)
def test_rows_and_money_delivered_are_rows_and_money_accounted_for(small_demo, name):
    contract, table = TABLES[name]
    rows, money = counted(small_demo.layout.sources, DEFAULT_REGION, contract, table)
    ((read, loaded, quarantined, superseded, *sums),) = from_snapshot(
        small_demo.layout,
        "select read, loaded, quarantined, superseded, money_read, money_loaded, money_quarantined, money_superseded"
        " from meta_load where module = ? and table_name = ?", [contract.module, table.name],
    )  # fmt: skip
    assert read == loaded + quarantined + superseded
    assert rows == read and rows > 0
    if table.money:
        assert sums[0] == sum(sums[1:])
        assert money.quantize(Decimal("0.01")) == sums[0]
