"""Before and beside the inspection: admission of providers, the double-random draw, credit grades."""

from __future__ import annotations

from etl.indicators.base import Better, Count, Indicator, Median, Ratio, count

GROUP = "监管"
DRAW = "“十四五”规划 双随机一公开（S15）"
CREDIT = "“十四五”规划 信用管理：守信激励、失信惩戒（S16）"
ADMISSION = "养老服务平台方案 准入—评价—退出（S3）"
DISTRICT_ONLY = (1,)

inspections_drawn = Count(
    "inspections_drawn",
    name="双随机抽取单位",
    short="双随机抽取",
    group=GROUP,
    basis=DRAW,
    unit="家次",
    semantics="flow",
    mart="draw_fact",
    definition="承诺完成日期在当月的双随机抽取（一家单位一次抽取计一家次）",
)
draws_done_in_time = Ratio(
    "draws_done_in_time",
    name="双随机按期完成率",
    short="抽查按期率",
    group=GROUP,
    basis=DRAW,
    better="higher",
    semantics="flow",
    mart="draw_fact",
    part="in_time",
    definition="承诺完成日期在当月的双随机抽取中，在该日期前（含当日）完成检查的 ÷ 承诺完成日期在当月的双随机抽取",
)
credit_graded_share = Ratio(
    "credit_graded_share",
    name="信用评定覆盖率",
    short="信用评定率",
    group=GROUP,
    basis=CREDIT,
    better="higher",
    part=count("credit_month"),
    whole=count("provider_month"),
    definition="月末信用等级在有效期内的在营服务单位 ÷ 月末在营服务单位",
)


def _grade(grade: str, word: str, better: Better) -> Indicator:
    return Ratio(
        f"credit_grade_{grade.lower()}",
        name=f"信用{grade}级单位占比",
        short=f"信用{grade}级",
        group=GROUP,
        basis=CREDIT,
        better=better,
        mart="credit_month",
        part=f"grade = '{grade}'",
        definition=f"月末信用等级在有效期内的在营服务单位中，等级为 {grade}（{word}）的 ÷ 信用等级在有效期内的在营服务单位",
    )


credit_grade_a = _grade("A", "守信", "higher")
credit_grade_b = _grade("B", "正常", "neutral")
credit_grade_c = _grade("C", "轻微失信", "lower")
credit_grade_d = _grade("D", "严重失信", "lower")
admissions = Count(
    "admissions",
    name="准入申请",
    group=GROUP,
    basis=ADMISSION,
    unit="件",
    semantics="flow",
    levels=DISTRICT_ONLY,
    mart="admission_fact",
    definition="当月提交的服务单位准入申请",
)
admission_days_median = Median(
    "admission_days_median",
    name="准入审批天数（中位数）",
    short="准入天数",
    group=GROUP,
    basis=ADMISSION,
    unit="天",
    better="lower",
    semantics="flow",
    levels=DISTRICT_ONLY,
    mart="admission_fact",
    value="days",
    where="days is not null",
    definition="当月提交、已有结果的准入申请从申请到审批的天数的中位数",
)
