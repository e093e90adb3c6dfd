"""The plan's tasks: how many go as planned and how far they have come, by lead department; milestones and what meetings decided."""

from __future__ import annotations

from etl.indicators.base import Count, Mean, Ratio

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
milestones_in_time = Ratio(
    "milestones_in_time",
    name="里程碑按期完成率",
    short="里程碑按期",
    group=GROUP,
    basis=PLAN,
    better="higher",
    levels=(1,),
    mart="milestone_month",
    part="in_time",
    definition="到月末已到计划完成日期的里程碑中，在该日期前完成的 ÷ 全部已到期的里程碑",
)
milestones_overdue = Count(
    "milestones_overdue",
    name="逾期未完成里程碑",
    short="里程碑逾期",
    group=GROUP,
    basis=PLAN,
    unit="个",
    better="lower",
    levels=(1,),
    mart="milestone_month",
    where="not done",
    definition="到月末已过计划完成日期、仍未完成的里程碑",
)
decisions_in_time = Ratio(
    "decisions_in_time",
    name="议定事项按期办结率",
    short="议定事项按期",
    group=GROUP,
    basis="拱墅区改革方案 例会制度（任务 25）",
    better="higher",
    levels=(1, 2),
    mart="decision_month",
    part="due and in_time",
    whole="due",
    definition="到月末时限已到的例会议定事项中，在时限内办结的 ÷ 全部时限已到的事项；责任部门是街道的计入该街道",
)
decisions_overdue = Count(
    "decisions_overdue",
    name="逾期未办结议定事项",
    short="议定事项逾期",
    group=GROUP,
    basis="拱墅区改革方案 例会制度（任务 25）",
    unit="件",
    better="lower",
    levels=(1, 2),
    mart="decision_month",
    where="overdue",
    definition="到月末已过办结时限、仍未办结的例会议定事项",
)
