"""Ability assessments of elders by third-party assessors (GB/T 42195-2022)."""

from __future__ import annotations

from etl.contract import Choice, Contract, Date, Flag, Key, Number, Reference, Table, Text, after_departure, monthly

assessment = Table(
    name="assessment",
    title="老年人能力评估",
    source="NLPG",
    grain="一次评估",
    key=["assessment_id"],
    dated="assessed_on",
    columns=[
        Key(name="assessment_id", source="PG_ID", title="评估编号"),
        Key(name="elder_id", source="LNR_ID", title="老年人编号"),
        Date(name="assessed_on", source="PG_RQ", title="评估日期"),
        Text(name="assessor", source="PG_JG", title="评估机构", optional=True, max_length=80),
        Number(name="score", source="DF", title="得分", optional=True, minimum=0, maximum=100, unit="分"),
        Choice(
            name="level",
            source="DJ",
            title="能力等级",
            allowed={"0": 0, "1": 1, "2": 2, "3": 3, "4": 4},
            meaning="0 能力完好，1 轻度失能，2 中度失能，3 重度失能，4 完全失能",
        ),
        Flag(name="dementia", source="SZ", title="失智"),
        Date(name="valid_until", source="YXQ", title="有效期至", optional=True),
    ],
    reject={
        "有效期早于评估日期": "valid_until < assessed_on",
        "评估日期在将来": "assessed_on > current_date",
    },
    warn={"同一老年人同一天有两次评估": "count(*) over (partition by elder_id, assessed_on) > 1"},
    references=[
        Reference(column="elder_id", table="registry_elder", key="elder_id", sentence="老年人编号在老年人口库中不存在"),
        after_departure("assessed_on", "评估日期"),
    ],
)

contract = Contract(
    module="assessment",
    title="老年人能力评估",
    owner="区民政局（养老服务科）",
    systems=["S2"],
    tables=[assessment],
    due=monthly(day=5),
    after=["registry"],
)
