"""The line as it runs every night: a first load, one day's increment, and a micro-batch of 1,000 orders."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench import rivals
from bench.line import yiguan
from bench.measure import command
from etl import clock
from etl.paths import DEFAULT_REGION, Layout

BATCH = 1_000
ELDERS = 60


def run(var: Path) -> dict[str, Any]:
    """Simulate, load all modules, then measure a night and a micro-batch. Seconds of wall clock and processor, megabytes, rows.

    In a folder that has been run before only the night, the micro-batch and the rivals are measured (``full`` is None).
    """
    layout = Layout(var, DEFAULT_REGION.name)
    full = None
    if not layout.work.exists():
        command(yiguan(var, "simulate"))
        full = command(yiguan(var, "etl", "run", "--json"))
    else:
        command(yiguan(var, "etl", "run", "--json"))
    day = _orders(layout, _a_day(layout))
    _elders(layout, ELDERS)
    night = command(yiguan(var, "etl", "run", "--json"))
    micro = _warm_micro_batch(layout)
    sizes = {"orders": _count(layout), "night_orders": day}
    return {"full": full, "night": night, "micro": micro, **sizes, **rivals.run(layout)}


def _a_day(layout: Layout) -> int:
    return max(1, _count(layout) // 730)


def _count(layout: Layout) -> int:
    with sqlite3.connect(layout.sources / "order.sqlite") as con:
        return int(con.execute("select count(*) from FWDD").fetchone()[0])


def _orders(layout: Layout, rows: int) -> int:
    """New orders of the last month, copies of old ones under new numbers, changed just now; a tenth of as many are corrected."""
    moment = f"{clock.now():%Y-%m-%d %H:%M:%S}"
    with sqlite3.connect(layout.sources / "order.sqlite") as con:
        columns = [c[1] for c in con.execute("pragma table_info(FWDD)")]
        made = {"DD_ID": f"DD_ID || '-{time.time_ns()}'", "XG_SJ": f"'{moment}'"}
        picks = ", ".join(made.get(c, c) for c in columns)
        newest = "(select max(rowid) from FWDD)"
        con.execute(f"insert into FWDD select {picks} from FWDD where rowid > {newest} - {rows}")
        con.execute(f"update FWDD set MYD = 5, XG_SJ = '{moment}' where rowid > {newest} - {rows * 2} and rowid % 20 = 0")
    return rows


def _elders(layout: Layout, rows: int) -> None:
    """Elders who moved within the district."""
    moment = f"{clock.now() - timedelta(minutes=1):%Y-%m-%d %H:%M:%S}"
    with sqlite3.connect(layout.sources / "registry.sqlite") as con:
        con.execute(
            f"update LNR_JBXX set XG_SJ = '{moment}', JZ_SQ = (select JZ_SQ from LNR_JBXX order by rowid limit 1)"
            f" where rowid in (select rowid from LNR_JBXX order by rowid desc limit {rows})"
        )


_MICRO = """
import json, resource, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from bench.night import BATCH, _orders
from dashboard.warehouse import Snapshot
from data.simulator import playing
from etl import publish
from etl.paths import DEFAULT_REGION, Layout
from etl.region import Region
from etl.run import Line, run

def opened(layout, before):
    limit = time.monotonic() + 600
    while publish.named(layout)["run_id"] == before and time.monotonic() < limit:
        time.sleep(0.02)
    return Snapshot.current(layout), time.perf_counter()

line = Line.declared()
region, layout = Region.load(DEFAULT_REGION), Layout(Path(sys.argv[1]), DEFAULT_REGION.name)
with playing(layout.sources), ThreadPoolExecutor(1) as reader:
    _orders(layout, 10)
    run(region, layout, line=line, depth="quick")  # the turn before: from then on the process is warm
    _orders(layout, BATCH)
    began, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    reading = reader.submit(opened, layout, publish.named(layout)["run_id"])
    result = run(region, layout, line=line, depth="quick")
    ended = time.perf_counter()
    seen, visible = reading.result()
    now = resource.getrusage(resource.RUSAGE_SELF)
    assert seen.run_id == result.run_id and result.published
print(json.dumps({"visible": visible - began, "wall": ended - began, "steps": result.steps,
                  "cpu": now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime}))
"""


def _warm_micro_batch(layout: Layout) -> dict[str, Any]:
    """One turn of ``yiguan etl watch``: the process is there already.

    ``visible``: until a reader who waits for it has opened the snapshot; ``wall``: until the work file is closed as well.
    """
    said = subprocess.run([sys.executable, "-c", _MICRO, str(layout.var)], check=True, capture_output=True, text=True).stdout
    return dict(json.loads(said.splitlines()[-1]))
