"""The finance bureau's books of welfare-lottery funds and of the budget for elder care: income, expenditure, monthly totals."""

from __future__ import annotations

from etl.contract import Choice, Contract, Date, Key, Money, Month, Table, Text, monthly
from etl.vocabulary import same

FUNDS = same("福利彩票公益金", "一般公共预算")
LATE = "本次更正晚于所属月份两个月以上，已报送的数字会变动"
CORRECTED_LATE = "corrected_on > cast(month || '-01' as date) + interval 3 month"

income = Table(
    name="income",
    title="资金收入",
    source="收入",
    grain="一笔收入",
    key=["voucher_no"],
    dated="month",
    columns=[
        Key(name="voucher_no", source="凭证号"),
        Choice(name="fund", source="资金类别", allowed=FUNDS),
        Month(name="month", source="所属月份"),
        Choice(name="kind", source="收入类别", allowed=same("上级补助", "本级留成", "年初预算", "追加预算")),
        Money(name="amount", source="金额（元）", aliases=("金额",), meaning="以万元报送的须写明“万元”"),
        Date(name="booked_on", source="入账日期"),
        Date(name="corrected_on", source="更正日期", optional=True, meaning="更正凭证沿用原凭证号，以更正日期最晚的为准"),
    ],
    reject={"入账日期在将来": "booked_on > current_date", "更正日期早于入账日期": "corrected_on < booked_on"},
    warn={LATE: CORRECTED_LATE},
    order_by="corrected_on",
    money="amount",
)

expenditure = Table(
    name="expenditure",
    title="资金支出",
    source="支出",
    grain="一笔支出",
    key=["voucher_no"],
    dated="month",
    columns=[
        Key(name="voucher_no", source="凭证号"),
        Choice(name="fund", source="资金类别", allowed=FUNDS),
        Month(name="month", source="所属月份"),
        Choice(
            name="kind",
            source="类别",
            title="用途类别",
            allowed=same("养老服务", "残疾人服务", "儿童福利", "社会救助", "社会公益", "其他"),
        ),
        Text(name="purpose", source="项目", title="用途项目", optional=True, max_length=120),
        Text(name="payee", source="收款单位", optional=True, max_length=120),
        Money(name="amount", source="金额（元）", aliases=("金额",), meaning="以万元报送的须写明“万元”"),
        Date(name="booked_on", source="入账日期"),
        Date(name="corrected_on", source="更正日期", optional=True, meaning="更正凭证沿用原凭证号，以更正日期最晚的为准"),
    ],
    reject={"入账日期在将来": "booked_on > current_date", "更正日期早于入账日期": "corrected_on < booked_on"},
    warn={LATE: CORRECTED_LATE},
    order_by="corrected_on",
    money="amount",
)

total = Table(
    name="total",
    title="月度汇总",
    source="月度汇总",
    grain="一类资金一个月的收入或支出合计",
    key=["month", "fund", "direction"],
    dated="month",
    columns=[
        Month(name="month", source="月份"),
        Choice(name="fund", source="资金类别", allowed=FUNDS),
        Choice(name="direction", source="收支", allowed=same("收入", "支出")),
        Money(name="amount", source="合计（万元）", aliases=("合计",), title="合计", unit="万元", ten_thousands=True),
    ],
)

contract = Contract(
    module="fund",
    title="福彩公益金与财政资金",
    owner="区财政局",
    systems=["S13"],
    tables=[income, expenditure, total],
    due=monthly(day=10),
)
