"""Incidents: what providers report of themselves, if only that nothing happened, held against what hospital, call centre, devices and hotline know."""

from __future__ import annotations

from etl.indicators.base import Count, Ratio

GROUP = "监管"
AUDIT = "养老机构管理办法 突发事件报告；自报事件核对办法（policies/incident.yaml）；综合监管（S15）"

incidents_reported = Count(
    "incidents_reported",
    name="机构自报事件",
    short="自报事件",
    group=GROUP,
    basis=AUDIT,
    unit="起",
    better="neutral",
    semantics="flow",
    mart="incident_fact",
    definition="发生在当月、由服务单位自行报告的不良事件（跌倒、压疮、走失、噎食、用药差错、突发疾病等）",
)
incidents_known = Count(
    "incidents_known",
    name="别处已知事件",
    short="别处已知",
    group=GROUP,
    basis=AUDIT,
    unit="起",
    better="neutral",
    semantics="flow",
    mart="incident_known",
    where="counted",
    definition="发生在当月、在服务单位照护期间，且医疗、呼叫、设备或投诉有记录的事件；报告期未满和身份存疑的不计",
)
self_report_rate = Ratio(
    "self_report_rate",
    name="事件自报率",
    short="自报率",
    group=GROUP,
    basis=AUDIT,
    better="higher",
    semantics="flow",
    mart="incident_known",
    part="counted and reported",
    whole="counted",
    definition="当月别处已知的事件中，服务单位自行报告且类别、日期相符的 ÷ 当月别处已知的事件",
)
incidents_missing = Count(
    "incidents_missing",
    name="未自报待核查事件",
    short="未自报",
    group=GROUP,
    basis=AUDIT,
    unit="起",
    better="lower",
    semantics="flow",
    mart="incident_known",
    where="counted and not reported",
    definition="当月别处已知、服务单位没有相符自报的事件；提请核查，不等于认定瞒报",
)
providers_to_ask = Count(
    "providers_to_ask",
    name="自报需核查单位",
    short="自报需核查",
    group=GROUP,
    basis=AUDIT,
    unit="家",
    better="lower",
    mart="self_report_month",
    where="verdict = '需核查'",
    definition="月末在营、近12个月别处已知事件达到规定数量而自报率偏低的服务单位；样本不足的不作判断",
)
incident_return_rate = Ratio(
    "incident_return_rate",
    name="事件月报报送率",
    short="月报报送率",
    group=GROUP,
    basis=AUDIT,
    better="higher",
    semantics="flow",
    mart="incident_return_month",
    part="zero or reports > 0",
    whole="zero or reports > 0 or due",
    definition="当月报了事件或作了零报告的单位 ÷ 应按月报告的在营单位；报告期未满而未报的不计",
)
zero_reports_doubted = Count(
    "zero_reports_doubted",
    name="零报告不符",
    short="零报告不符",
    group=GROUP,
    basis=AUDIT,
    unit="家",
    better="lower",
    semantics="flow",
    mart="incident_return_month",
    where="doubted",
    definition="当月作了零报告，而医疗、呼叫或设备有该单位照护期间未自报事件的记录，或同月另报有事件的单位；提请核实，不等于认定瞒报",
)
