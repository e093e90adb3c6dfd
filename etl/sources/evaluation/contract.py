"""What third parties say of the providers: the half-yearly service evaluation and the monthly satisfaction survey."""

from __future__ import annotations

from etl.contract import Choice, Contract, CreditCode, Date, Integer, Key, Month, Number, Reference, Table, Text, monthly
from etl.vocabulary import same

KNOWN_PROVIDER = Reference(
    column="credit_code", table="provider_provider", key="credit_code", sentence="统一社会信用代码在服务单位库中不存在"
)

score = Table(
    name="score",
    title="服务质量评价",
    source="服务评价*",
    grain="一家单位在一轮评价中的得分",
    key=["evaluation_no"],
    dated="evaluated_on",
    columns=[
        Key(name="evaluation_no", source="评价编号"),
        Text(name="round", source="评价轮次", max_length=20, meaning="年度与上、下半年"),
        CreditCode(name="credit_code", source="统一社会信用代码", aliases=("信用代码",)),
        Text(name="provider_name", source="单位名称", max_length=120),
        Choice(
            name="kind",
            source="单位类别",
            optional=True,
            allowed=same("养老机构", "照料中心", "老年食堂", "居家服务商", "嵌入式微型机构", "社会组织"),
        ),
        Number(name="setting", source="环境设施", minimum=0, maximum=25, unit="分"),
        Number(name="management", source="运营管理", minimum=0, maximum=25, unit="分"),
        Number(name="service", source="服务质量", minimum=0, maximum=35, unit="分"),
        Number(name="voice", source="服务对象评价", minimum=0, maximum=15, unit="分"),
        Number(name="score", source="总分", minimum=0, maximum=100, unit="分"),
        Text(name="assessor", source="评价机构", max_length=120),
        Date(name="evaluated_on", source="评价日期"),
    ],
    reject={"评价日期在将来": "evaluated_on > current_date"},
    warn={
        "总分不等于四项之和": "abs(score - setting - management - service - voice) > 0.05",
        "同一轮次对同一单位有两次评价": "count(distinct evaluation_no) over (partition by round, credit_code) > 1",
    },
    references=[KNOWN_PROVIDER],
    order_by="evaluated_on",
)

survey = Table(
    name="survey",
    title="满意度调查",
    source="满意度调查*",
    grain="一家单位一个月的满意度调查",
    key=["survey_no"],
    dated="month",
    columns=[
        Key(name="survey_no", source="调查编号"),
        Month(name="month", source="调查月份"),
        CreditCode(name="credit_code", source="统一社会信用代码", aliases=("信用代码",)),
        Text(name="provider_name", source="单位名称", max_length=120),
        Integer(name="sent", source="发放份数", minimum=0, maximum=100_000, unit="份"),
        Integer(name="respondents", source="有效份数", minimum=0, maximum=100_000, unit="份"),
        Integer(name="satisfied", source="满意及以上", minimum=0, maximum=100_000, unit="份", meaning="含很满意"),
        Integer(name="very_satisfied", source="其中很满意", minimum=0, maximum=100_000, unit="份"),
        Text(name="surveyor", source="调查机构", optional=True, max_length=120),
    ],
    reject={
        "满意份数超过有效份数": "satisfied > respondents",
        "很满意份数超过满意份数": "very_satisfied > satisfied",
    },
    warn={
        "有效份数超过发放份数": "respondents > sent",
        "同一单位同一月份有两次调查": "count(distinct survey_no) over (partition by month, credit_code) > 1",
        "有效份数不足 5 份": "respondents < 5",
    },
    references=[KNOWN_PROVIDER],
)

contract = Contract(
    module="evaluation",
    title="第三方评价与满意度",
    owner="第三方评价机构（区民政局委托）",
    systems=["S3", "S15"],
    tables=[score, survey],
    due=monthly(day=10),
    after=["provider"],
)
