"""Bed stock of institutions by type and month, as the institutions report it."""

from __future__ import annotations

from etl.contract import Choice, Contract, Integer, Key, Month, Reference, Table, monthly
from etl.vocabulary import same

stock = Table(
    name="stock",
    title="床位统计",
    source="CWTJ",
    grain="一家单位一个月一种床位",
    key=["provider_id", "month", "bed_type"],
    columns=[
        Key(name="provider_id", source="DW_ID", title="单位编号"),
        Month(name="month", source="YF", title="月份"),
        Choice(name="bed_type", source="CW_LX", title="床位类型", allowed=same("护理型", "普通型", "认知障碍")),
        Integer(name="beds", source="CWS", title="床位数", minimum=0, maximum=10_000, unit="张"),
        Integer(name="occupied", source="RZS", title="入住数", minimum=0, maximum=10_000, unit="张"),
    ],
    warn={"入住数超过床位数": "occupied > beds"},
    references=[
        Reference(column="provider_id", table="provider_provider", key="provider_id", sentence="单位编号在服务单位库中不存在"),
    ],
)

contract = Contract(
    module="bed",
    title="养老床位",
    owner="各养老机构（区民政局汇总）",
    systems=["S8", "S9"],
    tables=[stock],
    due=monthly(day=5),
    after=["provider"],
)
