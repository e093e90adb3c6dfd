"""Simulate + ETL of the demo, an unchanged second run, and the checks' DuckDB part beside a bare CREATE TABLE AS."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from datetime import date
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
    """The orders of the demo: bare ``read_csv`` + ``CREATE TABLE AS`` against contract, checks and deduplication of the same rows.

    Both run on two threads in a fresh database file, in turn, three times; the medians are compared.
    """
    import duckdb

    from etl import checks, clean, load, sift
    from etl.paths import DEFAULT_REGION, Layout
    from etl.region import Region
    from etl.run import Line

    layout, region, line = Layout(var, DEFAULT_REGION.name), Region.load(DEFAULT_REGION), Line.declared()
    contract = next(c for c in line.contracts if c.module == "order")
    compiled = next(c for c in checks.compile_contract(contract) if c.table.name == "order")
    bare_times, checked_times = [], []
    with tempfile.TemporaryDirectory(dir=var) as folder:
        csv = Path(folder) / "orders.csv"
        work = Path(folder) / "work.duckdb"
        shutil.copy(layout.work, work)
        con = duckdb.connect(str(work))
        con.execute("set threads = 2")
        con.execute("set preserve_insertion_order = false")
        con.execute("set search_path = 'marts,checked,main'")
        batch, rows = con.execute("select max(_batch), count(*) from raw.order_order").fetchall()[0]
        con.execute(f"copy (select * from raw.order_order where _batch = {batch}) to '{csv}' (header)")
        clean.prepare(con, region.areas, date.today())  # noqa: DTZ011
        load.prepare(con, line.contracts)
        sift.start(con)
        for turn in range(3):
            bare = duckdb.connect(str(Path(folder) / f"bare{turn}.duckdb"))
            bare.execute("set threads = 2")
            bare.execute("set preserve_insertion_order = false")
            started = time.perf_counter()
            bare.execute(f"create table orders as select * from read_csv('{csv}')")
            bare_times.append(time.perf_counter() - started)
            bare.close()
            started = time.perf_counter()
            sift.sift(con, compiled, batch)
            checked_times.append(time.perf_counter() - started)
        con.close()
    bare_s, checked_s = statistics.median(bare_times), statistics.median(checked_times)
    return {"rows": rows, "bare_s": bare_s, "checked_s": checked_s, "ratio": bare_s / checked_s}
