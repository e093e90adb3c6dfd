"""What goes on at the sites: visits, activities, opening hours."""

from __future__ import annotations

from etl.indicators.base import Count, Mean, Total

GROUP = "设施"
SITES = "阳光老人家通报（2019）：每日到访 2300 人次以上（S10）"

site_visits_daily = Total(
    "site_visits_daily",
    name="站点日均到访",
    short="日均到访",
    group=GROUP,
    basis=SITES,
    unit="人次",
    better="higher",
    semantics="flow",
    mart="venue_month",
    value="daily_visits",
    definition="当月各站点到访人次 ÷ 当月天数，按站点所在社区合计；未填报的日子按 0 计",
)
activities = Count(
    "activities",
    name="站点活动",
    short="站点活动",
    group=GROUP,
    basis=SITES,
    unit="场",
    better="higher",
    semantics="flow",
    mart="activity_fact",
    definition="当月在站点举办的活动",
)
activity_participants = Total(
    "activity_participants",
    name="活动参加人次",
    short="活动人次",
    group=GROUP,
    basis=SITES,
    unit="人次",
    better="higher",
    semantics="flow",
    mart="activity_fact",
    value="participants",
    definition="当月站点活动的参加人数合计",
)
site_weekly_hours = Mean(
    "site_weekly_hours",
    name="站点每周开放时间",
    short="周开放时间",
    group=GROUP,
    basis=SITES,
    unit="小时",
    better="higher",
    mart="venue_month",
    value="weekly_hours",
    where="weekly_hours is not null",
    definition="当月有到访填报且报有开放时间的站点，每周开放小时数的平均值",
)
