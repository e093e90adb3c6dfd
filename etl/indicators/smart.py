"""Devices and alarms, and how fast help comes in an emergency."""

from __future__ import annotations

from etl.indicators.base import Count, Quantile, Ratio, Total, total

DEVICES = "养老服务平台方案 智能设备与家庭养老床位监测（S18）"
CENTRE = "养老服务平台方案 养老服务调度中心 24 小时应急（S5）"

devices_online = Ratio(
    "devices_online",
    name="智能设备在线率",
    short="设备在线率",
    group="智慧",
    basis=DEVICES,
    better="higher",
    mart="device_month",
    part="online",
    definition="月末在装设备中最近在线时间不早于月末前 7 天的 ÷ 月末在装设备（已安装且未拆除）",
)
alarms = Count(
    "alarms",
    name="设备告警",
    group="智慧",
    basis=DEVICES,
    unit="次",
    semantics="flow",
    mart="alarm_fact",
    definition="当月设备发出的告警，归属设备所属老年人的常住社区",
)
alarm_handled_p90 = Quantile(
    "alarm_handled_p90",
    name="告警处置用时（九成以内）",
    short="告警处置",
    group="智慧",
    basis=DEVICES,
    unit="分钟",
    better="lower",
    semantics="flow",
    mart="alarm_fact",
    value="handled_after_s / 60.0",
    quantile=0.9,
    where="handled_after_s is not null",
    definition="当月已处置的告警按处置用时由短到长排列，九成的告警不超过这一用时（第 90 百分位，线性内插）",
)
emergency_answer_p90 = Quantile(
    "emergency_answer_p90",
    name="应急应答用时（九成以内）",
    short="应急应答",
    group="服务",
    basis=CENTRE,
    unit="秒",
    better="lower",
    semantics="flow",
    mart="emergency_call",
    value="answered_after_s",
    quantile=0.9,
    where="answered_after_s is not null",
    definition="当月已接通的应急来电按应答用时由短到长排列，九成的来电不超过这一用时（第 90 百分位，线性内插）",
)
emergency_arrival_p90 = Quantile(
    "emergency_arrival_p90",
    name="应急到场用时（九成以内）",
    short="应急到场",
    group="服务",
    basis=CENTRE,
    unit="分钟",
    better="lower",
    semantics="flow",
    mart="emergency_call",
    value="arrived_after_s / 60.0",
    quantile=0.9,
    where="arrived_after_s is not null",
    definition="当月已到场的应急来电按到场用时（自来电起）由短到长排列，九成不超过这一用时（第 90 百分位，线性内插）",
)
calls = Total(
    "calls",
    name="呼叫中心来电",
    short="来电",
    group="服务",
    basis=CENTRE,
    unit="次",
    semantics="flow",
    mart="call_month",
    value="calls",
    definition="当月打入呼叫中心的应急、服务、咨询、投诉来电，归属来电老年人常住社区；来电人不明的归属承办单位，都不明的计入全区",
)
calls_answered_rate = Ratio(
    "calls_answered_rate",
    name="来电接听率",
    short="接听率",
    group="服务",
    basis=CENTRE,
    better="higher",
    semantics="flow",
    part=total("call_month", "answered"),
    whole=total("call_month", "calls"),
    definition="当月有人接听的来电 ÷ 全部来电，各类来电合计；明细按类别列出",
)
