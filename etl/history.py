"""What each run did: one line of JSON a run, beside the snapshots; runs that failed or changed nothing are kept as well."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from etl.paths import Layout

FILE = "runs.jsonl"
MOST_BYTES = 2 << 20
COUNTS = ("read", "loaded", "quarantined", "superseded")


def path(snapshots: Path) -> Path:
    """Where the history of a region lies."""
    return snapshots / FILE


def record(layout: Layout, result: Any, started_at: str) -> None:
    """Append a run (``etl.run.RunResult``). Never raises: a history that cannot be written must not fail a run that went well."""
    changed = [row for row in result.loads if row.get("changed")]
    told = {
        "run_id": result.run_id, "started_at": started_at, "seconds": round(result.seconds, 1), "exit_code": result.exit_code,
        "published": result.published, "message": result.message, "modules": len(result.modules),
        "troubled": sorted(m["module"] for m in result.modules if m["status"] != "ok"), "changed": sorted({r["module"] for r in changed}),
        "steps": result.steps, "repairs": result.repairs,
        **{name: sum(int(row[name]) for row in changed) for name in COUNTS},
    }  # fmt: skip
    try:
        file = path(layout.snapshots)
        _shorten(file)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(told, ensure_ascii=False, default=str) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        return


def _shorten(file: Path) -> None:
    """Drop the older half of a history that has grown long."""
    if not file.is_file() or file.stat().st_size < MOST_BYTES:
        return
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    fresh = file.with_suffix(".jsonl.tmp")
    fresh.write_text("".join(lines[len(lines) // 2 :]), encoding="utf-8")
    fresh.replace(file)


def runs(snapshots: Path, most: int = 100) -> list[dict[str, Any]]:
    """The last runs, newest first; a torn line is passed over."""
    file = path(snapshots)
    if not file.is_file():
        return []
    found = []
    for line in reversed(file.read_text(encoding="utf-8", errors="replace").splitlines()):
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and told.get("run_id"):
            found.append(told)
        if len(found) >= most:
            break
    return found
