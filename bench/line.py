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

TURNS = 5


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

    The bare side reads what the source delivers and none of the columns that the line adds. Both run on two threads, in turn, five times; the
    medians are compared, and beside the seconds on the wall those of the processor, which depend less on who else is at work.
    """
    import duckdb

    from etl import checks, clean, load, sift
    from etl.paths import DEFAULT_REGION, Layout
    from etl.region import Region
    from etl.run import Line

    layout, region, line = Layout(var, DEFAULT_REGION.name), Region.load(DEFAULT_REGION), Line.declared()
    contract = next(c for c in line.contracts if c.module == "order")
    compiled = next(c for c in checks.compile_contract(contract) if c.table.name == "order")
    bare_turns: list[tuple[float, float]] = []
    checked_turns: list[tuple[float, float]] = []
    given = ", ".join(clean.name(c) for c in compiled.raw_columns)
    with tempfile.TemporaryDirectory(dir=var) as folder:
        csv = Path(folder) / "orders.csv"
        work = Path(folder) / "work.duckdb"
        shutil.copy(layout.work, work)
        con = duckdb.connect(str(work))
        con.execute("set threads = 2")
        con.execute("set preserve_insertion_order = false")
        con.execute("set search_path = 'marts,checked,main'")
        batch, rows = con.execute("select max(_batch), count(*) from raw.order_order").fetchall()[0]
        con.execute(f"copy (select {given} from raw.order_order where _batch = {batch}) to '{csv}' (header)")
        clean.prepare(con, region.areas, date.today())  # noqa: DTZ011
        load.prepare(con, line.contracts)
        sift.start(con)
        for turn in range(TURNS):
            bare = duckdb.connect(str(Path(folder) / f"bare{turn}.duckdb"))
            bare.execute("set threads = 2")
            bare.execute("set preserve_insertion_order = false")
            started = _clocks()
            bare.execute(f"create table orders as select * from read_csv('{csv}')")
            bare_turns.append(_since(started))
            bare.close()
            started = _clocks()
            sift.sift(con, compiled, batch)
            checked_turns.append(_since(started))
        con.close()
    (bare_s, bare_cpu), (checked_s, checked_cpu) = (map(statistics.median, zip(*turns, strict=True)) for turns in (bare_turns, checked_turns))
    return {
        "rows": rows, "bare_s": bare_s, "checked_s": checked_s, "ratio": bare_s / checked_s,
        "bare_cpu_s": bare_cpu, "checked_cpu_s": checked_cpu, "ratio_cpu": bare_cpu / checked_cpu,
    }  # fmt: skip


def _clocks() -> tuple[float, float]:
    """The wall's clock and this process's processor time."""
    return time.perf_counter(), time.process_time()


def _since(started: tuple[float, float]) -> tuple[float, float]:
    wall, cpu = _clocks()
    return wall - started[0], cpu - started[1]
