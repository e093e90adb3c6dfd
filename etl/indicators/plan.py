"""The plan's tasks: how many go as planned and how far they have come, by lead department."""

from __future__ import annotations

from etl.indicators.base import Mean, Ratio

GROUP = "任务"
PLAN = "拱墅区改革方案 26 项任务与月报制度（任务 25）"

tasks_on_track = Ratio(
    "tasks_on_track",
    name="任务按期推进率",
    short="按期推进率",
    group=GROUP,
    basis=PLAN,
    better="higher",
    levels=(1, 2),
    mart="task_month",
    part="on_track",
    definition="月末累计完成不低于计划进度的任务项次 ÷ 任务项次；一项任务按其每个牵头部门各计一次，未填报的视为未按期；街道只计其牵头的任务",
)
plan_progress = Mean(
    "plan_progress",
    name="任务平均进度",
    short="平均进度",
    group=GROUP,
    basis=PLAN,
    unit="%",
    better="higher",
    levels=(1, 2),
    mart="task_month",
    value="done",
    where="reported",
    definition="当月已填报的任务项次（任务 × 牵头部门）累计完成比例的平均值；街道只计其牵头的任务",
)
