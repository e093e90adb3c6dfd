"""Home and community services: orders, punctuality, satisfaction, purchased service."""

from __future__ import annotations

from etl.indicators.base import Count, Mean, Ratio, Total

GROUP = "服务"
CENTRE = "养老服务平台方案 养老服务调度中心（S5）"

purchased_service_elders = Count(
    "purchased_service_elders",
    name="享受政府购买服务老年人",
    short="购买服务对象",
    group=GROUP,
    basis="拱墅区改革方案 政府购买服务对象 5185 人",
    better="higher",
    semantics="flow",
    mart="elder_month",
    where="purchased_service",
    definition="当月至少有一张已完成且含补贴的服务工单的在册老年人",
)
orders = Count(
    "orders",
    name="服务工单",
    short="服务工单",
    group=GROUP,
    basis=CENTRE,
    unit="单",
    semantics="flow",
    mart="order_fact",
    definition="当月下单的服务工单，归属老年人常住社区",
)
order_completion = Ratio(
    "order_completion",
    name="工单完成率",
    short="完成率",
    group=GROUP,
    basis=CENTRE,
    better="higher",
    semantics="flow",
    mart="order_fact",
    part="completed",
    definition="当月下单且已完成的工单 ÷ 当月下单的工单",
)
on_time_rate = Ratio(
    "on_time_rate",
    name="准时到达率",
    short="准时率",
    group=GROUP,
    basis=CENTRE,
    better="higher",
    semantics="flow",
    mart="order_fact",
    part="completed and on_time",
    whole="completed and on_time is not null",
    definition="当月已完成、有预约和签到的工单中，签到不晚于预约时间 15 分钟的 ÷ 当月已完成、有预约和签到的工单",
)
sign_in_compliance = Ratio(
    "sign_in_compliance",
    name="签到签退合规率",
    short="签到合规率",
    group=GROUP,
    basis=CENTRE,
    better="higher",
    semantics="flow",
    mart="order_fact",
    # Nobody signs out of a meal: the canteen's card reader only says that it was taken.
    part="completed and coalesce(category, '') <> '助餐' and sign_in_compliant",
    whole="completed and coalesce(category, '') <> '助餐'",
    definition="当月已完成的工单（助餐除外）中签到、签退和签到位置齐全的 ÷ 当月已完成的工单（助餐除外）",
)
satisfaction = Mean(
    "satisfaction",
    name="服务满意度",
    short="满意度",
    group=GROUP,
    basis=CENTRE,
    unit="分",
    decimals=2,
    better="higher",
    semantics="flow",
    mart="order_fact",
    value="satisfaction",
    where="completed and satisfaction is not null",
    definition="当月已完成且已评价工单的满意度（1–5 分）平均值",
)
revisit_rate = Ratio(
    "revisit_rate",
    name="回访满意率",
    short="回访满意率",
    group=GROUP,
    basis=CENTRE,
    better="higher",
    semantics="flow",
    mart="order_fact",
    part="completed and revisit = '满意'",
    whole="completed and revisit is not null",
    definition="当月已完成且已回访的工单中回访满意的 ÷ 当月已完成且已回访的工单",
)
revisit_coverage = Ratio(
    "revisit_coverage",
    name="回访率",
    short="回访率",
    group=GROUP,
    basis=CENTRE,
    better="higher",
    semantics="flow",
    mart="order_fact",
    part="completed and revisit is not null",
    whole="completed",
    definition="当月已完成的工单中已回访的 ÷ 当月已完成的工单",
)
meal_orders = Count(
    "meal_orders",
    name="助餐工单",
    short="助餐工单",
    group=GROUP,
    basis=CENTRE,
    unit="单",
    semantics="flow",
    mart="order_fact",
    where="completed and category = '助餐'",
    definition="当月经服务平台下单并已完成的助餐工单；老年食堂刷卡就餐另计",
)
service_amount = Total(
    "service_amount",
    name="服务金额",
    short="服务金额",
    group=GROUP,
    basis=CENTRE,
    decimals=2,
    semantics="flow",
    mart="order_fact",
    value="price",
    where="completed",
    definition="当月已完成工单的金额合计（补贴加自付）",
)
service_subsidy = Total(
    "service_subsidy",
    name="工单补贴金额",
    short="工单补贴",
    group=GROUP,
    basis="拱墅区改革方案 政府购买服务",
    decimals=2,
    semantics="flow",
    mart="order_fact",
    value="subsidy_part",
    where="completed",
    definition="当月已完成工单中由财政补贴的金额合计",
)
