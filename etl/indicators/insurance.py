"""Long-term-care insurance: who receives a benefit, how much, at which level and in which form."""

from __future__ import annotations

from etl.indicators.base import Count, Indicator, Total

GROUP = "资金"
INSURANCE = "“十四五”规划 长期护理保险（S22）"
RECEIVER = "按人计一次，归属老年人常住社区"

care_insured = Count(
    "care_insured",
    name="长护险待遇享受人数",
    short="长护险人数",
    group=GROUP,
    basis=INSURANCE,
    semantics="flow",
    mart="care_benefit",
    where="first_of_month",
    definition=f"享受月份为当月的长期护理保险待遇的享受人，{RECEIVER}",
)
care_insurance_amount = Total(
    "care_insurance_amount",
    name="长护险支付金额",
    short="长护险支付",
    group=GROUP,
    basis=INSURANCE,
    decimals=2,
    semantics="flow",
    mart="care_benefit",
    value="amount",
    definition="享受月份为当月的长期护理保险待遇支付金额合计",
)


def _people(code: str, words: str, short: str, where: str) -> Indicator:
    return Count(
        f"care_insured_{code}",
        name=f"长护险{words}人数",
        short=short,
        group=GROUP,
        basis=INSURANCE,
        semantics="flow",
        mart="care_benefit",
        where=f"first_of_month and {where}",
        definition=f"享受月份为当月、当月首笔待遇为{words}的长护险享受人，{RECEIVER}",
    )


def _money(code: str, words: str, short: str, where: str) -> Indicator:
    return Total(
        f"care_amount_{code}",
        name=f"长护险{words}支付金额",
        short=short,
        group=GROUP,
        basis=INSURANCE,
        decimals=2,
        semantics="flow",
        mart="care_benefit",
        value="amount",
        where=where,
        definition=f"享受月份为当月的长护险{words}待遇支付金额合计",
    )


care_insured_home = _people("home", "居家护理", "居家长护人数", "form = '居家'")
care_insured_institution = _people("institution", "机构护理", "机构长护人数", "form = '机构'")
care_insured_severe_1 = _people("severe_1", "重度失能Ⅰ级", "重度Ⅰ级人数", "level = '重度失能Ⅰ级'")
care_insured_severe_2 = _people("severe_2", "重度失能Ⅱ级", "重度Ⅱ级人数", "level = '重度失能Ⅱ级'")
care_insured_severe_3 = _people("severe_3", "重度失能Ⅲ级", "重度Ⅲ级人数", "level = '重度失能Ⅲ级'")
care_amount_home = _money("home", "居家护理", "居家长护支付", "form = '居家'")
care_amount_institution = _money("institution", "机构护理", "机构长护支付", "form = '机构'")
care_amount_severe_1 = _money("severe_1", "重度失能Ⅰ级", "重度Ⅰ级支付", "level = '重度失能Ⅰ级'")
care_amount_severe_2 = _money("severe_2", "重度失能Ⅱ级", "重度Ⅱ级支付", "level = '重度失能Ⅱ级'")
care_amount_severe_3 = _money("severe_3", "重度失能Ⅲ级", "重度Ⅲ级支付", "level = '重度失能Ⅲ级'")
care_insurance_doubtful = Total(
    "care_insurance_doubtful",
    name="长护险存疑支付",
    short="长护险存疑",
    group=GROUP,
    basis=INSURANCE,
    decimals=2,
    better="lower",
    semantics="flow",
    mart="care_benefit",
    value="amount",
    where="after_death or not first_of_month",
    definition="享受月份为当月、享受人在当月之前已经死亡或同一人当月重复享受的待遇支付金额",
)
