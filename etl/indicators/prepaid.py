"""What residents paid in advance, and how much of it a bank holds under supervision."""

from __future__ import annotations

from etl.indicators.base import Count, Ratio, Total, total

GROUP = "监管"
GUIDE = "加强养老机构预收费监管的指导意见；“十四五”规划 综合监管·涉及资金（S15）"

prepaid_balance = Total(
    "prepaid_balance",
    name="预收费余额",
    group=GROUP,
    basis=GUIDE,
    unit="元",
    better="neutral",
    mart="prepayment_month",
    value="amount",
    definition="月末服务单位收取而尚未消费、应当退还的押金、会员费和预付服务费",
)
prepaid_held_share = Ratio(
    "prepaid_held_share",
    name="预收费存管比例",
    short="存管比例",
    group=GROUP,
    basis=GUIDE,
    better="higher",
    part=total("prepayment_month", "held"),
    whole=total("prepayment_month", "amount"),
    definition="月末预收费余额中在存管银行专用账户的部分 ÷ 月末预收费余额",
)
prepaid_short = Count(
    "prepaid_short",
    name="存管不足单位",
    short="存管不足",
    group=GROUP,
    basis=GUIDE,
    unit="家",
    better="lower",
    mart="prepaid_provider_month",
    where="short",
    definition="月末在营、预收费存管比例低于本区规定的服务单位",
)
deposits_over = Count(
    "deposits_over",
    name="超额押金",
    group=GROUP,
    basis=GUIDE,
    unit="笔",
    better="lower",
    mart="prepayment_month",
    where="deposit_over",
    definition="月末余额超过本区规定月数收费标准的押金",
)
