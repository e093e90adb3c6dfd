"""The plan's tasks and the monthly form by which lead departments report on them."""

from __future__ import annotations

from etl.contract import Choice, Contract, Date, Flag, Key, Month, Number, Reference, Table, Text, monthly
from etl.vocabulary import same

_NO_TASK = Reference(column="task_id", table="task_task", key="task_id", sentence="任务编号不在任务清单中", severity="reject")

task = Table(
    name="task",
    title="任务清单",
    source="任务清单",
    grain="一项任务",
    key=["task_id"],
    columns=[
        Key(name="task_id", source="任务编号"),
        Text(name="name", source="任务名称", max_length=120),
        Flag(name="key_task", source="重点任务", true=("是", "★", "重点"), false=("否", "一般")),
        Text(name="goal", source="工作目标", optional=True, max_length=400),
        Date(name="due_on", source="完成时限"),
    ],
)

duty = Table(
    name="duty",
    title="责任分解",
    source="责任分解",
    grain="一项任务与一个责任部门",
    key=["task_id", "department"],
    columns=[
        Key(name="task_id", source="任务编号"),
        Text(name="department", source="责任部门", max_length=60),
        Choice(name="role", source="责任类别", aliases=("角色",), allowed=same("牵头", "配合")),
    ],
    references=[_NO_TASK],
)

progress = Table(
    name="progress",
    title="进展月报",
    source="进展月报",
    grain="一个部门一个月对一项任务的填报",
    key=["task_id", "department", "month"],
    dated="month",
    columns=[
        Month(name="month", source="报告月份"),
        Key(name="task_id", source="任务编号"),
        Text(name="department", source="填报部门", max_length=60),
        Number(name="planned", source="计划进度(%)", aliases=("计划进度",), minimum=0, maximum=100, unit="%"),
        Number(name="done", source="累计完成(%)", aliases=("累计完成",), minimum=0, maximum=100, unit="%"),
        Choice(name="stated", source="自评状态", allowed=same("正常", "滞后", "完成")),
        Text(name="work", source="本月进展", optional=True, max_length=2000),
        Text(name="trouble", source="存在问题", optional=True, max_length=2000),
    ],
    warn={
        "自评正常但累计完成低于计划进度 10 个百分点以上": "stated = '正常' and done < planned - 10",
        "累计完成比上月减少": "done < lag(done) over (partition by task_id, department order by month, _source, _position)",
    },
    references=[_NO_TASK],
)

milestone = Table(
    name="milestone",
    title="里程碑",
    source="里程碑",
    grain="一项任务的一个里程碑",
    key=["milestone_id"],
    dated="due_on",
    columns=[
        Key(name="milestone_id", source="里程碑编号"),
        Key(name="task_id", source="任务编号"),
        Text(name="title", source="里程碑", max_length=200),
        Date(name="due_on", source="计划完成日期"),
        Date(name="done_on", source="实际完成日期", optional=True),
    ],
    references=[_NO_TASK],
)

decision = Table(
    name="decision",
    title="例会议定事项",
    source="例会议定事项",
    grain="一次例会议定的一件事项",
    key=["decision_id"],
    dated="met_on",
    columns=[
        Key(name="decision_id", source="事项编号"),
        Date(name="met_on", source="例会日期"),
        Key(name="task_id", source="任务编号"),
        Text(name="content", source="议定事项", max_length=2000),
        Text(name="department", source="责任部门", max_length=60),
        Date(name="due_on", source="办结时限", optional=True),
        Date(name="done_on", source="办结日期", optional=True),
    ],
    reject={"办结早于例会": "done_on < met_on"},
    references=[_NO_TASK],
)

contract = Contract(
    module="task",
    title="任务与月报",
    owner="区考评办",
    systems=["S20"],
    tables=[task, duty, progress, milestone, decision],
    due=monthly(day=8),
)
