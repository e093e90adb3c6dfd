"""Long-term-care insurance: the benefit of one person in one month, as settled by the medical insurance agency."""

from __future__ import annotations

from etl.contract import Choice, Contract, Date, IdNumber, Key, Money, Month, Reference, Table, after_departure, monthly

LEVELS = {
    "中度失能": "中度失能",
    "重度失能Ⅰ级": "重度失能Ⅰ级", "重度失能I级": "重度失能Ⅰ级", "重度失能一级": "重度失能Ⅰ级",
    "重度失能Ⅱ级": "重度失能Ⅱ级", "重度失能II级": "重度失能Ⅱ级", "重度失能二级": "重度失能Ⅱ级",
    "重度失能Ⅲ级": "重度失能Ⅲ级", "重度失能III级": "重度失能Ⅲ级", "重度失能三级": "重度失能Ⅲ级",
}  # fmt: skip
FORMS = {"居家": "居家", "居家护理": "居家", "上门护理": "居家", "机构": "机构", "机构护理": "机构"}

benefit = Table(
    name="benefit",
    title="长护险待遇",
    source="长护险_*.csv",
    grain="一人一月的一笔待遇",
    key=["benefit_no"],
    dated="month",
    columns=[
        Key(name="benefit_no", source="结算编号"),
        # The agency knows people by their ID number only.
        IdNumber(name="id_number", source="身份证号"),
        Choice(name="level", source="失能等级", allowed=LEVELS, meaning="长期护理失能等级评估标准（试行）"),
        Choice(name="form", source="护理方式", allowed=FORMS),
        Key(
            name="credit_code", source="定点机构信用代码", aliases=("统一社会信用代码",), optional=True,
            meaning="提供护理的定点服务机构",
        ),
        Month(name="month", source="享受月份"),
        Money(name="amount", source="支付金额"),
        Date(name="paid_on", source="支付日期", optional=True),
    ],
    warn={
        "同一人同一月份享受待遇两次以上": "count(*) over (partition by id_number, month) > 1",
    },
    references=[
        Reference(column="id_number", table="registry_elder", key="id_number", sentence="身份证号在老年人口库中不存在"),
        after_departure("month", "享受月份", column="id_number", key="id_number", month=True),
        Reference(
            column="credit_code", table="provider_provider", key="credit_code", sentence="定点机构信用代码在服务单位库中不存在"
        ),
    ],
    money="amount",
)

contract = Contract(
    module="insurance",
    title="长期护理保险待遇",
    owner="区医保局",
    systems=["S22"],
    tables=[benefit],
    due=monthly(day=15),
    after=["registry", "provider"],
)
