"""Dedicated elder-care workers of the three administrative levels: district centre, streets, communities."""

from __future__ import annotations

from etl.contract import AreaCode, Choice, Contract, Date, Key, Table, Text, monthly
from etl.vocabulary import same

worker = Table(
    name="worker",
    title="养老服务专职人员",
    source="专职人员*",
    grain="一名专职人员在一处的一段任职",
    key=["worker_no", "since"],
    columns=[
        Key(name="worker_no", source="人员编号"),
        Text(name="name", source="姓名", privacy="name", max_length=60),
        Choice(name="sex", source="性别", optional=True, allowed=same("男", "女")),
        Choice(name="level", source="层级", allowed={"区": 1, "街道": 2, "社区": 3}, meaning="1 区指导中心，2 街道，3 社区"),
        Text(name="unit", source="所在单位", max_length=120),
        AreaCode(name="street_code", source="街道代码", level=2, optional=True, may_be_absent=True),
        AreaCode(name="community_code", source="社区代码", level=3, optional=True, may_be_absent=True),
        Text(name="post", source="岗位", max_length=40),
        Date(name="since", source="任职日期"),
        Date(name="until", source="离任日期", optional=True, meaning="空 = 在任"),
        Key(name="phone", source="联系电话", optional=True, privacy="phone"),
    ],
    reject={
        "离任日期早于任职日期": "until < since",
        "任职日期在将来": "since > current_date",
        "街道专职人员没有街道代码": "level = 2 and street_code is null",
        "社区专职人员没有社区代码": "level = 3 and community_code is null",
    },
    warn={
        "同一人同时在两处任职": (
            "until is null and count(*) filter (where until is null) over (partition by worker_no) > 1"
        ),
    },
    order_by="since",
    community="community_code",
)

contract = Contract(
    module="staff",
    title="三级专职队伍",
    owner="区民政局、各街道",
    systems=["S4"],
    tables=[worker],
    due=monthly(day=10),
    after=["area"],
)
