"""What providers themselves report of incidents: falls, pressure sores, choking and the like; or that a month passed without any."""

from __future__ import annotations

from etl.contract import Choice, Contract, Flag, Key, Month, Reference, Table, Text, Timestamp, after_departure, monthly
from etl.vocabulary import same

report = Table(
    name="report",
    title="机构自报事件",
    source="自报事件*",
    grain="一家服务单位报告的一起事件",
    key=["report_no"],
    columns=[
        Key(name="report_no", source="报告编号"),
        # A plain key: a slip of the pen must not turn a report handed in into one that is missing; the name still leads to the provider.
        Key(name="credit_code", source="统一社会信用代码", aliases=("信用代码",), optional=True),
        Text(name="provider_name", source="单位名称", aliases=("服务单位",), max_length=120),
        Key(name="elder_id", source="老年人编号", optional=True),
        Timestamp(name="happened_at", source="发生时间"),
        Choice(
            name="kind", source="事件类别", aliases=("类别",), allowed=same("跌倒", "压疮", "走失", "噎食", "用药差错", "突发疾病", "其他")
        ),
        Choice(name="harm", source="后果", allowed=same("无伤害", "轻伤", "重伤", "死亡")),
        Flag(name="sent", source="是否送医"),
        Text(name="story", source="经过简述", optional=True, max_length=2000, privacy="text"),
        Timestamp(name="reported_at", source="报告时间"),
        Text(name="reporter", source="报告人", optional=True, max_length=60, privacy="name"),
    ],
    reject={
        "报告时间早于发生时间": "reported_at < happened_at",
        "发生时间在将来": "happened_at > current_date + interval 1 day",
    },
    warn={
        "同一老年人同时在两家单位发生事件": "count(distinct provider_name) over (partition by elder_id, happened_at) > 1 and elder_id is not null",
        "重伤或死亡未在 24 小时内报告": "harm in ('重伤', '死亡') and reported_at > happened_at + interval 24 hour",
    },
    references=[
        Reference(column="elder_id", table="registry_elder", key="elder_id", sentence="老年人编号在老年人口库中不存在"),
        after_departure("happened_at", "发生时间"),
        Reference(
            column="credit_code", table="provider_provider", key="credit_code", sentence="统一社会信用代码在服务单位库中不存在"
        ),
    ],
)

zero = Table(
    name="zero",
    title="零报告",
    source="零报告*",
    grain="一家服务单位报告某月没有发生事件",
    key=["report_no"],
    dated="month",
    columns=[
        Key(name="report_no", source="报告编号"),
        Key(name="credit_code", source="统一社会信用代码", aliases=("信用代码",), optional=True),
        Text(name="provider_name", source="单位名称", aliases=("服务单位",), max_length=120),
        Month(name="month", source="报告月份"),
        Timestamp(name="reported_at", source="报告时间"),
        Text(name="reporter", source="报告人", optional=True, max_length=60, privacy="name"),
    ],
    reject={"报告时间早于报告月份": "reported_at < cast(month || '-01' as date)"},
    warn={
        "月份未结束即作零报告": "reported_at < cast(month || '-01' as date) + interval 1 month",
        "同一单位同一月份报了两次零报告": "count(*) over (partition by provider_name, month) > 1",
    },
    references=[
        Reference(
            column="credit_code", table="provider_provider", key="credit_code", sentence="统一社会信用代码在服务单位库中不存在"
        ),
    ],
)

contract = Contract(
    module="incident",
    title="机构自报事件",
    owner="区民政局（养老服务科）、各服务单位",
    systems=["S15"],
    tables=[report, zero],
    due=monthly(day=10),
    after=["registry", "provider"],
)
