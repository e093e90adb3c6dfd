"""Inspections, findings, rectification, penalties and the regulatory steps taken against a provider."""

from __future__ import annotations

from etl.contract import Choice, Contract, Date, Key, Money, Reference, Table, Text, daily
from etl.vocabulary import same

KNOWN_PROVIDER = Reference(
    column="provider_id", table="provider_provider", key="provider_id", sentence="单位编号在服务单位库中不存在"
)

inspection = Table(
    name="inspection",
    title="检查任务",
    source="JC_RW",
    grain="一次检查",
    key=["inspection_id"],
    columns=[
        Key(name="inspection_id", source="RW_ID", title="检查编号"),
        Key(name="provider_id", source="DW_ID", title="单位编号"),
        Choice(name="kind", source="LX", title="检查类型", allowed=same("双随机", "专项", "复查")),
        Date(name="inspected_on", source="JC_RQ", title="检查日期"),
        Text(name="inspectors", source="JCRY", title="检查人员", optional=True, max_length=120),
        Choice(name="result", source="JG", title="检查结果", allowed=same("合格", "不合格")),
        Key(name="follows", source="YRW_ID", title="所复查的检查", optional=True),
    ],
    reject={"检查日期在将来": "inspected_on > current_date"},
    warn={"复查没有注明原检查": "kind = '复查' and follows is null"},
    references=[KNOWN_PROVIDER],
)

finding = Table(
    name="finding",
    title="检查发现问题",
    source="JC_WT",
    grain="一个问题",
    key=["finding_id"],
    columns=[
        Key(name="finding_id", source="WT_ID", title="问题编号"),
        Key(name="inspection_id", source="RW_ID", title="检查编号"),
        Choice(
            name="field",
            source="LY",
            title="监管领域",
            allowed=same("质量安全", "从业人员", "涉及资金", "运营秩序", "应急管理"),
        ),
        Choice(name="severity", source="YZCD", title="严重程度", allowed=same("一般", "较重", "严重", "重大")),
        Choice(name="scope", source="FW", title="范围", allowed=same("个别", "多处", "普遍")),
        Text(name="clause", source="TK", title="条款", optional=True, max_length=200),
        Text(name="description", source="MS", title="问题描述", optional=True),
    ],
    references=[
        Reference(
            column="inspection_id",
            table="inspection_inspection",
            key="inspection_id",
            sentence="检查编号不存在",
            severity="reject",
        ),
    ],
)

rectification = Table(
    name="rectification",
    title="整改",
    source="JC_ZG",
    grain="一个问题的整改",
    key=["finding_id"],
    columns=[
        Key(name="finding_id", source="WT_ID", title="问题编号"),
        Date(name="ordered_on", source="ZL_RQ", title="责令日期"),
        Date(name="deadline", source="QX_RQ", title="整改期限"),
        Date(name="done_on", source="WC_RQ", title="完成日期", optional=True),
        Date(name="verified_on", source="YS_RQ", title="验收日期", optional=True),
    ],
    reject={
        "整改期限早于责令日期": "deadline < ordered_on",
        "完成日期早于责令日期": "done_on < ordered_on",
        "验收日期早于完成日期": "verified_on < done_on",
    },
    references=[
        Reference(
            column="finding_id", table="inspection_finding", key="finding_id", sentence="问题编号不存在", severity="reject"
        ),
    ],
)

penalty = Table(
    name="penalty",
    title="行政处罚",
    source="JC_CF",
    grain="一次处罚",
    key=["penalty_id"],
    columns=[
        Key(name="penalty_id", source="CF_ID", title="处罚编号"),
        Key(name="provider_id", source="DW_ID", title="单位编号"),
        Date(name="decided_on", source="CF_RQ", title="处罚日期"),
        Choice(name="kind", source="CF_LX", title="处罚种类", allowed=same("警告", "罚款", "责令停业", "移送")),
        Choice(
            name="reason",
            source="CF_YY",
            title="事由",
            allowed=same("欺诈骗补", "虐待老人", "无证经营", "安全事故", "其他"),
        ),
        Money(name="amount", source="JE", title="罚款金额", optional=True),
    ],
    references=[KNOWN_PROVIDER],
    money="amount",
)

action = Table(
    name="action",
    title="监管措施",
    source="JC_CZ",
    grain="一项监管措施",
    key=["action_id"],
    columns=[
        Key(name="action_id", source="CZ_ID", title="措施编号"),
        Key(name="provider_id", source="DW_ID", title="单位编号"),
        Choice(name="kind", source="LX", title="措施种类", allowed=same("约谈", "拟退出", "退出决定", "恢复")),
        Date(name="decided_on", source="JD_RQ", title="决定日期"),
        Key(name="document_no", source="WH", title="文号", optional=True),
    ],
    warn={"退出决定没有文号": "kind = '退出决定' and document_no is null"},
    references=[KNOWN_PROVIDER],
)

contract = Contract(
    module="inspection",
    title="综合监管",
    owner="区民政局（会同消防、市场监管）",
    systems=["S15", "S16"],
    tables=[inspection, finding, rectification, penalty, action],
    due=daily(1),
    after=["provider"],
)
