"""Supervision: inspections, findings, complaints, permits, stars and exits."""

from __future__ import annotations

from etl.indicators.base import Count, Indicator, Mean, Ratio, count

GROUP = "监管"
COMPREHENSIVE = "“十四五”规划 综合监管：质量安全、从业人员、涉及资金、运营秩序、应急管理（S15）"
HOTLINE = "“十四五”规划 综合监管；12345 热线工单（S15）"
POLICY = "区养老服务监管评分与退出办法（S3、S16）"

inspections_done = Count(
    "inspections_done",
    name="检查次数",
    short="检查",
    group=GROUP,
    basis="“十四五”规划 双随机一公开（S15）",
    unit="次",
    better="neutral",
    semantics="flow",
    mart="inspection_fact",
    definition="当月完成的检查（双随机、专项、复查）",
)
inspection_pass_rate = Ratio(
    "inspection_pass_rate",
    name="检查合格率",
    short="检查合格率",
    group=GROUP,
    basis="“十四五”规划 双随机一公开（S15）",
    better="higher",
    semantics="flow",
    mart="inspection_fact",
    part="passed",
    definition="当月检查中结果为合格的 ÷ 当月检查次数",
)
findings_open = Count(
    "findings_open",
    name="未整改问题",
    short="未整改问题",
    group=GROUP,
    basis=COMPREHENSIVE,
    unit="项",
    better="lower",
    mart="finding_month",
    definition="月末在营单位已检查发现、尚未完成整改的问题（含未下达整改的）",
)
major_findings = Count(
    "major_findings",
    name="未整改重大隐患",
    short="重大隐患",
    group=GROUP,
    basis="养老机构重大事故隐患判定标准；综合监管（S15）",
    unit="项",
    better="lower",
    mart="finding_month",
    where="severity = '重大'",
    definition="月末在营单位尚未完成整改的重大问题",
)
findings_overdue = Count(
    "findings_overdue",
    name="逾期未整改问题",
    short="逾期未整改",
    group=GROUP,
    basis=COMPREHENSIVE,
    unit="项",
    better="lower",
    mart="finding_month",
    where="overdue",
    definition="月末在营单位尚未完成整改、且已过整改期限的问题",
)
rectified_on_time = Ratio(
    "rectified_on_time",
    name="按期整改率",
    short="按期整改率",
    group=GROUP,
    basis=COMPREHENSIVE,
    better="higher",
    semantics="flow",
    mart="rectification_fact",
    part="on_time",
    definition="整改期限在当月的问题中按期完成的 ÷ 整改期限在当月的问题",
)
complaints = Count(
    "complaints",
    name="投诉工单",
    short="投诉",
    group=GROUP,
    basis=HOTLINE,
    unit="件",
    better="lower",
    semantics="flow",
    mart="complaint_fact",
    definition="当月受理的养老服务工单；按被诉单位、否则按所属街道归属，街道也不明的只计入全区",
)
complaints_per_1000_orders = Ratio(
    "complaints_per_1000_orders",
    name="每千单投诉",
    short="千单投诉",
    group=GROUP,
    basis=HOTLINE,
    unit="件",
    scale=1000,
    decimals=2,
    better="lower",
    semantics="flow",
    part=count("complaint_fact"),
    whole=count("order_fact"),
    definition="当月受理的投诉工单 ÷ 当月下单的服务工单 × 1000",
)
complaint_answered_in_time = Ratio(
    "complaint_answered_in_time",
    name="投诉按期办结率",
    short="按期办结率",
    group=GROUP,
    basis=HOTLINE,
    better="higher",
    semantics="flow",
    mart="complaint_fact",
    part="due and answered_in_time",
    whole="due",
    definition="当月受理且已到期或已办结的投诉中，办结日期不晚于办理期限的 ÷ 当月受理且已到期或已办结的投诉",
)
complaint_satisfied = Ratio(
    "complaint_satisfied",
    name="投诉办理满意率",
    short="办理满意率",
    group=GROUP,
    basis=HOTLINE,
    better="higher",
    semantics="flow",
    mart="complaint_fact",
    part="satisfied",
    whole="satisfied is not null",
    definition="当月受理并已评价的投诉中评价满意的 ÷ 当月受理并已评价的投诉",
)
provider_star_mean = Mean(
    "provider_star_mean",
    name="平均监管星级",
    short="平均星级",
    group=GROUP,
    basis=POLICY,
    unit="星",
    decimals=2,
    better="higher",
    mart="provider_standing",
    value="star",
    where="operating and star is not null",
    definition="月末在营且已评级的服务单位的监管星级平均值（暂不评级的不计）",
)
providers_rated_low = Count(
    "providers_rated_low",
    name="一、二星单位",
    short="一、二星",
    group=GROUP,
    basis=POLICY,
    unit="家",
    better="lower",
    mart="provider_standing",
    where="operating and star <= 2",
    definition="月末在营、当月监管星级为一星或二星的服务单位",
)


def _state(code: str, state: str, name: str, definition: str, where: str = "") -> Indicator:
    return Count(
        code,
        name=name,
        short=name.removesuffix("单位"),
        group=GROUP,
        basis=POLICY,
        unit="家",
        better="lower",
        mart="provider_standing",
        where=f"exit_state = '{state}'{where}",
        definition=definition,
    )


providers_watch = _state("providers_watch", "watch", "关注单位", "月末退出监管状态为“关注”的服务单位")
providers_rectifying = _state("providers_rectifying", "rectifying", "整改中单位", "月末退出监管状态为“整改中”的服务单位")
providers_exit_candidate = _state(
    "providers_exit_candidate", "exit_candidate", "符合退出条件单位",
    "月末依监管数据符合退出条件、尚未书面告知拟退出的服务单位；条件只供提出，是否启动退出程序由民政部门集体审议决定",
)  # fmt: skip
providers_exiting = _state("providers_exiting", "exit_proposed", "拟退出单位", "月末已书面告知拟退出的服务单位；仅符合退出条件、尚未告知的不计")
providers_exited = _state(
    "providers_exited", "exited", "已退出单位", "截至月末退出监管状态为“已退出”的服务单位（自有记录起累计）"
)

insured_share = Ratio(
    "insured_share",
    name="综合保险覆盖率",
    short="参保率",
    group=GROUP,
    basis="拱墅区改革方案 机构综合保险全覆盖（任务 5）",
    better="higher",
    mart="provider_month",
    part="insured",
    definition="月末综合保险在有效期内的在营服务单位 ÷ 月末在营服务单位",
)
licence_valid_share = Ratio(
    "licence_valid_share",
    name="执业登记有效率",
    short="执业登记有效",
    group=GROUP,
    basis=COMPREHENSIVE,
    better="higher",
    mart="provider_month",
    part="licence_valid",
    definition="月末执业登记（备案）在有效期内的在营服务单位 ÷ 月末在营服务单位",
)
food_permit_share = Ratio(
    "food_permit_share",
    name="食堂食品许可有效率",
    short="食品许可有效",
    group=GROUP,
    basis="拱墅区改革方案 老年用餐：持证食堂方予补助（任务 12）",
    better="higher",
    mart="provider_month",
    part="food_required and food_valid",
    whole="food_required",
    definition="月末食品经营许可在有效期内的老年食堂单位 ÷ 月末在营老年食堂单位",
)
permits_lapsed = Count(
    "permits_lapsed",
    name="过期证照",
    short="过期证照",
    group=GROUP,
    basis=COMPREHENSIVE,
    unit="份",
    better="lower",
    mart="permit_month",
    where="lapsed",
    definition="月末在营单位已过有效期、且没有同类有效证照接续的证照",
)
