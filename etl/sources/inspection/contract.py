"""Inspections, findings, rectification, penalties and the regulatory steps taken against a provider."""

from __future__ import annotations

from etl.contract import Choice, Contract, Date, Flag, Key, Money, Number, Reference, Table, Text, daily
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
    dated="inspected_on",
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
    dated="deadline",
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
    dated="decided_on",
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
    dated="decided_on",
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

plan = Table(
    name="plan",
    title="双随机抽查计划",
    source="JC_JH",
    grain="一个抽查计划",
    key=["plan_id"],
    columns=[
        Key(name="plan_id", source="JH_ID", title="计划编号"),
        Text(name="name", source="MC", title="计划名称", max_length=200),
        Date(name="begins_on", source="KS_RQ", title="开始日期"),
        Date(name="ends_on", source="JS_RQ", title="结束日期"),
        Number(name="share", source="CCBL", title="抽查比例", optional=True, minimum=0, maximum=100, unit="%"),
        Date(name="published_on", source="GS_RQ", title="公示日期", optional=True),
    ],
    reject={"结束日期早于开始日期": "ends_on < begins_on"},
    warn={"计划没有公示": "published_on is null", "公示晚于开始日期": "published_on > begins_on"},
)

draw = Table(
    name="draw",
    title="抽取结果",
    source="JC_CQ",
    grain="一个计划抽中的一家单位",
    key=["draw_id"],
    dated="due_on",
    columns=[
        Key(name="draw_id", source="CQ_ID", title="抽取编号"),
        Key(name="plan_id", source="JH_ID", title="计划编号"),
        Key(name="provider_id", source="DW_ID", title="单位编号"),
        Date(name="drawn_on", source="CQ_RQ", title="抽取日期"),
        Text(name="inspectors", source="JCRY", title="抽中的检查人员", optional=True, max_length=120),
        Date(name="due_on", source="CN_RQ", title="承诺完成日期"),
        Key(name="inspection_id", source="RW_ID", title="完成的检查", optional=True, meaning="尚未检查的留空"),
    ],
    reject={"承诺完成日期早于抽取日期": "due_on < drawn_on", "抽取日期在将来": "drawn_on > current_date"},
    references=[
        KNOWN_PROVIDER,
        Reference(column="plan_id", table="inspection_plan", key="plan_id", sentence="计划编号不存在"),
        Reference(column="inspection_id", table="inspection_inspection", key="inspection_id", sentence="检查编号不存在"),
    ],
)

credit = Table(
    name="credit",
    title="信用记录",
    source="JC_XY",
    grain="一家单位的一次信用评定",
    key=["credit_id"],
    columns=[
        Key(name="credit_id", source="XY_ID", title="记录编号"),
        Key(name="provider_id", source="DW_ID", title="单位编号"),
        Choice(name="grade", source="DJ", title="信用等级", allowed=same("A", "B", "C", "D"), meaning="A 守信 … D 严重失信"),
        Date(name="assessed_on", source="PD_RQ", title="评定日期"),
        Date(name="valid_until", source="YX_RQ", title="有效期至", optional=True),
        Text(name="reason", source="YY", title="事由", optional=True, max_length=200),
        Flag(name="published", source="GS", title="已公示"),
    ],
    reject={"有效期早于评定日期": "valid_until < assessed_on", "评定日期在将来": "assessed_on > current_date"},
    warn={"严重失信没有公示": "grade = 'D' and not published"},
    references=[KNOWN_PROVIDER],
)

contract = Contract(
    module="inspection",
    title="综合监管",
    owner="区民政局（会同消防、市场监管）",
    systems=["S15", "S16"],
    tables=[inspection, finding, rectification, penalty, action, plan, draw, credit],
    due=daily(1),
    after=["provider"],
)
