"""任务进度: the plan's tasks by lead department, and those that are behind."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from dashboard.format import fmt_number
from dashboard.reports.content.context import Context, all_rows, count_cell, date_cell, listing, share_cell, text
from dashboard.reports.model import Block, Cell, Column, Heading, Paragraph, Section, Table
from dashboard.warehouse import Unknown

LISTED = 20


def progress(c: Context) -> Section | None:
    """How far the plan's tasks have come; None where no form was delivered for the month, or no task is led here."""
    if not c.value("tasks_on_track") and c.value("plan_progress") is None:
        return None
    try:
        columns, found, _ = all_rows(c.w, "tasks_on_track", c.area.code, c.month, "whole", 5000)
    except Unknown:
        return None
    names = [col.name for col in columns]
    rows = [dict(zip(names, row, strict=True)) for row in found]
    tasks = {r["task_id"] for r in rows}
    said = f"{c.area.name}牵头的任务{len(tasks)}项（按牵头部门{len(rows)}项次），按期推进率{c.say('tasks_on_track')}{c.changes('tasks_on_track')}"
    said += f"，平均进度{c.say('plan_progress')}{c.changes('plan_progress')}。" if c.value("plan_progress") is not None else "。"
    silent = sorted({r["lead_department"] for r in rows if not r["reported"]})
    if silent:
        said += f"本月未填报的牵头部门：{listing(silent, 8, '个')}。"
    blocks: list[Block] = [Paragraph(said), Heading("按牵头部门"), _departments(rows)]
    late = [r for r in rows if not r["on_track"]]
    if late:
        blocks += [Heading("未按期推进的任务"), _late(late)]
    blocks += _terms(c)
    return Section("tasks", "任务进度", tuple(blocks))


def _terms(c: Context) -> list[Block]:
    """Milestones that have fallen due and what meetings decided: how many in time, and which are overdue; nothing where there are none."""
    parts = []
    for rate, overdue, what in (
        ("milestones_in_time", "milestones_overdue", "到期里程碑按期完成率"), ("decisions_in_time", "decisions_overdue", "例会议定事项按期办结率"),
    ):  # fmt: skip
        if c.value(rate) is not None:
            parts.append(f"{what}{c.say(rate)}{c.changes(rate)}，逾期未完成{c.say(overdue)}")
    found = [
        (kind, r[name], r)
        for code, kind, name in (("milestones_overdue", "里程碑", "title"), ("decisions_overdue", "议定事项", "content"))
        if c.value(code)
        for r in _all(c, code)
    ]
    found.sort(key=lambda told: str(told[2]["due_on"]))
    rows = [(text(kind), text(what), text(r.get("department") or r["task"]), date_cell(r["due_on"])) for kind, what, r in found]
    if not parts:
        return []
    blocks: list[Block] = [Heading("里程碑与例会议定事项"), Paragraph("；".join(parts) + "。")]
    if rows:
        columns = (Column("类别", 0.9), Column("事项", 3.2), Column("责任部门或任务", 2), Column("应完成日期", 1.2, "date"))
        note = f"共{len(rows)}项，此处列最早到期的{LISTED}项。" if len(rows) > LISTED else ""
        blocks.append(Table("terms_overdue", "逾期未完成的里程碑与议定事项", columns, tuple(rows[:LISTED]), note))
    return blocks


def _all(c: Context, code: str) -> list[dict[str, Any]]:
    columns, found, _ = all_rows(c.w, code, c.area.code, c.month, "part", 1000)
    return [dict(zip([col.name for col in columns], row, strict=True)) for row in found]


def _departments(rows: list[dict[str, Any]]) -> Table:
    led: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for r in rows:
        led[r["lead_department"]].append(r)
    body = []
    for name, own in sorted(led.items(), key=lambda item: (-len(item[1]), item[0])):
        on_track = sum(bool(r["on_track"]) for r in own)
        body.append((text(name), count_cell(len(own)), count_cell(sum(bool(r["reported"]) for r in own)), count_cell(on_track), share_cell(on_track, len(own))))
    columns = (
        Column("牵头部门", 2.2), Column("任务（项）", 1, "number"), Column("已填报（项）", 1.1, "number"), Column("按期推进（项）", 1.2, "number"),
        Column("按期推进率", 1.1, "number"),
    )  # fmt: skip
    return Table("task_departments", "任务按期推进情况", columns, tuple(body))


def _late(rows: list[dict[str, Any]]) -> Table:
    """The furthest behind first, key tasks before others; what was not reported has no progress to show."""
    rows = sorted(rows, key=lambda r: (not r["key_task"], (r["done"] or 0) - (r["planned"] or 0), str(r["task_id"]), r["lead_department"]))
    body = [
        (
            text(r["task"] + ("（重点）" if r["key_task"] else "")), text(r["lead_department"]), _percent(r["planned"]), _percent(r["done"]),
            text(r["trouble"] if r["reported"] else "本月未填报"),
        )
        for r in rows[:LISTED]
    ]  # fmt: skip
    columns = (
        Column("任务", 2.2), Column("牵头部门", 1.5), Column("计划进度", 0.9, "number"), Column("累计完成", 0.9, "number"), Column("存在问题", 2.4),
    )  # fmt: skip
    note = f"共{len(rows)}项次，此处列前{LISTED}项次。" if len(rows) > LISTED else ""
    return Table("tasks_late", "未按期推进的任务", columns, tuple(body), note)


def _percent(value: Any) -> Cell:
    return text(None) if value is None else Cell(f"{fmt_number(value, 1)}%", float(value), '0.0"%"')
