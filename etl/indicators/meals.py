"""Meals at the canteens, counted from the cards that were read there, and what is claimed for them."""

from __future__ import annotations

from etl.indicators.base import Count, Ratio, Total, total

GROUP = "服务"
MEALS = "拱墅区改革方案 老年用餐（任务 12）"
SUBSIDY = "拱墅区改革方案 老年用餐（任务 12）：有证食堂按实际就餐人次和规模补助"

meals = Total(
    "meals",
    name="老年食堂就餐",
    short="就餐",
    group=GROUP,
    basis=MEALS,
    unit="餐",
    better="higher",
    semantics="flow",
    mart="meal_month",
    value="meals",
    definition="当月在老年食堂刷卡就餐的餐数，同一张卡同一餐只计一次，作废的和持卡人死亡后的不计；归属老年人常住社区",
)
meal_reach = Ratio(
    "meal_reach",
    name="助餐服务覆盖率",
    short="助餐覆盖率",
    group=GROUP,
    basis=MEALS + "；全国抽样调查（2015）：42.3% 的老年人有助餐需求",
    better="higher",
    semantics="flow",
    mart="elder_month",
    part="had_meal",
    definition="当月在老年食堂至少就餐一次（按服务卡对应到人）的在册老年人 ÷ 月末 60 岁及以上老年人",
)
meal_delivery_share = Ratio(
    "meal_delivery_share",
    name="送餐占比",
    short="送餐占比",
    group=GROUP,
    basis=MEALS,
    semantics="flow",
    part=total("meal_month", "sent"),
    whole=total("meal_month", "meals"),
    definition="当月计入就餐的餐数中送餐上门的 ÷ 当月计入就餐的餐数",
)
meal_subsidy = Total(
    "meal_subsidy",
    name="助餐补贴申报额",
    short="助餐补贴",
    group=GROUP,
    basis=SUBSIDY,
    decimals=2,
    semantics="flow",
    mart="meal_month",
    value="subsidy",
    definition="当月就餐记录（作废的除外）申报的补贴合计，含重复刷卡等存疑记录",
)
meal_subsidy_per_meal = Ratio(
    "meal_subsidy_per_meal",
    name="每餐补贴",
    short="每餐补贴",
    group=GROUP,
    basis=SUBSIDY,
    unit="元",
    scale=1,
    decimals=2,
    semantics="flow",
    part=total("meal_month", "subsidy"),
    whole=total("meal_month", "meals"),
    definition="当月申报的助餐补贴 ÷ 当月计入就餐的餐数；高于补贴标准说明有不该补的餐",
)
meal_subsidy_doubtful = Total(
    "meal_subsidy_doubtful",
    name="存疑助餐补贴",
    short="存疑餐补",
    group=GROUP,
    basis=SUBSIDY,
    decimals=2,
    better="lower",
    semantics="flow",
    mart="meal_doubtful",
    value="subsidy",
    definition="当月同一张卡同一餐重复刷卡、持卡人死亡后刷卡的记录所申报的补贴",
)
canteen_licensed_share = Ratio(
    "canteen_licensed_share",
    name="老年食堂持证率",
    short="食堂持证率",
    group="设施",
    basis=SUBSIDY,
    better="higher",
    mart="canteen_month",
    part="licensed",
    definition="月末食品经营许可证在有效期内的老年食堂 ÷ 月末开办的老年食堂（按街道食堂名录）",
)
canteen_reported_share = Ratio(
    "canteen_reported_share",
    name="食堂就餐记录报送率",
    short="食堂报送率",
    group="设施",
    basis=MEALS,
    better="higher",
    mart="canteen_month",
    part="reported",
    definition="月末开办的老年食堂中已报送当月就餐记录的 ÷ 月末开办的老年食堂（按街道食堂名录）",
)
canteen_sittings_over = Count(
    "canteen_sittings_over",
    name="超座位就餐场次",
    short="超座位场次",
    group="设施",
    basis=MEALS + "；“十四五”规划 综合监管：就餐人次与座位数比对",
    unit="场",
    better="lower",
    semantics="flow",
    mart="sitting_fact",
    where="over",
    definition="当月一餐堂食餐数超过座位数 × 核定翻台次数的场次",
)
