"""The product's own ledger: how often officials did what, by month and without any person's name, and what was decided in cases and on repairs of credit."""

from __future__ import annotations

from etl.contract import Cadence, Choice, Contract, Date, Integer, Key, Month, Table, Text
from etl.vocabulary import same

event = Table(
    name="event",
    title="操作留痕汇总",
    source="audit",
    grain="一种操作一个月的次数",
    key=["month", "action"],
    dated="month",
    may_be_empty=True,
    columns=[
        Month(name="month", source="month", title="月份"),
        Text(name="action", source="action", title="操作种类", max_length=40),
        Integer(name="events", source="events", title="次数", minimum=0, unit="次"),
        Integer(name="accounts", source="accounts", title="操作账号数", minimum=0, unit="个"),
    ],
)

measure = Table(
    name="measure",
    title="案件决定",
    source="case_step",
    grain="退出案件中的一项决定",
    key=["measure_id"],
    dated="decided_on",
    may_be_empty=True,
    columns=[
        Key(name="measure_id", source="measure_id", title="决定编号"),
        Key(name="case_no", source="case_no", title="案号"),
        Key(name="provider_id", source="provider_id", title="单位编号"),
        Choice(
            name="kind",
            source="kind",
            title="决定种类",
            allowed=same("立案关注", "责令整改", "复查不合格", "约谈", "拟退出", "退出决定", "恢复", "注销"),
        ),
        Date(name="decided_on", source="decided_on", title="决定日期"),
        Key(name="document_no", source="document_no", title="文号", optional=True),
    ],
)

repair = Table(
    name="repair",
    title="信用修复决定",
    source="credit_repair",
    grain="同意修复的一条失信记录",
    key=["provider_id", "source_table", "row_key"],
    dated="decided_on",
    may_be_empty=True,
    columns=[
        Key(name="provider_id", source="provider_id", title="单位编号"),
        Key(name="source_table", source="source_table", title="记录所在的表"),
        Key(name="row_key", source="row_key", title="记录编号"),
        Date(name="decided_on", source="decided_on", title="决定日期"),
    ],
)

contract = Contract(
    module="ledger",
    title="本系统台账",
    owner="本系统管理员",
    systems=["S3", "S15", "S16"],
    tables=[event, measure, repair],
    # Nobody has to deliver anything: a month in which nobody signed in is a month without events, not a late one.
    due=Cadence(every="year", grace_days=365, text="随用随记，按整月汇总"),
)
