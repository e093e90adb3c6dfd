"""The orders alone, brought in three ways in the same run: by this line with all its checks, by pandas, by dlt.

Each in a process of its own; what is compared is processor time, because wall clocks on a shared machine say little.  dlt is no dependency
of the product: it is installed into a throw-away environment, and left out, with the reason, where that is not possible.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from etl.paths import Layout

_USED = """
import json, resource, sys, time
began = time.perf_counter()
{code}
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({{"wall": time.perf_counter() - began, "cpu": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}}))
"""
# Read, clean, check, account for and deduplicate: what the module's step of a first run does.
_OURS = """
from pathlib import Path
from etl import clean, clock, load
from etl.connectors import open_reader
from etl.paths import DEFAULT_REGION, Layout
from etl.region import Region
from etl.run import connect
region, sources = Region.load(DEFAULT_REGION), Path(sys.argv[1]).parent
layout = Layout(Path(sys.argv[2]), DEFAULT_REGION.name)
layout.ensure()
layout.temp.mkdir(parents=True, exist_ok=True)
con = connect(layout)
clean.prepare(con, region.areas, clock.today(), region.box)
contract = next(c for c in load.contracts() if c.module == "order")
load.prepare(con, [contract])
load.load_module(con, contract, open_reader(contract, region.source("order", sources), layout.temp))
con.close()
"""
# Types, and the newest of each number, written as Parquet; no checks, no account of rows, no history.
_PANDAS = """
import sqlite3
import pandas as pd
d = pd.read_sql("select * from FWDD", sqlite3.connect(sys.argv[1]))
for c in ("XD_SJ", "YY_SJ", "PD_SJ", "QD_SJ", "QT_SJ", "XG_SJ"):
    d[c] = pd.to_datetime(d[c], errors="coerce")
d.sort_values("XG_SJ").drop_duplicates("DD_ID", keep="last").to_parquet(sys.argv[2] + "/orders.parquet")
"""
# Its own fast way: Arrow batches from the database into DuckDB; no checks, no deduplication.
_DLT = """
import os
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
import dlt
from dlt.sources.sql_database import sql_table
table = sql_table(credentials="sqlite:///" + sys.argv[1], table="FWDD", backend="pyarrow", chunk_size=100_000)
target = dlt.destinations.duckdb(sys.argv[2] + "/dlt.duckdb")
dlt.pipeline("orders", destination=target, dataset_name="d", pipelines_dir=sys.argv[2] + "/state").run(table, write_disposition="replace")
"""


def run(layout: Layout) -> dict[str, Any]:
    """``ours``, ``pandas`` and ``dlt``: wall and processor seconds, peak megabytes; for dlt a sentence where it could not be installed."""
    source = layout.sources / "order.sqlite"
    with tempfile.TemporaryDirectory(dir=layout.base) as folder:
        found: dict[str, Any] = {"ours": _timed(sys.executable, _OURS, source, folder)}
        found["pandas"] = _timed(sys.executable, _PANDAS, source, folder)
        python = _dlt(Path(folder) / "dlt")
        found["dlt"] = python if python.startswith("not measured") else _timed(python, _DLT, source, folder)
    return found


def _timed(python: str, code: str, source: Path, folder: str) -> dict[str, float]:
    command = [python, "-c", _USED.format(code=code), str(source), folder]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-1500:])
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _dlt(folder: Path) -> str:
    """The interpreter of an environment with dlt; a sentence where there is none to be had."""
    wanted = ["dlt[duckdb]", "pyarrow", "sqlalchemy", "numpy"]
    python, uv = str(folder / "bin" / "python"), shutil.which("uv")
    if uv:
        steps = ([uv, "venv", "-q", str(folder)], [uv, "pip", "install", "-q", "-p", str(folder), *wanted])
    else:
        steps = ([sys.executable, "-m", "venv", str(folder)], [python, "-m", "pip", "install", "-q", *wanted])
    for step in steps:
        done = subprocess.run(step, check=False, capture_output=True, text=True)
        if done.returncode:
            return f"not measured: {(done.stderr.strip() or 'no environment').splitlines()[-1][:160]}"
    return python
