"""Subsidy money from budget to payment: a finance extract, one CSV a month, GB18030, with a total line at the end."""

from __future__ import annotations

from etl.contract import (
    AreaCode,
    Choice,
    Contract,
    Date,
    Integer,
    Key,
    Money,
    Month,
    Reference,
    Table,
    Text,
    after_departure,
    monthly,
)
from etl.vocabulary import same

PAYEE = {"老年人": "elder", "服务单位": "provider"}
KNOWN_PROGRAMME = Reference(
    column="programme", table="subsidy_programme", key="programme", sentence="项目编码不在项目表中", severity="reject"
)
# Money of an unknown payee stays in the totals (it was paid), but is listed for its owner.
KNOWN_ELDER = Reference(column="elder_id", table="registry_elder", key="elder_id", sentence="老年人编号在老年人口库中不存在")
KNOWN_PROVIDER = Reference(
    column="provider_id", table="provider_provider", key="provider_id", sentence="单位编号在服务单位库中不存在"
)
PAYEE_MISSING = {
    "发放对象为老年人但没有老年人编号": "payee = 'elder' and elder_id is null",
    "发放对象为服务单位但没有单位编号": "payee = 'provider' and provider_id is null",
}

programme = Table(
    name="programme",
    title="补贴项目",
    source="项目.csv",
    grain="一个补贴项目",
    key=["programme"],
    columns=[
        Key(name="programme", source="项目编码"),
        Text(name="name", source="项目名称", max_length=60),
        Choice(name="payee", source="发放对象", allowed=PAYEE),
        Text(name="basis", source="政策依据", optional=True),
    ],
)

budget = Table(
    name="budget",
    title="预算",
    source="预算_*.csv",
    grain="一个项目一个街道一年的预算",
    key=["programme", "street_code", "year"],
    columns=[
        Key(name="programme", source="项目编码"),
        AreaCode(name="street_code", source="街道代码", level=2),
        Integer(name="year", source="年度", minimum=2000, maximum=2100),
        Money(name="amount", source="预算金额"),
    ],
    references=[KNOWN_PROGRAMME],
    money="amount",
    community="street_code",
)

application = Table(
    name="application",
    title="申报",
    source="申报_*.csv",
    grain="一份申报",
    key=["application_id"],
    columns=[
        Key(name="application_id", source="申报编号"),
        Key(name="programme", source="项目编码"),
        Choice(name="payee", source="发放对象", allowed=PAYEE),
        Key(name="elder_id", source="老年人编号", optional=True),
        Key(name="provider_id", source="单位编号", optional=True),
        Date(name="applied_on", source="申报日期"),
        Month(name="month_from", source="起始月份", optional=True, ahead=12),
        Money(name="amount", source="申报金额", meaning="对老年人为月标准"),
        AreaCode(name="street_code", source="街道代码", level=2, at="applied_on"),
    ],
    reject=PAYEE_MISSING,
    references=[KNOWN_PROGRAMME, KNOWN_ELDER, after_departure("applied_on", "申报日期"), KNOWN_PROVIDER],
    order_by="applied_on",
    money="amount",
    community="street_code",
)

approval = Table(
    name="approval",
    title="审核",
    source="审核_*.csv",
    grain="一份申报的一个审核环节",
    key=["application_id", "step"],
    dated="decided_on",
    columns=[
        Key(name="application_id", source="申报编号"),
        Choice(name="step", source="环节", allowed=same("社区初审", "街道审核", "区级审批")),
        Date(name="decided_on", source="办理日期"),
        Choice(name="outcome", source="结果", allowed=same("通过", "不通过", "退回补正")),
        Money(name="amount", source="核定金额", optional=True),
    ],
    references=[
        Reference(
            column="application_id", table="subsidy_application", key="application_id", sentence="申报编号不在申报表中"
        ),
    ],
    order_by="decided_on",
    money="amount",
)

payment = Table(
    name="payment",
    title="发放",
    source="发放_*.csv",
    grain="一笔发放",
    key=["payment_id"],
    dated="month",
    columns=[
        Key(name="payment_id", source="发放编号"),
        Key(name="batch_no", source="批次号", optional=True),
        Key(name="application_id", source="申报编号", optional=True),
        Key(name="programme", source="项目编码"),
        Choice(name="payee", source="发放对象", allowed=PAYEE),
        Key(name="elder_id", source="老年人编号", optional=True),
        Key(name="provider_id", source="单位编号", optional=True),
        Month(name="month", source="发放月份"),
        Money(name="amount", source="金额"),
        Key(name="account_hash", source="账户校验码", optional=True, privacy="account"),
        Date(name="paid_on", source="发放日期"),
        Choice(name="bank_result", source="银行结果", allowed=same("成功", "退回")),
        Date(name="returned_on", source="退回日期", optional=True),
    ],
    reject=PAYEE_MISSING | {"退回日期早于发放日期": "returned_on < paid_on"},
    warn={
        "同一对象同一项目同一月份发放两次以上": (
            "bank_result = '成功' and count(*) filter (where bank_result = '成功')"
            " over (partition by programme, elder_id, provider_id, month) > 1"
        ),
        "同一账户收取两名以上老年人的补贴": (
            "elder_id is not null and account_hash is not null and count(distinct elder_id) over (partition by account_hash) > 1"
        ),
        "银行退回但没有退回日期": "bank_result = '退回' and returned_on is null",
    },
    references=[
        KNOWN_PROGRAMME,
        KNOWN_ELDER,
        after_departure("month", "发放月份", month=True, where="s.bank_result = '成功'"),
        KNOWN_PROVIDER,
        Reference(
            column="application_id", table="subsidy_application", key="application_id", sentence="申报编号不在申报表中"
        ),
    ],
    money="amount",
)

contract = Contract(
    module="subsidy",
    title="补贴资金",
    owner="区财政局、区民政局",
    systems=["S13"],
    tables=[programme, budget, application, approval, payment],
    due=monthly(day=10),
    after=["area", "registry", "provider"],
)
