"""Subsidies from budget to payment."""

from __future__ import annotations

from etl.indicators.base import Count, Median, Ratio, Total, total

GROUP = "资金"
FUNDS = "拱墅区改革方案 资金保障（任务 22）"
TWO_LEVELS = (1, 2)

subsidy_budget = Total(
    "subsidy_budget",
    name="年度补贴预算",
    short="年度预算",
    group=GROUP,
    basis=FUNDS,
    decimals=2,
    levels=TWO_LEVELS,
    mart="subsidy_month",
    value="budget_year",
    definition="月份所在年度各补贴项目的预算合计（预算编到街道）",
)
subsidy_applied = Total(
    "subsidy_applied",
    name="本月申报额",
    short="申报额",
    group=GROUP,
    basis=FUNDS,
    decimals=2,
    semantics="flow",
    mart="claim_month",
    value="amount",
    definition=(
        "当月应发的申报额合计。老年人补贴自起始月份起按月计，至死亡或迁出当月止，变更申报自其起始月份起取代原申报；"
        "服务单位补贴计入起始月份；未填起始月份的从申报当月计；未通过的申报只计入申报当月"
    ),
)
subsidy_approved = Total(
    "subsidy_approved",
    name="本月核定额",
    short="核定额",
    group=GROUP,
    basis=FUNDS,
    decimals=2,
    semantics="flow",
    mart="claim_month",
    value="approved_amount",
    where="approved",
    definition="当月应发的申报额中，已经区级审批通过的核定金额合计；变更申报未批准前按原核定额，不超过新申报额",
)
subsidy_paid = Total(
    "subsidy_paid",
    name="本月发放额",
    short="发放额",
    group=GROUP,
    basis=FUNDS,
    decimals=2,
    semantics="flow",
    mart="payment_fact",
    value="amount",
    where="paid",
    definition="发放月份为当月、银行已成功入账的补贴金额合计（不含退回）",
)
subsidy_paid_ytd = Total(
    "subsidy_paid_ytd",
    name="本年累计发放额",
    short="累计发放",
    group=GROUP,
    basis=FUNDS,
    decimals=2,
    levels=TWO_LEVELS,
    mart="subsidy_month",
    value="paid_ytd",
    definition="月份所在年度一月起至当月、银行已成功入账的补贴金额合计（自有数据之月起）",
)
execution_rate = Ratio(
    "execution_rate",
    name="预算执行率",
    short="执行率",
    group=GROUP,
    basis=FUNDS,
    better="higher",
    levels=TWO_LEVELS,
    part=total("subsidy_month", "paid_ytd", "whole_year"),
    whole=total("subsidy_month", "budget_year", "whole_year"),
    definition="本年累计发放额 ÷ 本年度预算；发放数据不自一月开始的年份不计算",
    blank="没有本年度预算，或本年一月起的发放数据不全，不计算",
)
pay_days_median = Median(
    "pay_days_median",
    name="审批到发放天数（中位数）",
    short="发放天数",
    group=GROUP,
    basis="“十四五”规划 补贴精准及时发放（S13）",
    unit="天",
    better="lower",
    semantics="flow",
    mart="payment_fact",
    value="days_to_pay",
    where="days_to_pay is not null",
    definition="当月首次发放的申报，从区级审批通过到首笔入账的天数的中位数",
)
returned_payments = Count(
    "returned_payments",
    name="银行退回笔数",
    short="退回笔数",
    group=GROUP,
    basis="“十四五”规划 补贴精准及时发放（S13）",
    unit="笔",
    better="lower",
    semantics="flow",
    mart="payment_fact",
    where="returned",
    definition="发放月份为当月、被银行退回的发放笔数",
)
returned_amount = Total(
    "returned_amount",
    name="银行退回金额",
    short="退回金额",
    group=GROUP,
    basis="“十四五”规划 补贴精准及时发放（S13）",
    decimals=2,
    better="lower",
    semantics="flow",
    mart="payment_fact",
    value="amount",
    where="returned",
    definition="发放月份为当月、被银行退回的金额合计",
)
subsidy_recipients = Count(
    "subsidy_recipients",
    name="补贴发放笔数",
    short="发放笔数",
    group=GROUP,
    basis=FUNDS,
    unit="笔",
    semantics="flow",
    mart="payment_fact",
    where="paid",
    definition="发放月份为当月、银行已成功入账的发放笔数",
)
subsidy_coverage = Ratio(
    "subsidy_coverage",
    name="高龄津贴发放覆盖率",
    short="津贴覆盖率",
    group=GROUP,
    basis="拱墅区改革方案 高龄津贴普惠；补贴政策 high_age（年满 80 周岁）",
    better="higher",
    semantics="flow",
    mart="elder_month",
    part="aged_80 and high_age_paid",
    whole="aged_80",
    definition="月末 80 岁及以上老年人中当月高龄津贴已入账的 ÷ 月末 80 岁及以上老年人",
)
