"""Home adaptations, family beds, renewal of old neighbourhoods, rented aids; records of people who are no longer there."""

from __future__ import annotations

from etl.indicators.base import Count, Median, Total

GROUP = "适老化"
PLAN = "“十四五”规划 适老化改造、家庭养老床位、辅具租赁（S19）"

home_adaptations = Count(
    "home_adaptations",
    name="完成适老化改造户数",
    short="适老化改造",
    group=GROUP,
    basis=PLAN,
    unit="户",
    better="higher",
    semantics="flow",
    mart="adaptation_fact",
    definition="当月验收的困难老年人家庭适老化改造",
)
adaptation_subsidy = Total(
    "adaptation_subsidy",
    name="适老化改造补贴",
    short="改造补贴",
    group=GROUP,
    basis=PLAN,
    decimals=2,
    semantics="flow",
    mart="adaptation_fact",
    value="coalesce(subsidy, 0)",
    definition="当月验收的适老化改造的补贴金额合计",
)
adaptation_days_median = Median(
    "adaptation_days_median",
    name="适老化改造天数（中位数）",
    short="改造天数",
    group=GROUP,
    basis=PLAN,
    unit="天",
    better="lower",
    semantics="flow",
    mart="adaptation_fact",
    value="days",
    definition="当月验收的适老化改造从申请到验收的天数的中位数",
)
family_beds = Count(
    "family_beds",
    name="家庭养老床位",
    short="家庭床位",
    group=GROUP,
    basis=PLAN,
    unit="张",
    better="higher",
    mart="family_bed_month",
    where="not void",
    definition="月末已建未撤的家庭养老床位（老年人已去世或迁出的不计）",
)
family_beds_void = Count(
    "family_beds_void",
    name="应撤未撤床位",
    short="应撤床位",
    group=GROUP,
    basis=PLAN,
    unit="张",
    better="lower",
    mart="family_bed_month",
    where="void",
    definition="月末老年人已去世或迁出、仍未撤床的家庭养老床位",
)
renewals_done = Count(
    "renewals_done",
    name="完成老旧小区改造",
    short="小区改造",
    group=GROUP,
    basis="拱墅区改革方案 老旧小区适老化改造 10 个以上",
    unit="个",
    better="higher",
    mart="renewal_month",
    where="finished",
    definition="截至月末已完工的老旧小区适老化改造项目（自有记录起累计）",
)
renewals_overdue = Count(
    "renewals_overdue",
    name="逾期未完工小区改造",
    short="改造逾期",
    group=GROUP,
    basis="拱墅区改革方案 老旧小区适老化改造",
    unit="个",
    better="lower",
    mart="renewal_month",
    where="overdue",
    definition="月末已过计划完工日期仍未完工的老旧小区适老化改造项目",
)
aids_in_rental = Count(
    "aids_in_rental",
    name="在租辅具",
    group=GROUP,
    basis=PLAN,
    unit="件",
    better="higher",
    mart="rental_month",
    definition="月末已租出未归还的康复辅具（登记遗失的不计）",
)
aids_overdue = Count(
    "aids_overdue",
    name="逾期未还辅具",
    short="辅具逾期",
    group=GROUP,
    basis=PLAN,
    unit="件",
    better="lower",
    mart="rental_month",
    where="overdue",
    definition="月末已过应还日期仍未归还的康复辅具",
)
records_after_gone = Count(
    "records_after_gone",
    name="去世或迁出后的记录",
    short="身后记录",
    group=GROUP,
    basis="“十四五”规划 综合监管：已去世、迁出人员不再享受（S1、S14、S19）",
    unit="条",
    better="lower",
    semantics="flow",
    mart="after_gone_fact",
    definition="当月日期的签约、体检、改造申请、建床、租赁记录中，老年人在此之前已去世或迁出的",
)
