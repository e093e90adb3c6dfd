"""Home adaptations, family beds, renewal of old neighbourhoods and rented aids, as the civil-affairs and housing bureaus report them."""

from __future__ import annotations

from etl.contract import (
    AreaCode,
    Choice,
    Contract,
    CreditCode,
    Date,
    Key,
    Money,
    Reference,
    Table,
    Text,
    after_departure,
    monthly,
)
from etl.vocabulary import same

KNOWN_ELDER = Reference(column="elder_id", table="registry_elder", key="elder_id", sentence="老年人编号在老年人口库中不存在")
FUTURE = "日期在将来"

home = Table(
    name="home",
    title="居家适老化改造",
    source="适老化改造",
    grain="一户的一次改造",
    key=["project_no"],
    dated="accepted_on",
    columns=[
        Key(name="project_no", source="项目编号"),
        Key(name="elder_id", source="老年人编号"),
        AreaCode(name="community_code", source="社区代码", at="applied_on"),
        Text(name="household", source="住址", optional=True, privacy="address", max_length=200),
        Text(name="items", source="改造内容", optional=True, max_length=400),
        Date(name="applied_on", source="申请日期"),
        Date(name="accepted_on", source="验收日期", optional=True),
        Money(name="cost", source="改造费用", optional=True),
        Money(name="subsidy", source="补贴金额", optional=True),
    ],
    reject={
        "验收日期早于申请日期": "accepted_on < applied_on",
        FUTURE: "applied_on > current_date or accepted_on > current_date",
    },
    warn={
        "补贴金额超过改造费用": "subsidy > cost",
        "已验收但没有费用": "accepted_on is not null and cost is null",
        "同一老年人两年内改造两次以上": (
            "count(*) over (partition by elder_id order by applied_on range between interval 2 year preceding and current row) > 1"
        ),
    },
    references=[KNOWN_ELDER, after_departure("applied_on", "申请日期")],
    order_by="accepted_on",
    money="subsidy",
    community="community_code",
)

family_bed = Table(
    name="family_bed",
    title="家庭养老床位",
    source="家庭养老床位",
    grain="一名老年人的一张家庭养老床位",
    key=["bed_no"],
    columns=[
        Key(name="bed_no", source="床位编号"),
        Key(name="elder_id", source="老年人编号"),
        CreditCode(name="credit_code", source="统一社会信用代码", aliases=("信用代码",)),
        Text(name="provider_name", source="服务单位", optional=True, may_be_absent=True, max_length=120),
        Date(name="opened_on", source="建床日期"),
        Date(name="closed_on", source="撤床日期", optional=True),
    ],
    reject={"撤床日期早于建床日期": "closed_on < opened_on", FUTURE: "opened_on > current_date"},
    warn={
        "同一老年人同期有两张床位": (
            "lead(opened_on) over (partition by elder_id order by opened_on, bed_no) < coalesce(closed_on, date '9999-12-31')"
        ),
    },
    references=[
        KNOWN_ELDER,
        after_departure("opened_on", "建床日期"),
        Reference(
            column="credit_code", table="provider_provider", key="credit_code", sentence="统一社会信用代码在服务单位库中不存在"
        ),
    ],
    order_by="closed_on",
)

renewal = Table(
    name="renewal",
    title="老旧小区适老化改造",
    source="老旧小区改造",
    grain="一个小区的一个改造项目",
    key=["project_no"],
    columns=[
        Key(name="project_no", source="项目编号"),
        Text(name="name", source="小区名称", max_length=120),
        AreaCode(name="community_code", source="社区代码", at="started_on"),
        Text(name="items", source="改造内容", optional=True, max_length=400),
        Date(name="started_on", source="开工日期"),
        Date(name="planned_on", source="计划完工日期", optional=True),
        Date(name="finished_on", source="完工日期", optional=True),
        Money(name="cost", source="投资（万元）", optional=True, title="投资", unit="万元", ten_thousands=True),
    ],
    reject={"完工日期早于开工日期": "finished_on < started_on", FUTURE: "finished_on > current_date"},
    order_by="finished_on",
    money="cost",
    community="community_code",
)

rental = Table(
    name="rental",
    title="辅具租赁",
    source="辅具租赁",
    grain="一件辅具的一次租赁",
    key=["rental_no"],
    columns=[
        Key(name="rental_no", source="租赁编号"),
        Key(name="elder_id", source="老年人编号"),
        Text(name="item", source="辅具名称", max_length=80),
        Date(name="rented_on", source="租出日期"),
        Date(name="due_on", source="应还日期", optional=True),
        Date(name="returned_on", source="归还日期", optional=True),
        Money(name="deposit", source="押金", optional=True),
        Money(name="subsidy", source="补贴金额", optional=True),
        Choice(name="state", source="状态", allowed=same("在租", "已还", "遗失")),
    ],
    reject={"归还日期早于租出日期": "returned_on < rented_on", FUTURE: "rented_on > current_date"},
    warn={"状态为已还但没有归还日期": "state = '已还' and returned_on is null"},
    references=[KNOWN_ELDER, after_departure("rented_on", "租出日期")],
    order_by="returned_on",
    money="subsidy",
)

contract = Contract(
    module="adaptation",
    title="适老化改造与家庭养老床位",
    owner="区民政局、区住房和城乡建设局",
    systems=["S19"],
    tables=[home, family_bed, renewal, rental],
    due=monthly(day=10),
    after=["area", "registry", "provider"],
)
