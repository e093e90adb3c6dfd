"""The appraisal office's monthly form: one workbook a month with the tasks, who is responsible, progress, milestones, decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from data.simulator.plan import TASKS, departments
from data.simulator.systems import Stage
from data.simulator.workbook import Column, workbook, write_sheet
from data.simulator.world import World, iso

MILESTONES = ("制定实施方案", "中期督查", "验收并总结")
WORK = ("召开协调会 1 次，完成现场踏勘", "按计划推进，完成阶段性任务", "完成招标并签订合同", "开展督查并反馈问题", "组织培训与宣传")
TROUBLE = ("场地尚未落实", "资金未到位", "人员配备不足", "部门协同不够")
SLOW = {"区编委办": 0.78, "区城建中心": 0.74, "区总工会": 0.86, "团区委": 0.9}


@dataclass
class _Duty:
    task: int
    department: str
    speed: float


def write(stage: Stage) -> int:
    """任务月报_YYYYMM.xlsx; returns the rows of progress."""
    world = stage.world
    folder = stage.out / "task"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.xlsx"):
        old.unlink()
    rng = world.rng("task")
    streets, shorts = world.streets["name"].tolist(), world.streets["short"].tolist()
    duties = []
    for t, task in enumerate(TASKS):
        for department in departments(task.lead, streets, shorts):
            pace = SLOW.get(department, 1.0) * (0.72 if t == 16 else 1.0)
            duties.append(_Duty(t, department, float(pace * rng.lognormal(0.08, 0.1))))
    done = _progress(world, duties, rng)
    milestones = _milestones(world, rng)
    rows = 0
    for month in range(len(world.months)):
        rows += _book(stage, duties, done, milestones, month, streets, shorts)
    return rows


def _end(world: World) -> date:
    """The plan ends with the year in which the simulated months end."""
    return date(int(world.months[-1][:4]), 12, 31)


def _planned(world: World, month: int) -> float:
    """Per cent of the way from the first month to the plan's end."""
    whole = len(world.months) + 12 - int(world.months[-1][5:])
    return round(100 * (month + 1) / whole, 1)


def _progress(world: World, duties: list[_Duty], rng: np.random.Generator) -> np.ndarray:
    """Per cent done by duty and month, never falling."""
    planned = np.array([_planned(world, m) for m in range(len(world.months))])
    speed = np.array([d.speed for d in duties])[:, None]
    done = planned[None] * speed + rng.normal(0, 1.5, (len(duties), len(planned)))
    return np.round(np.maximum.accumulate(np.clip(done, 0, 100), axis=1))


def _milestones(world: World, rng: np.random.Generator) -> list[list[Any]]:
    """(number, task, title, due, done or a day after the end)."""
    out: list[list[Any]] = []
    span = (_end(world) - date.fromisoformat(world.months[0] + "-01")).days
    for t in range(len(TASKS)):
        for k, title in enumerate(MILESTONES):
            due = world.start + int(span * (k + 1) / 3) - int(rng.integers(1, 25))
            out.append([f"{t + 1}-{k + 1}", t + 1, title, due, due + int(rng.normal(0 if t != 16 else 70, 18))])
    return out


def _book(
    stage: Stage, duties: list[_Duty], done: np.ndarray, milestones: list[list[Any]], month: int, streets: list[str],
    shorts: list[str],
) -> int:  # fmt: skip
    world, truth = stage.world, stage.world.truth
    rng = world.rng(f"task {world.months[month]}")
    name, label = world.months[month].replace("-", ""), f"{world.months[month][:4]}年{int(world.months[month][5:])}月"
    book = workbook(stage.out / "task" / f"任务月报_{name}.xlsx")
    note = f"填报单位：各牵头部门    汇总：区考评办    {label}"
    tasks = [[t + 1, task.name, "★" if task.key else "否", task.goal, _end(world).isoformat()] for t, task in enumerate(TASKS)]
    columns = [Column("任务编号", ""), Column("任务", "任务名称", 30), Column("任务", "重点任务"), Column("目标", "工作目标", 40),
               Column("目标", "完成时限")]  # fmt: skip
    write_sheet(book, "任务清单", "养老服务业综合改革任务清单", note, columns, tasks, ["注：★ 为重点任务。"])
    shared = [[d.task + 1, d.department, "牵头"] for d in duties]
    shared += [[t + 1, d, "配合"] for t, task in enumerate(TASKS) for d in departments(task.support, streets, shorts)]
    columns = [Column("任务编号", ""), Column("责任", "责任部门", 20), Column("分工", "责任类别")]
    write_sheet(book, "责任分解", "任务责任分解表", note, columns, sorted(shared, key=lambda r: r[0]), [])
    rows = [_line(world, duties[i], float(done[i, month]), month, rng) for i in range(len(duties))]
    if month:
        # A department corrects what it reported the month before: the form has the old month's line again.
        i = int(rng.integers(len(duties)))
        late = _line(world, duties[i], max(0.0, float(done[i, month - 1]) - 4), month - 1, rng)
        truth.note("late_correction", "task", "进展月报", [f"{late[0]} {late[1]} {late[3]}"], "累计完成(%)", "superseded")
        rows.append(late)
    if month % 6 == 2:
        i = int(rng.integers(len(duties)))
        rows[i][5] = "约八成"
        truth.note("percent_in_words", "task", "进展月报", [f"{rows[i][0]} {rows[i][1]} {rows[i][3]}"], "累计完成(%)", "quarantined")
    for i, d in enumerate(duties):
        if rows[i][6] == "正常" and isinstance(rows[i][5], float) and rows[i][5] < rows[i][4] - 10:
            truth.irregular["flattering_report"].append({"task": d.task + 1, "department": d.department, "month": world.months[month]})
    rows.sort(key=lambda r: (str(r[0]), r[1]))
    lines: list[list[Any]] = [*rows, ["合计", "", "", f"{len(rows)} 项", "", "", "", "", ""]]
    columns = [
        Column("报告月份", ""), Column("任务", "任务编号"), Column("任务", "任务名称", 30), Column("填报部门", "", 20),
        Column("进度", "计划进度(%)"), Column("进度", "累计完成(%)"), Column("进度", "自评状态"), Column("情况", "本月进展", 40),
        Column("情况", "存在问题", 30),
    ]  # fmt: skip
    write_sheet(book, "进展月报", f"养老服务业综合改革任务进展月报（{label}）", note, columns, lines,
                ["注：累计完成按工作目标折算。", "填表人：各部门联络员"])  # fmt: skip
    last = world.last_day(month)
    known = [[m[0], m[1], m[2], iso(m[3])[0], iso(m[4])[0] if m[4] <= last else None] for m in milestones]
    known[month % len(known)][3] = milestones[month % len(known)][3] + 25_569  # typed as a date: the sheet holds a serial number
    columns = [Column("里程碑编号", ""), Column("任务编号", ""), Column("里程碑", "", 24), Column("日期", "计划完成日期"),
               Column("日期", "实际完成日期")]  # fmt: skip
    write_sheet(book, "里程碑", "任务里程碑", note, columns, known, [])
    _decisions(world, duties, done, month, book, note, rng)
    book.close()
    return len(rows)


def _line(world: World, duty: _Duty, done: float, month: int, rng: np.random.Generator) -> list[Any]:
    """One line of the progress sheet."""
    planned = _planned(world, month)
    behind = done < planned - 10
    stated = "完成" if done >= 100 else "滞后" if behind and rng.random() < 0.6 else "正常"
    trouble = str(rng.choice(TROUBLE)) if stated == "滞后" else ""
    return [world.months[month], duty.task + 1, TASKS[duty.task].name, duty.department, planned, done, stated, str(rng.choice(WORK)),
            trouble]  # fmt: skip


def _decisions(
    world: World, duties: list[_Duty], done: np.ndarray, month: int, book: Any, note: str, rng: np.random.Generator
) -> None:
    """The meeting looks at whoever is furthest behind."""
    met = world.first_day(month) + 11
    worst = np.argsort(done[:, month] - _planned(world, month))[:5]
    rows = []
    for k, i in enumerate(worst, start=1):
        duty, due = duties[int(i)], met + int(rng.integers(15, 40))
        finished = due + int(rng.normal(2, 8))
        rows.append([
            f"H{world.months[month].replace('-', '')}-{k}", iso(met)[0], duty.task + 1,
            f"由{duty.department}牵头推进“{TASKS[duty.task].name}”，限期补齐进度", duty.department, iso(due)[0],
            iso(max(finished, met))[0] if finished <= world.last_day(month) else None,
        ])  # fmt: skip
    columns = [Column("事项编号", ""), Column("例会日期", ""), Column("任务编号", ""), Column("议定事项", "", 44), Column("办理", "责任部门", 20),
               Column("办理", "办结时限"), Column("办理", "办结日期")]  # fmt: skip
    write_sheet(book, "例会议定事项", "工作例会议定事项", note, columns, rows, [])
