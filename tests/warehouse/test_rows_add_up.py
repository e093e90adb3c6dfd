"""Every figure of the catalogue opens to rows that make it: counted, added up or ranked by hand, over a district that went through the line."""

from __future__ import annotations

import math
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from dashboard.access.scope import Scope
from dashboard.warehouse import Snapshot, Warehouse
from dashboard.warehouse.types import Rows
from etl.indicators import catalogue
from etl.indicators.base import Measure
from tests.conftest import Demo

DISTRICT, STREET = "330105000000", "330105003000"


@pytest.fixture(scope="module")
def reader(small_demo: Demo) -> Warehouse:
    file: Path | None = small_demo.result.snapshot
    assert file is not None
    return Warehouse(Snapshot.open(file), Scope.of("leader", DISTRICT))


def everything(w: Warehouse, code: str, area: str, month: str, which: str) -> Rows:
    """All rows behind a figure, page after page as a person turns them."""
    first = w.rows(code, area, month, which, limit=5000)
    rows = list(first.rows)
    while len(rows) < first.total:
        rows += w.rows(code, area, month, which, offset=len(rows), limit=5000).rows
    return Rows(first.columns, rows, first.total, first.outside)


def made_of(measure: Measure, rows: Rows) -> float | None:
    """What the measure says of these rows and of nothing else."""
    if measure.value == "1" and not measure.ranked:
        return len(rows.rows)
    if not rows.rows:
        return None
    shown = pd.DataFrame(rows.rows, columns=[c.name for c in rows.columns]).convert_dtypes()
    with duckdb.connect() as con:
        con.register("shown", shown)
        value = f"cast({measure.value} as double)"
        share = 0.5 if measure.median else measure.quantile
        told = con.execute(f"select {f'quantile_cont({value}, {share})' if measure.ranked else f'sum({value})'} from shown").fetchone()
    return told[0] if told else None


@pytest.mark.parametrize("group", sorted({i.group for i in catalogue().values()}))
def test_the_rows_behind_a_figure_make_it(reader: Warehouse, group: str) -> None:
    month, seen = reader.latest_month, 0
    for code, indicator in catalogue().items():
        if indicator.group != group:
            continue
        for area in (DISTRICT, STREET):
            figure = reader.figures([code], area, month)[code]
            for which, measure, said in (("part", indicator.part, figure.part), ("whole", indicator.whole, figure.whole)):
                if measure is None or said is None:
                    continue
                found = made_of(measure, everything(reader, code, area, month, which))
                assert math.isclose(found or 0, said, rel_tol=1e-9, abs_tol=1e-6), (code, which, area, found, said)
                seen += 1
    assert seen
