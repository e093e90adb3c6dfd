"""What elders buy with the service card, by where they live and by kind."""

from __future__ import annotations

from etl.indicators.base import Count, Indicator, Ratio, Total

GROUP = "服务"
CARD = "数字化养老服务平台方案 老年服务卡（S1）、消费时空分析（S21）"

card_active_share = Ratio(
    "card_active_share",
    name="服务卡活跃率",
    short="卡活跃率",
    group=GROUP,
    basis=CARD,
    better="higher",
    semantics="flow",
    mart="elder_month",
    part="has_card and card_active",
    whole="has_card",
    definition="当月用服务卡消费过的持卡老年人 ÷ 月末持卡的 60 岁及以上老年人",
)
card_purchases = Total(
    "card_purchases",
    name="服务卡消费笔数",
    short="卡消费笔数",
    group=GROUP,
    basis=CARD,
    unit="笔",
    semantics="flow",
    mart="card_spend_month",
    value="purchases",
    definition="当月服务卡消费的笔数，归属老年人常住社区",
)
card_amount = Total(
    "card_amount",
    name="服务卡消费金额",
    short="卡消费",
    group=GROUP,
    basis=CARD,
    decimals=2,
    semantics="flow",
    mart="card_spend_month",
    value="amount",
    definition="当月服务卡消费金额合计，归属老年人常住社区",
)
card_places = Total(
    "card_places",
    name="商户所在地消费金额",
    short="商户消费",
    group=GROUP,
    basis="大数据养老 消费时空分析、设施规划（S21）",
    decimals=2,
    semantics="flow",
    mart="card_place_month",
    value="amount",
    definition="当月服务卡消费金额，归属商户所在社区；未填商户社区的只计入全区，在监管范围以外的不计",
)
card_used_after_death = Count(
    "card_used_after_death",
    name="死亡后仍用卡的服务卡",
    short="亡故用卡",
    group=GROUP,
    basis=CARD,
    better="lower",
    semantics="flow",
    mart="card_after_death",
    definition="当月在持卡人死亡日期之后仍有消费的持卡人",
)


def _of(code: str, category: str) -> Indicator:
    return Total(
        f"card_amount_{code}",
        name=f"服务卡{category}消费",
        short=f"{category}消费",
        group=GROUP,
        basis=CARD,
        decimals=2,
        semantics="flow",
        mart="card_spend_month",
        value="amount",
        where=f"category = '{category}'",
        definition=f"当月服务卡消费中类别为“{category}”的金额合计",
    )


card_amount_dining = _of("dining", "餐饮")
card_amount_shopping = _of("shopping", "商超")
card_amount_medicine = _of("medicine", "医药")
card_amount_care = _of("care", "养老服务")
card_amount_leisure = _of("leisure", "文体")
card_amount_travel = _of("travel", "出行")
card_amount_other = _of("other", "其他")
