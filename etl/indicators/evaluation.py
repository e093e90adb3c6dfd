"""What third parties say: service evaluation and satisfaction surveys."""

from __future__ import annotations

from etl.indicators.base import Mean, Ratio, total

GROUP = "监管"

evaluation_score_mean = Mean(
    "evaluation_score_mean",
    name="服务质量评价平均分",
    short="评价平均分",
    group=GROUP,
    basis="数字化养老服务平台方案 准入、评价、退出（S3）；“十四五”规划 综合监管（S15）",
    unit="分",
    better="higher",
    mart="evaluation_month",
    value="score",
    definition="月末在营、近 12 个月内参加过第三方服务质量评价的单位，最近一次评价总分的平均（满分 100 分）",
)
survey_satisfaction = Ratio(
    "survey_satisfaction",
    name="第三方调查满意度",
    short="调查满意度",
    group=GROUP,
    basis="“十四五”规划 综合监管：服务满意度（S15）",
    better="higher",
    semantics="flow",
    part=total("survey_fact", "satisfied"),
    whole=total("survey_fact", "respondents"),
    definition="当月第三方满意度调查中满意及以上的份数 ÷ 有效份数",
)
grades_contradicted = Ratio(
    "grades_contradicted",
    name="等级存疑单位占比",
    short="等级存疑",
    group=GROUP,
    basis="GB/T 37276 养老机构等级划分与评定；“十四五”规划 综合监管（S3、S15）",
    better="lower",
    mart="grade_check_month",
    part="total_short or section_short or evaluation_short",
    definition="月末在营且有评定等级的单位中，评定得分低于该等级要求的总分（或没有得分），"
    "或评定的环境、设施设备、运营管理、服务有一项得分率低于该等级的分项要求，"
    "或近 12 个月最近一次第三方评价的环境设施、运营管理、服务质量有一项得分率低于该等级分项要求的"
    " ÷ 月末在营且有评定等级的单位",
)
