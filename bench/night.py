"""The line as it runs every night: a first load, one day's increment, and a micro-batch of 1,000 orders."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench import rivals
from bench.line import yiguan
from bench.measure import Used, command
from dashboard.warehouse import Snapshot
from etl import clock, publish
from etl.paths import DEFAULT_REGION, Layout

BATCH = 1_000
ELDERS = 60
PAUSE = 25
"""Seconds from the start of one turn of the watch to the start of the next: time enough for a turn, and to write orders before the next."""


def run(var: Path) -> dict[str, Any]:
    """Simulate, load all modules, then measure two nights and a micro-batch. Seconds of wall clock and processor, megabytes, rows.

    ``first`` is the night after a full load, in which what will be compared is counted for the first time; ``night`` is any other one.
    In a folder that has been run before only the nights, the micro-batch and the rivals are measured (``full`` is None).
    """
    layout = Layout(var, DEFAULT_REGION.name)
    full = None
    if not layout.work.exists():
        command(yiguan(var, "simulate"))
        full = command(yiguan(var, "etl", "run", "--json"))
    else:
        command(yiguan(var, "etl", "run", "--json"))
    first, day = _night(layout)
    night, _ = _night(layout)
    micro = _micro_batch(layout)
    sizes = {"orders": _count(layout), "night_orders": day}
    return {"full": full, "first": first, "night": night, "micro": micro, **sizes, **rivals.run(layout)}


def _night(layout: Layout) -> tuple[Used, int]:
    """A day's changes and the run of the night after them: what the run used, and the new orders."""
    day = new_orders(layout, _a_day(layout))
    _elders(layout, ELDERS)
    return command(yiguan(layout.var, "etl", "run", "--json")), day


def _a_day(layout: Layout) -> int:
    return max(1, _count(layout) // 730)


def _count(layout: Layout) -> int:
    with sqlite3.connect(layout.sources / "order.sqlite") as con:
        return int(con.execute("select count(*) from FWDD").fetchone()[0])


def new_orders(layout: Layout, rows: int) -> int:
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
    """Elders who moved within the district, each to the community of the next higher code: another one every night."""
    moment = f"{clock.now() - timedelta(minutes=1):%Y-%m-%d %H:%M:%S}"
    with sqlite3.connect(layout.sources / "registry.sqlite") as con:
        codes = [c for (c,) in con.execute("select JZ_SQ from LNR_JBXX group by 1 having count(*) > 100 order by 1")]
        moved = con.execute("select rowid, JZ_SQ from LNR_JBXX where JZ_SQ is not null order by rowid desc limit ?", [rows]).fetchall()
        onward = dict(zip(codes, codes[1:] + codes[:1], strict=True))
        con.executemany("update LNR_JBXX set XG_SJ = ?, JZ_SQ = ? where rowid = ?", [(moment, onward[code], row) for row, code in moved])


def _micro_batch(layout: Layout) -> dict[str, Any]:
    """Turns of ``yiguan etl watch``, as a bureau runs it: one in which the process grows warm, then the one that is measured.

    Seconds from the start of the turn. ``visible``: until a reader who waits for it has opened the snapshot; ``wall``: until the work file is
    closed as well; ``cpu``: of the process in this turn.
    """
    watch = subprocess.Popen(yiguan(layout.var, "etl", "watch", "--every", str(PAUSE), "--json"), stdout=subprocess.PIPE, text=True)
    try:
        _turn(watch)
        new_orders(layout, 10)
        _turn(watch)
        used, former = _used(watch.pid), publish.named(layout)
        new_orders(layout, BATCH)
        with ThreadPoolExecutor(1) as reader:
            reading = reader.submit(_opened, layout, former)
            told = _turn(watch)
            began = time.monotonic() - told["seconds"]
            run_id, visible = reading.result()
        used = _used(watch.pid) - used
    finally:
        watch.terminate()
        watch.wait()
    if not told["published"] or told["run_id"] != run_id:
        raise RuntimeError(f"the watch published {told['run_id']}, a reader opened {run_id}: {told['message']}")
    return {"visible": visible - began, "wall": told["seconds"], "cpu": used, "steps": told["steps"]}


def _turn(watch: subprocess.Popen[str]) -> dict[str, Any]:
    """What the watch says at the end of a turn."""
    line = watch.stdout.readline() if watch.stdout else ""
    if not line:
        raise RuntimeError(f"yiguan etl watch ended with {watch.wait()}")
    return dict(json.loads(line))


def _opened(layout: Layout, former: dict[str, Any] | None) -> tuple[str, float]:
    """The next snapshot that a reader opens, and when it has."""
    limit = time.monotonic() + 600
    while publish.named(layout) == former and time.monotonic() < limit:
        time.sleep(0.02)
    return Snapshot.current(layout).run_id, time.monotonic()


def _used(pid: int) -> float:
    """Seconds of processor that a process has used, of itself and of the system for it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
