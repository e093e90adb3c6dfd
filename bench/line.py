"""Simulate + ETL of the demo, an unchanged second run, and the checks' DuckDB part beside a bare CREATE TABLE AS."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.measure import command


def yiguan(var: Path, *args: str) -> list[str]:
    """The command line of this checkout with its own runtime folder."""
    return [sys.executable, "-c", "from dashboard.cli import main; main()", "--var", str(var), *args]


def run(var: Path) -> dict[str, Any]:
    """Wall seconds, processor seconds and peak memory of the whole line at full scale."""
    simulated = command(yiguan(var, "simulate"))
    first = command(yiguan(var, "etl", "run", "--json"))
    again = command(yiguan(var, "etl", "run", "--json"))
    return {"simulate": simulated, "first": first, "again": again, **duckdb_part(var)}


def duckdb_part(var: Path) -> dict[str, float]:
    """The orders of the demo: bare ``read_csv`` + ``CREATE TABLE AS`` against contract, checks and deduplication of the same rows."""
    import duckdb
    from etl.run import contracts

    from etl.checks import check_table
    from etl.paths import DEFAULT_REGION, Layout
    from etl.region import Region

    layout, region = Layout(var, DEFAULT_REGION.name), Region.load(DEFAULT_REGION)
    table = contracts()["order"].table("order")
    with tempfile.TemporaryDirectory() as folder:
        csv = Path(folder) / "orders.csv"
        con = duckdb.connect(str(layout.work), read_only=True)
        con.sql("set threads = 2")
        con.sql("select * from raw.order_order").write_csv(str(csv))
        count = con.sql("select count(*) from raw.order_order").fetchone()[0]
        con.close()
        bare = duckdb.connect(str(Path(folder) / "bare.duckdb"))
        bare.sql("set threads = 2")
        started = time.perf_counter()
        bare.sql(f"create table orders as select * from read_csv('{csv}')")
        seconds_bare = time.perf_counter() - started
        bare.close()
        seconds_checked = check_table(region, layout, "order", table, Path(folder))
    return {"rows": count, "bare_s": seconds_bare, "checked_s": seconds_checked, "ratio": seconds_bare / seconds_checked}
