"""The product's own ledger: how often officials did what, by month and without any person's name."""

from __future__ import annotations

from etl.contract import Cadence, Contract, Integer, Month, Table, Text

event = Table(
    name="event",
    title="操作留痕汇总",
    source="audit",
    grain="一种操作一个月的次数",
    key=["month", "action"],
    columns=[
        Month(name="month", source="month", title="月份"),
        Text(name="action", source="action", title="操作种类", max_length=40),
        Integer(name="events", source="events", title="次数", minimum=0, unit="次"),
        Integer(name="accounts", source="accounts", title="操作账号数", minimum=0, unit="个"),
    ],
)

contract = Contract(
    module="ledger",
    title="本系统台账",
    owner="本系统管理员",
    systems=["S15"],
    tables=[event],
    # Nobody has to deliver anything: a month in which nobody signed in is a month without events, not a late one.
    due=Cadence(every="year", grace_days=365, text="随用随记，按整月汇总"),
)
