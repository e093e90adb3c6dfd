"""How a region's data stands, for whoever asks without running anything: the published snapshot, what waits, and what lies in quarantine."""

from __future__ import annotations

import fcntl
from typing import Any

import duckdb

from etl import history, holds, meta, publish
from etl.paths import Layout


def status(layout: Layout) -> dict[str, Any]:
    """How the region's data stands: run_id, data_date, latest_month, running, modules, loads from the published snapshot, with the revisions of
    the last run that changed months already reported; held: what waits for a decision now; last_run: its seconds, steps, exit code, counts.
    """
    here = publish.pointer(layout)
    told: dict[str, Any] = {"run_id": None, "data_date": None, "latest_month": None, "running": _running(layout), "modules": [],
                            "loads": []}  # fmt: skip
    told |= {"held": [h.to_dict() for h in holds.pending(layout)], "last_run": next(iter(history.runs(layout.snapshots, 1)), None), "revisions": []}
    if here:
        with duckdb.connect(str(layout.snapshots / here["file"]), read_only=True) as con:
            told |= {k: here.get(k) for k in ("run_id", "data_date", "latest_month")}
            told["modules"] = meta.rows(con, "select * from meta_module order by module")
            told["loads"] = meta.rows(con, "select * from meta_load order by module, table_name")
            told["revisions"] = meta.rows(con, "select * from meta_revision where run_id = (select max(run_id) from meta_revision) order by module, table_name, month")
    return told


def quarantine(layout: Layout, module: str | None = None) -> list[dict[str, Any]]:
    """Rejected rows × reasons of the published snapshot, of one module or all; values are masked where personal."""
    here = publish.pointer(layout)
    if not here:
        return []
    with duckdb.connect(str(layout.snapshots / here["file"]), read_only=True) as con:
        return meta.rows(
            con,
            "select * from quarantine where ? is null or module = ? order by module, table_name, source, position",
            [module, module],
        )


def _running(layout: Layout) -> bool:
    if not layout.lock.exists():
        return False
    with layout.lock.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
