"""The alliance of institutions: beds offered and matched, how long a match takes, guests of group stays."""

from __future__ import annotations

from etl.indicators.base import Count, Median, Ratio, Total

GROUP = "联盟"
ALLIANCE = "养老服务平台方案 机构养老联盟（S8）"

beds_offered = Total(
    "beds_offered",
    name="联盟可供床位",
    short="可供床位",
    group=GROUP,
    basis=ALLIANCE,
    unit="张",
    better="higher",
    semantics="flow",
    mart="bed_offer_fact",
    value="beds",
    where="status <> '撤回'",
    definition="当月机构向联盟发布且未撤回的床位数，归属机构主站点所在社区",
)
beds_matched = Count(
    "beds_matched",
    name="联盟匹配床位",
    short="匹配床位",
    group=GROUP,
    basis=ALLIANCE,
    unit="张",
    better="higher",
    semantics="flow",
    mart="bed_match_fact",
    definition="当月供需双方确认的床位匹配，一次匹配为一张床位，归属机构主站点所在社区",
)
match_days = Median(
    "match_days",
    name="床位匹配用时中位数",
    short="床位匹配用时",
    group=GROUP,
    basis=ALLIANCE,
    unit="天",
    better="lower",
    semantics="flow",
    mart="bed_match_fact",
    value="days",
    definition="当月双方确认的匹配，从提出需求到确认的天数的中位数",
)
travel_stays = Total(
    "travel_stays",
    name="旅居人次",
    group=GROUP,
    basis="养老服务平台方案 旅居团组（S8）",
    unit="人次",
    better="higher",
    semantics="flow",
    mart="travel_stay_fact",
    value="guests",
    definition="当月到达的旅居团组人数合计，归属接待单位主站点所在社区",
)
co_living_pairs = Count(
    "co_living_pairs",
    name="互助同住结对",
    short="互助同住",
    group=GROUP,
    basis="养老服务平台方案 代际同住与抱团养老（S8）",
    unit="对",
    better="higher",
    mart="co_living_month",
    definition="月末正在同住的代际同住与抱团养老结对，归属同住社区",
)
co_living_verified = Ratio(
    "co_living_verified",
    name="同住双向核验率",
    short="双向核验率",
    group=GROUP,
    basis="养老服务平台方案 双向核验（S8）",
    better="higher",
    mart="co_living_month",
    part="both_verified",
    definition="月末正在同住的结对中，老年人与同住人都已核验通过的 ÷ 全部结对",
)
