"""The way of every figure as tables of the snapshot, derived from the SQL: source column → checked column → mart → indicator.

``meta_field`` lists the columns of the outside systems and what they become, ``meta_reads`` what each mart reads, ``meta_origin`` by which
columns an indicator is decided: its value, what is counted, its place, its month.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import duckdb
import pyarrow as pa

from etl.checks import compile_contract
from etl.contract import Contract, Point
from etl.indicators.base import Indicator
from etl.lineage import Lineage
from etl.martfile import GIVEN, POLICY_TABLES

VALUE, CHOICE, PLACE, MONTH = "值", "条件", "区域", "月份"
_FIELD = pa.schema([(c, pa.string()) for c in ("table_name", "module", "title", "source_table", "column_name", "source_column", "heading")])
_READS = pa.schema([("mart", pa.string()), ("reads", pa.string())])
_ORIGIN = pa.schema([(c, pa.string()) for c in ("indicator", "role", "mart", "table_name", "column_name")])


def lay(
    con: duckdb.DuckDBPyConnection, lineage: Lineage, indicators: Iterable[Indicator], contracts: Iterable[Contract], schema: str = "marts"
) -> None:
    """Write ``meta_field``, ``meta_reads`` and ``meta_origin`` into a schema."""
    for name, columns, rows in (
        ("meta_field", _FIELD, fields(contracts)),
        ("meta_reads", _READS, reads(lineage)),
        ("meta_origin", _ORIGIN, origins(lineage, indicators)),
    ):
        values = list(zip(*rows, strict=True)) or [()] * len(columns)
        con.register("told", pa.Table.from_arrays([pa.array(v, pa.string()) for v in values], schema=columns))
        con.execute(f"create or replace table {schema}.{name} as select * from told")
        con.unregister("told")


def fields(contracts: Iterable[Contract]) -> Iterator[tuple[str, ...]]:
    """The columns of every table: checked table and column, and where they come from."""
    for contract in contracts:
        for compiled in compile_contract(contract):
            for cell in compiled.cells:
                column = cell.column
                source, heading = column.source, column.heading
                if isinstance(column, Point):
                    lat = cell.name.endswith("lat")
                    source, heading = (column.latitude_source, "纬度") if lat else (source, "经度")
                yield compiled.full_name, contract.module, compiled.table.title, compiled.table.source, cell.name, source, heading


def reads(lineage: Lineage) -> list[tuple[str, str]]:
    """(mart, checked table or mart that it reads)."""
    found = {(m.name, r) for m in lineage.marts.values() for r in m.reads}
    return sorted((m, r) for m, r in found if r not in GIVEN and (r in lineage.marts or r in lineage.compiled or r in POLICY_TABLES))


def origins(lineage: Lineage, indicators: Iterable[Indicator]) -> list[tuple[str, ...]]:
    """(indicator, role, mart, checked table, its column); a table that only decides which rows there are has no column."""
    traced: dict[tuple[str, str], set[tuple[str, str]]] = {}

    def trace(mart: str, column: str) -> set[tuple[str, str]]:
        if (mart, column) not in traced:
            traced[mart, column] = lineage.trace(mart, column)
        return traced[mart, column]

    found: set[tuple[str, ...]] = set()
    for indicator in indicators:
        for measure in (indicator.part, indicator.whole):
            if measure is None or measure.mart not in lineage.marts:
                continue
            mart = lineage.marts[measure.mart]
            used = [(VALUE, c) for c in lineage.named(measure)] + [(PLACE, mart.area), (MONTH, mart.time)]
            for role, column in used:
                hits = {(t, c) for t, c in trace(mart.name, column) if t in lineage.compiled}
                found |= {(indicator.code, role, mart.name, t, "" if c == "*" else c) for t, c in hits}
            frame = {t for t in lineage.frame(mart.name) if t in lineage.compiled}
            found |= {(indicator.code, "", mart.name, t, "") for t in frame}
            telling = frame | {row[3] for row in found if row[0] == indicator.code and row[1] == VALUE}
            found |= {(indicator.code, CHOICE, mart.name, t, c) for t, c in lineage.conditions(mart.name) if t in telling}
    return sorted(found)

