"""The plan's tasks by lead department: this month, and how far they had come in the months before."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from dashboard.warehouse.snapshot import Snapshot

MONTHS = 6
"""So many months of progress, the last one looked at included."""

_COLUMNS = ("task_id", "task", "key_task", "lead_department", "area_code", "due_on", "reported", "planned", "done", "stated", "on_track", "work", "trouble")


def tasks(snapshot: Snapshot, places: Collection[str], month: str) -> list[dict[str, Any]]:
    """One row per task and lead department of these places, as ``task_month`` has it, with ``course``: month → percent done (None where it was not
    reported). Empty where no form was delivered for the month."""
    if "task_month" not in snapshot.tables:
        return []
    at = snapshot.month_index[month]
    wanted = list(snapshot.months[max(0, at - MONTHS + 1) : at + 1])
    rows = snapshot.dicts(
        f"select month, {', '.join(_COLUMNS)} from task_month where month >= ? and month <= ? order by try_cast(task_id as integer), task_id, lead_department",
        [wanted[0], month],
    )
    course: dict[tuple[str, str], dict[str, Any]] = {}
    for r in rows:
        course.setdefault((r["task_id"], r["lead_department"]), {})[r["month"]] = r["done"] if r["reported"] else None
    return [
        {**r, "course": {m: course[r["task_id"], r["lead_department"]].get(m) for m in wanted}}
        for r in rows if r["month"] == month and r["area_code"] in places
    ]  # fmt: skip
