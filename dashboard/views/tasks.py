"""Panels of the page 任务进展: what the plan aims at and how far it is, and its tasks by lead department."""

from __future__ import annotations

from typing import Any

from dashboard import format as fmt
from dashboard.format import Mark
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.figures import goal
from dashboard.views.h import Node, h
from dashboard.views.indicator_list import origin
from dashboard.views.tables import Col, cell, empty, panel, table
from dashboard.views.trend import sentence
from etl.indicators.plan import tasks_on_track

ON, BEHIND, SILENT = Mark("按期", "●", "good"), Mark("滞后", "▲", "warn"), Mark("未填报", "○", "none")


def targets(view: View) -> Node:
    """Every figure with a target here: where it stands, when it is due, and whether it gets there."""
    codes = [code for code in view.w.snapshot.indicators if code in view.w.snapshot.targets and view.knows(code)]
    figures = view.w.figures(codes, view.area.code, view.month)
    rows: list[list[Node]] = []
    for code, figure in figures.items():
        if figure.target is None:
            continue
        ind = view.ind(code)
        ahead = view.w.forecast(code, view.area.code, view.month)
        text = fmt.fmt_value(ind, figure)
        value: Node = h("a", text, href=view.place.rows(code)) if figure.value is not None and view.scope.may("rows") else text
        rows.append([
            h("a", ind.name, href=view.place.subject("/indicators", group=ind.group, layer=code), title=ind.definition), value, goal(ind, figure.target),
            fmt.fmt_month(str(figure.due)[:7]) if figure.due else None, marks.verdict(figure.verdict), sentence(ahead, figure.target) if ahead else None, ind.basis,
            origin(view, code),
        ])  # fmt: skip
    if not rows:
        return None
    cols = [Col("指标"), Col("现值", "n"), Col("目标", "n"), Col("期限"), Col("进度"), Col("预测"), Col("依据", "w"), Col("来源和数据时点", "w")]
    note = f"{len(rows)} 项；点指标名看地图、排名和走势，点现值看明细"
    return panel(view, "规划目标", table(cols, rows, caption="规划目标"), note=note, sheet="figures", codes=list(figures), cls="full")


def tasks(view: View) -> Node:
    """Each task with each of its lead departments: planned, done, and the months before."""
    title, found = "任务与牵头部门", view.w.tasks(view.area.code, view.month)
    if not found:
        return panel(view, title, empty("本月没有任务月报。" if view.area.level == 1 else "本区域没有牵头的任务。"), cls="full")
    months = list(found[0]["course"])
    cols = [Col("任务"), Col("牵头部门"), Col("完成时限"), Col("计划 %", "n"), *(Col(f"{int(m[5:])}月 %", "n", note=f"{fmt.fmt_month(m)}累计完成") for m in months),
            Col("进度"), Col("本月进展", "w"), Col("存在问题", "w")]  # fmt: skip
    body: list[list[Node]] = [
        [h("span", f"{r['task_id']} {r['task']}", h("small", " 重点", cls="key") if r["key_task"] else None), r["lead_department"], cell(r["due_on"]), _percent(r["planned"]),
         *(_percent(r["course"][m]) for m in months), marks.chip(_mark(r)), r["work"], r["trouble"]]
        for r in sorted(found, key=lambda r: (r["on_track"], not r["key_task"], (r["done"] or 0) - (r["planned"] or 0)))
    ]  # fmt: skip
    late = sum(not r["on_track"] for r in found)
    note = f"{len({r['task_id'] for r in found})} 项任务、{len(found)} 项次，未按期 {late} 项次；落后最多的在前"
    if view.knows(tasks_on_track.code):
        note += f"；来源：{origin(view, tasks_on_track.code)}"
    return panel(view, title, table(cols, body, caption=title, cls="tall figures"), note=note, sheet="tasks", cls="full")


def _mark(row: dict[str, Any]) -> Mark:
    return SILENT if not row["reported"] else ON if row["on_track"] else BEHIND


def _percent(value: Any) -> str | None:
    return None if value is None else fmt.fmt_number(value, 1)
