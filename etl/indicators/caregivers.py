"""Caregivers: certificates by level, expiry, density, training and turnover."""

from __future__ import annotations

from etl.indicators.base import Count, Indicator, Ratio, Total, count, total

GROUP = "护理人员"
REFORM = "拱墅区改革方案 助养：护理员持证率 ≥ 95%；护理人才培养激励（任务 9）"
STANDARD = "养老护理员国家职业技能标准"

caregivers = Count(
    "caregivers",
    name="在岗护理员",
    short="在岗护理员",
    group=GROUP,
    basis=REFORM,
    better="higher",
    mart="caregiver_month",
    definition="月末在岗（在护理员台账中已入职、未离职，单位未停业）的养老护理员；同一人只计在最近入职的单位",
)
caregiver_cert_rate = Ratio(
    "caregiver_cert_rate",
    name="护理员持证率",
    short="持证率",
    group=GROUP,
    basis=REFORM,
    better="higher",
    mart="caregiver_month",
    part="certified",
    definition="月末在岗且持有月末仍有效的职业技能等级证书的护理员 ÷ 月末在岗护理员",
)
uncertified = Count(
    "uncertified",
    name="无有效证书护理员",
    short="无有效证书",
    group=GROUP,
    basis=REFORM,
    better="lower",
    mart="caregiver_month",
    where="not certified",
    definition="月末在岗但没有有效职业技能等级证书（从未取得或已过期）的护理员",
)
cert_expiring_90d = Count(
    "cert_expiring_90d",
    name="90 天内证书到期",
    short="90 天内到期",
    group=GROUP,
    basis=REFORM,
    better="lower",
    mart="caregiver_month",
    where="expires_within_90d",
    definition="月末在岗持证、且全部有效证书都将在月末起 90 天内到期的护理员",
)


def _level(level: int, word: str, rank: str) -> Indicator:
    return Count(
        f"cert_level_{level}",
        name=f"{word}（{rank}）持证护理员",
        short=f"{word}{rank}",
        group=GROUP,
        basis=STANDARD,
        mart="caregiver_month",
        where=f"best_level = {level}",
        definition=f"月末在岗、有效证书中最高为{word}（{rank}）的护理员",
    )


cert_level_5 = _level(5, "五级", "初级工")
cert_level_4 = _level(4, "四级", "中级工")
cert_level_3 = _level(3, "三级", "高级工")
cert_level_2 = _level(2, "二级", "技师")
cert_level_1 = _level(1, "一级", "高级技师")

senior_share = Ratio(
    "senior_share",
    name="高级工及以上占比",
    short="高级工以上",
    group=GROUP,
    basis=STANDARD + "；拱墅区改革方案（任务 9）",
    better="higher",
    mart="caregiver_month",
    part="senior",
    whole="certified",
    definition="月末在岗、有效证书最高为三级（高级工）及以上的护理员 ÷ 月末在岗持证护理员",
)
caregivers_per_10k = Ratio(
    "caregivers_per_10k",
    name="每万名老年人持证护理员数",
    short="万人持证护理员",
    group=GROUP,
    basis="“十四五”规划 每万名老年人拥有持证护理员 25 人",
    unit="人",
    scale=10_000,
    better="higher",
    part=count("caregiver_month", "certified"),
    whole=count("elder_month"),
    definition="月末在岗持证护理员 ÷ 月末 60 岁及以上老年人 × 10000",
)
training_hours = Ratio(
    "training_hours",
    name="人均培训学时",
    short="人均学时",
    group=GROUP,
    basis="拱墅区改革方案 护理人才培养（任务 9）",
    unit="学时",
    scale=1,
    better="higher",
    semantics="flow",
    part=total("training_fact", "hours"),
    whole=count("caregiver_month"),
    definition="当月护理员参加培训的学时合计 ÷ 月末在岗护理员",
)
turnover_12m = Ratio(
    "turnover_12m",
    name="近 12 个月离职率",
    short="年离职率",
    group=GROUP,
    basis="拱墅区改革方案 护理人才培养激励（任务 9）",
    better="lower",
    part=count("caregiver_turnover", "left_in_12m"),
    whole=total("caregiver_turnover", "average_staff"),
    definition="近 12 个月离职（含单位停业）人次 ÷ 同期平均在岗人数（按在岗天数折算）",
)
award_amount = Total(
    "award_amount",
    name="护理员奖补发放额",
    short="护理员奖补",
    group=GROUP,
    basis="拱墅区改革方案 入职奖补、持证奖励（任务 9）",
    better="neutral",
    semantics="flow",
    decimals=2,
    mart="award_fact",
    value="amount",
    definition="当月发放的入职奖补和持证奖励金额合计（护理员台账口径）",
)
