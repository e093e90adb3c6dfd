"""Sites and centres."""

from __future__ import annotations

from etl.indicators.base import Count, Ratio

GROUP = "设施"

sites_open = Count(
    "sites_open",
    name="开放站点",
    short="开放站点",
    group=GROUP,
    basis="阳光老人家通报（2019）：2020 年建成 91 处",
    unit="处",
    better="higher",
    mart="site_month",
    definition="月末由在营单位运营、已开业未关闭的站点",
)
providers = Count(
    "providers",
    name="在营服务单位",
    short="在营单位",
    group=GROUP,
    basis="养老服务平台方案 服务单位库（S3）",
    unit="家",
    mart="provider_month",
    definition="月末已登记、未停业、未注销的服务单位",
)
street_centre_coverage = Ratio(
    "street_centre_coverage",
    name="街道级照料中心覆盖率",
    short="街道中心覆盖",
    group=GROUP,
    basis="拱墅区改革方案 街道级照料中心 80%（任务 3）",
    better="higher",
    decimals=0,
    levels=(1, 2),
    mart="street_month",
    part="has_street_centre",
    definition="月末有街道级照料中心开放的街道 ÷ 街道总数",
)
five_star_centres = Count(
    "five_star_centres",
    name="五星级照料中心",
    short="五星级中心",
    group=GROUP,
    basis="拱墅区改革方案 五星级照料中心（任务 4）",
    unit="家",
    better="higher",
    mart="provider_month",
    where="kind = '照料中心' and grade = 5",
    definition="月末在营且评定等级为五级的照料中心",
)
micro_institutions = Count(
    "micro_institutions",
    name="嵌入式微型机构",
    short="微型机构",
    group=GROUP,
    basis="拱墅区改革方案 嵌入式微型机构（任务 6）",
    unit="家",
    better="higher",
    mart="provider_month",
    where="kind = '嵌入式微型机构'",
    definition="月末在营的嵌入式微型机构",
)
social_operated_share = Ratio(
    "social_operated_share",
    name="照料中心社会化运营率",
    short="社会化运营率",
    group=GROUP,
    basis="拱墅区改革方案 社会化专业化运行机制（任务 1）",
    better="higher",
    mart="site_month",
    part="kind = '照料中心' and socially_run",
    whole="kind = '照料中心'",
    definition="月末公建民营或民办单位运营的照料中心站点 ÷ 月末开放的照料中心站点",
)
social_operated_centres = Count(
    "social_operated_centres",
    name="社会力量运营的照料中心",
    short="社会运营中心",
    group=GROUP,
    basis="拱墅区改革方案 社会力量运营照料中心 ≥ 40 家（任务 1）",
    unit="处",
    better="higher",
    mart="site_month",
    where="kind = '照料中心' and socially_run",
    definition="月末公建民营或民办单位运营的照料中心站点",
)
canteens = Count(
    "canteens",
    name="老年食堂",
    short="老年食堂",
    group=GROUP,
    basis="拱墅区改革方案 老年用餐（任务 12）",
    unit="处",
    better="higher",
    mart="site_month",
    where="kind = '老年食堂'",
    definition="月末开放的老年食堂站点",
)
