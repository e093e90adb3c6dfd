"""Welfare-lottery funds and the budget: what came in, what was spent on elder care, and whether the books agree with themselves."""

from __future__ import annotations

from etl.indicators.base import Count, Ratio, Total, total

GROUP = "资金"
LOTTERY = "拱墅区改革方案 福彩公益金用于养老服务不低于 50%（任务 22）"
DISTRICT_ONLY = (1,)

lottery_share = Ratio(
    "lottery_share",
    name="福彩公益金用于养老服务比例",
    short="福彩养老占比",
    group=GROUP,
    basis=LOTTERY,
    better="higher",
    levels=DISTRICT_ONLY,
    part=total("fund_year", "amount", "elder_care"),
    whole=total("fund_year", "amount"),
    definition="月份所在年度一月起至当月，福彩公益金支出中用于养老服务的 ÷ 福彩公益金支出合计（自有数据之月起）",
)
lottery_income = Total(
    "lottery_income",
    name="福彩公益金收入",
    short="福彩收入",
    group=GROUP,
    basis=LOTTERY,
    decimals=2,
    semantics="flow",
    levels=DISTRICT_ONLY,
    mart="fund_fact",
    value="amount",
    where="fund = '福利彩票公益金' and direction = '收入'",
    definition="所属月份为当月的福彩公益金收入（上级补助与本级留成），更正后的以更正数为准",
)
lottery_spent = Total(
    "lottery_spent",
    name="福彩公益金支出",
    short="福彩支出",
    group=GROUP,
    basis=LOTTERY,
    decimals=2,
    semantics="flow",
    levels=DISTRICT_ONLY,
    mart="fund_fact",
    value="amount",
    where="fund = '福利彩票公益金' and direction = '支出'",
    definition="所属月份为当月的福彩公益金支出，更正后的以更正数为准",
)
budget_spent = Total(
    "budget_spent",
    name="养老服务财政支出",
    short="财政支出",
    group=GROUP,
    basis="拱墅区改革方案 资金保障（任务 22）",
    decimals=2,
    semantics="flow",
    levels=DISTRICT_ONLY,
    mart="fund_fact",
    value="amount",
    where="fund = '一般公共预算' and elder_care",
    definition="所属月份为当月、一般公共预算中用于养老服务的支出，更正后的以更正数为准",
)
fund_differs = Count(
    "fund_differs",
    name="资金汇总不符",
    group=GROUP,
    basis="“十四五”规划 综合监管：涉及资金（S13、S15）",
    unit="项",
    better="lower",
    semantics="flow",
    levels=DISTRICT_ONLY,
    mart="fund_check",
    where="differs",
    definition="财政局报送的当月汇总数与其明细合计相差超过 50 元（汇总数四舍五入到百元）的资金类别与收支项数",
)
