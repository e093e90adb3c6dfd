"""Dedicated elder-care workers of district, streets and communities, against the numbers laid down."""

from __future__ import annotations

from etl.indicators.base import Count, Ratio

GROUP = "任务"
REFORM = "拱墅区改革方案 三级专职队伍（任务 23）、社区专职人员（任务 24）"

dedicated_workers = Count(
    "dedicated_workers",
    name="养老服务专职人员",
    short="专职人员",
    group=GROUP,
    basis=REFORM,
    better="higher",
    mart="staff_month",
    definition="月末在任的区、街道、社区三级养老服务专职人员；同一人只计最近任职的一处",
)
staff_rule_met = Ratio(
    "staff_rule_met",
    name="专职人员配备达标率",
    short="专职配备达标",
    group=GROUP,
    basis=REFORM,
    better="higher",
    mart="staff_rule_month",
    part="met",
    definition=(
        "按标准配足专职人员的街道和社区 ÷ 应配专职人员的街道和社区"
        "（街道按 60 岁及以上占户籍人口比例、社区按政府购买服务对象人数，标准见本区配备标准）"
    ),
)
