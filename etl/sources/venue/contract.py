"""What goes on at the sites: visitors by day, activities, opening hours."""

from __future__ import annotations

from etl.contract import Choice, Contract, Date, Integer, Key, Reference, Table, Text, monthly
from etl.vocabulary import same

KNOWN_SITE = Reference(column="site_id", table="provider_site", key="site_id", sentence="站点编号在服务单位库中不存在")
WEEKDAYS = {f"{head}{word}": i for i, word in enumerate("一二三四五六日", start=1) for head in ("星期", "周")} | {
    str(i): i for i in range(1, 8)
}
CLOCK = r"'(\d|[01]\d|2[0-3]):[0-5]\d'"

visit = Table(
    name="visit",
    title="到访人次",
    source="到访_*.csv",
    grain="一个站点一天的到访",
    key=["site_id", "day"],
    dated="day",
    columns=[
        Key(name="site_id", source="站点编号"),
        Date(name="day", source="日期"),
        Integer(name="visits", source="到访人次", minimum=0, maximum=5000, unit="人次"),
    ],
    reject={"日期在将来": "day > current_date"},
    warn={
        "同一月份有 15 天以上人次完全相同，疑似估报": (
            "visits > 0 and count(*) over (partition by site_id, strftime(day, '%Y-%m'), visits) >= 15"
        ),
    },
    references=[KNOWN_SITE],
)

activity = Table(
    name="activity",
    title="活动",
    source="活动_*.csv",
    grain="一次活动",
    key=["activity_id"],
    dated="held_on",
    columns=[
        Key(name="activity_id", source="活动编号"),
        Key(name="site_id", source="站点编号"),
        Text(name="title", source="活动名称", max_length=80),
        Choice(name="kind", source="活动类别", allowed=same("文化娱乐", "健康讲座", "康复保健", "书画手工", "节庆联谊", "智能手机课堂")),
        Date(name="held_on", source="举办日期"),
        Integer(name="minutes", source="时长", minimum=1, maximum=1440, unit="分钟"),
        Integer(name="participants", source="参加人数", minimum=0, maximum=5000, unit="人"),
    ],
    references=[KNOWN_SITE],
)

opening = Table(
    name="opening",
    title="开放时间",
    source="开放时间*.csv",
    grain="一个站点一周中的一天",
    key=["site_id", "weekday"],
    columns=[
        Key(name="site_id", source="站点编号"),
        Choice(name="weekday", source="星期", allowed=WEEKDAYS, meaning="1 = 星期一 … 7 = 星期日"),
        Text(name="opens", source="开门时间", max_length=5),
        Text(name="closes", source="关门时间", max_length=5),
    ],
    reject={
        "开门或关门时间不是“时:分”": (
            f"not regexp_full_match(opens, {CLOCK}) or not regexp_full_match(closes, {CLOCK})"
        ),
        "关门时间不晚于开门时间": "try_cast(closes || ':00' as time) <= try_cast(opens || ':00' as time)",
    },
    references=[KNOWN_SITE],
)

contract = Contract(
    module="venue",
    title="站点到访与活动",
    owner="阳光老人家各站点运营单位",
    systems=["S10"],
    tables=[visit, activity, opening],
    due=monthly(day=5),
    after=["provider"],
)
