"""The line as it runs every night: a first load, one day's increment, and a micro-batch of 1,000 orders; beside them pandas on the same rows."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.line import yiguan
from bench.measure import command
from etl import clock
from etl.paths import DEFAULT_REGION, Layout

BATCH = 1_000


def run(var: Path, scale: float = 1.0) -> dict[str, Any]:
    """Simulate at ``scale``, load all modules, then measure a night and a micro-batch. Seconds of wall clock, megabytes, rows."""
    layout = Layout(var, DEFAULT_REGION.name)
    command(yiguan(var, "simulate", "--scale", str(scale)))
    full = command(yiguan(var, "etl", "run", "--json"))
    day = _orders(layout, _a_day(layout))
    _elders(layout, 60)
    night = command(yiguan(var, "etl", "run", "--json"))
    _orders(layout, BATCH)
    micro = _warm_micro_batch(var)
    return {"full": full, "night": night, "night_orders": day, "micro": micro, "rows": _count(layout), "pandas_s": _pandas(layout)}


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
import json, sys
from pathlib import Path
from etl.paths import DEFAULT_REGION, Layout
from etl.region import Region
from etl.run import Line, run
line = Line.declared()
region, layout = Region.load(DEFAULT_REGION), Layout(Path(sys.argv[1]), DEFAULT_REGION.name)
result = run(region, layout, line=line, depth="quick")
print(json.dumps({"seconds": result.seconds, "published": result.published, "steps": result.steps}))
"""


def _warm_micro_batch(var: Path) -> dict[str, Any]:
    """One turn of ``yiguan etl watch``: the process is there already, so its start is not counted."""
    said = subprocess.run([sys.executable, "-c", _MICRO, str(var)], check=True, capture_output=True, text=True).stdout
    return dict(json.loads(said.splitlines()[-1]))


def _pandas(layout: Layout) -> float:
    """What reading the orders into a data frame takes, with types, duplicates removed, and written as Parquet; no checks, no history."""
    code = (
        "import sys, time, sqlite3, pandas as pd; t = time.perf_counter(); con = sqlite3.connect(sys.argv[1]);"
        "d = pd.read_sql('select * from FWDD', con);"
        "[d.__setitem__(c, pd.to_datetime(d[c], errors='coerce')) for c in ('XD_SJ', 'YY_SJ', 'PD_SJ', 'QD_SJ', 'QT_SJ', 'XG_SJ')];"
        "d = d.sort_values('XG_SJ').drop_duplicates('DD_ID', keep='last'); d.to_parquet(sys.argv[2]); print(time.perf_counter() - t)"
    )
    target = layout.base / "pandas.parquet"
    said = subprocess.run(
        [sys.executable, "-c", code, str(layout.sources / "order.sqlite"), str(target)], check=True, capture_output=True, text=True
    ).stdout
    target.unlink()
    return float(said)
