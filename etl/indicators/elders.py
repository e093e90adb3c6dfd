"""Elders: how many, how old, how frail, and whether they have been assessed."""

from __future__ import annotations

from etl.indicators.base import Count, Ratio, count, total

GROUP = "老年人"
REGISTER = "数字化养老服务平台方案 老年人口库（S1）"
ASSESSMENT = "GB/T 42195-2022 老年人能力评估规范；“十四五”规划 综合评估（S2）"

elders_60 = Count(
    "elders_60",
    name="60 岁及以上老年人",
    short="老年人口",
    group=GROUP,
    basis=REGISTER,
    mart="elder_month",
    definition="月末在册、健在、常住本辖区且年满 60 周岁的老年人；同一身份证号只计一人",
)
elders_80 = Count(
    "elders_80",
    name="80 岁及以上老年人",
    short="高龄老人",
    group=GROUP,
    basis="拱墅区改革方案 高龄老人；阳光老人家通报（2019）",
    mart="elder_month",
    where="aged_80",
    definition="月末在册、健在、常住本辖区且年满 80 周岁的老年人",
)
ageing_rate = Ratio(
    "ageing_rate",
    name="老龄化率",
    short="老龄化率",
    group=GROUP,
    basis="拱墅区改革方案 三级专职队伍（按 60 岁以上占户籍人口比例配备）",
    part=count("elder_month"),
    whole=total("population_month", "registered_population"),
    definition="月末 60 岁及以上老年人 ÷ 最近年度户籍人口",
)
high_age_share = Ratio(
    "high_age_share",
    name="高龄占比",
    short="高龄占比",
    group=GROUP,
    basis=REGISTER,
    mart="elder_month",
    part="aged_80",
    definition="月末 80 岁及以上老年人 ÷ 月末 60 岁及以上老年人",
)
living_alone = Count(
    "living_alone",
    name="独居老年人",
    short="独居",
    group=GROUP,
    basis="拱墅区改革方案 特殊老年群体（任务 14）",
    mart="elder_month",
    where="living = '独居'",
    definition="月末 60 岁及以上、居住状况登记为“独居”的老年人",
)
empty_nest = Count(
    "empty_nest",
    name="空巢老年人",
    short="空巢",
    group=GROUP,
    basis="拱墅区改革方案 特殊老年群体（任务 14）",
    mart="elder_month",
    where="living = '空巢'",
    definition="月末 60 岁及以上、居住状况登记为“空巢”的老年人",
)
hardship = Count(
    "hardship",
    name="特困、低保、低边老年人",
    short="困难老人",
    group=GROUP,
    basis="拱墅区改革方案 特殊老年群体（任务 14）",
    mart="elder_month",
    where="category in ('特困', '低保', '低边')",
    definition="月末 60 岁及以上、人员类别为特困、低保或低边的老年人",
)
disabled = Count(
    "disabled",
    name="失能老年人",
    short="失能",
    group=GROUP,
    basis=ASSESSMENT,
    mart="elder_month",
    where="ability_level in (3, 4)",
    definition="月末 60 岁及以上、最近一次能力评估为 3 级（重度失能）或 4 级（完全失能）的老年人",
)
semi_disabled = Count(
    "semi_disabled",
    name="半失能老年人",
    short="半失能",
    group=GROUP,
    basis=ASSESSMENT,
    mart="elder_month",
    where="ability_level in (1, 2)",
    definition="月末 60 岁及以上、最近一次能力评估为 1 级（轻度失能）或 2 级（中度失能）的老年人",
)
dementia = Count(
    "dementia",
    name="失智老年人",
    short="失智",
    group=GROUP,
    basis=ASSESSMENT,
    mart="elder_month",
    where="dementia",
    definition="月末 60 岁及以上、最近一次能力评估认定失智的老年人",
)
assessment_coverage = Ratio(
    "assessment_coverage",
    name="能力评估覆盖率",
    short="评估覆盖率",
    group=GROUP,
    basis=ASSESSMENT,
    better="higher",
    mart="elder_month",
    part="must_assess and assessed_valid",
    whole="must_assess",
    definition="应评估对象中月末评估仍在有效期内的人数 ÷ 应评估对象（80 岁及以上，或特困、低保、低边、计生特殊）",
)
assessment_overdue = Count(
    "assessment_overdue",
    name="评估逾期或未评估",
    short="评估逾期",
    group=GROUP,
    basis=ASSESSMENT,
    better="lower",
    mart="elder_month",
    where="must_assess and not assessed_valid",
    definition="应评估对象中月末没有有效评估（从未评估或已过有效期）的人数",
)
