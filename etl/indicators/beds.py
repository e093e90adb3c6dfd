"""Beds: stock, type, use and who operates them."""

from __future__ import annotations

from etl.indicators.base import Count, Median, Ratio, Total, count, total

GROUP = "床位"
REFORM = "拱墅区改革方案 床位与护理型床位（任务 7）"

beds = Total(
    "beds",
    name="养老床位",
    short="养老床位",
    group=GROUP,
    basis=REFORM,
    unit="张",
    better="higher",
    mart="bed_month",
    value="beds",
    definition="月末在营单位的床位总数；当月未填报的沿用最近两个月内的填报",
)
beds_per_1000 = Ratio(
    "beds_per_1000",
    name="每千名老年人床位数",
    short="千人床位",
    group=GROUP,
    basis=REFORM,
    unit="张",
    scale=1000,
    better="higher",
    part=total("bed_month", "beds"),
    whole=count("elder_month"),
    definition="月末在营单位床位总数 ÷ 月末 60 岁及以上老年人 × 1000",
)
institution_beds_per_1000 = Ratio(
    "institution_beds_per_1000",
    name="每千名老年人机构床位数",
    short="千人机构床位",
    group=GROUP,
    basis=REFORM,
    unit="张",
    scale=1000,
    better="higher",
    part=total("bed_month", "beds", "institutional"),
    whole=count("elder_month"),
    definition="月末养老机构和嵌入式微型机构的床位 ÷ 月末 60 岁及以上老年人 × 1000",
)
nursing_bed_share = Ratio(
    "nursing_bed_share",
    name="护理型床位占比",
    short="护理型占比",
    group=GROUP,
    basis=REFORM + "；“十四五”规划 护理型床位 ≥ 58%",
    better="higher",
    part=total("bed_month", "beds", "institutional and bed_type in ('护理型', '认知障碍')"),
    whole=total("bed_month", "beds", "institutional"),
    definition="月末机构床位中护理型床位（含认知障碍床位）÷ 月末机构床位",
)
dementia_beds_per_10k = Ratio(
    "dementia_beds_per_10k",
    name="每万名老年人认知障碍床位数",
    short="万人认知床位",
    group=GROUP,
    basis="“十四五”规划 认知障碍照护床位 20 张/万名老年人",
    unit="张",
    scale=10_000,
    better="higher",
    part=total("bed_month", "beds", "bed_type = '认知障碍'"),
    whole=count("elder_month"),
    definition="月末认知障碍床位 ÷ 月末 60 岁及以上老年人 × 10000",
)
occupancy = Ratio(
    "occupancy",
    name="床位入住率",
    short="入住率",
    group=GROUP,
    basis="养老服务平台方案 养老联盟床位共享（S8）",
    better="neutral",
    part=total("bed_month", "occupied"),
    whole=total("bed_month", "beds"),
    definition="月末入住床位 ÷ 月末床位总数",
)
vacancy = Ratio(
    "vacancy",
    name="床位空置率",
    short="空置率",
    group=GROUP,
    basis="养老服务平台方案 养老联盟床位共享（S8）",
    better="lower",
    part=total("bed_month", "beds - occupied"),
    whole=total("bed_month", "beds"),
    definition="（月末床位总数 − 月末入住床位）÷ 月末床位总数",
)
social_bed_share = Ratio(
    "social_bed_share",
    name="社会力量运营床位占比",
    short="社会运营床位",
    group=GROUP,
    basis="省“十四五”规划 社会办床位 > 50%",
    better="higher",
    part=total("bed_month", "beds", "ownership in ('公建民营', '民办')"),
    whole=total("bed_month", "beds"),
    definition="月末公建民营和民办单位的床位 ÷ 月末床位总数",
)
waiting_people = Count(
    "waiting_people",
    name="公办机构轮候人数",
    short="轮候人数",
    group=GROUP,
    basis="拱墅区改革方案 公办机构公开轮候（任务 8，S9）",
    better="lower",
    mart="waiting_month",
    definition="月末仍在公办养老机构轮候名单上的申请，按老年人常住社区计",
)
waiting_days_median = Median(
    "waiting_days_median",
    name="公办机构轮候天数中位数",
    short="轮候天数",
    group=GROUP,
    basis="拱墅区改革方案 公办机构公开轮候（任务 8，S9）",
    unit="天",
    decimals=0,
    better="lower",
    mart="waiting_month",
    value="days_waited",
    definition="月末仍在轮候的申请，从申请日到月末天数的中位数",
)
waiting_admissions = Count(
    "waiting_admissions",
    name="轮候入住人次",
    short="轮候入住",
    group=GROUP,
    basis="拱墅区改革方案 公办机构公开轮候（任务 8，S9）",
    unit="人次",
    better="neutral",
    semantics="flow",
    mart="waiting_admission_fact",
    definition="当月从公办养老机构轮候名单入住的申请，按机构所在社区计",
)
waiting_jumped = Count(
    "waiting_jumped",
    name="疑似插队入住",
    short="疑似插队",
    group=GROUP,
    basis="拱墅区改革方案 公办机构公开轮候（任务 8，S9）",
    unit="人次",
    better="lower",
    semantics="flow",
    mart="waiting_admission_fact",
    where="jumped",
    definition="当月轮候入住中，越过同一优先等级、早申请30天以上、仍在轮候的人数达到规定的；放弃的和身份存疑的不计；提请核实，不等于认定",
)
bed_reports_differ = Count(
    "bed_reports_differ",
    name="入住数与记录不符的单位",
    short="入住数不符",
    group=GROUP,
    basis="养老服务平台方案 养老联盟床位共享（S8）；补贴资金核查：按实际入住核发运营补贴（S13）",
    unit="家",
    better="lower",
    mart="bed_check_month",
    where="differs",
    definition="当月填报的入住数与月末在住的入住记录相差 2 人以上且超过 5% 的单位；须核实，不作为认定依据",
)
