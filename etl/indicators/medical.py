"""Integrated medical and elder care: family doctors, health checks, and the medical arrangements of providers."""

from __future__ import annotations

from etl.indicators.base import Count, Ratio, count

GROUP = "医养"
TASK = "拱墅区改革方案 医养结合（任务 10）"

doctor_contracts_elders = Count(
    "doctor_contracts_elders",
    name="老年人家庭医生签约人数",
    short="家医签约",
    group=GROUP,
    basis=f"{TASK}：签约 10 万人，其中老年人 3 万人",
    better="higher",
    mart="doctor_contract_month",
    definition="月末在册的 60 岁及以上老年人中，家庭医生签约协议在有效期内的人数（一人多份只计一次，已去世或迁出的不计）",
)
doctor_contract_rate = Ratio(
    "doctor_contract_rate",
    name="老年人家庭医生签约率",
    short="家医签约率",
    group=GROUP,
    basis=TASK,
    better="higher",
    part=count("doctor_contract_month"),
    whole=count("elder_month"),
    definition="月末家庭医生签约协议在有效期内的老年人 ÷ 月末 60 岁及以上老年人",
)
health_check_rate = Ratio(
    "health_check_rate",
    name="65 岁及以上健康体检率",
    short="健康体检率",
    group=GROUP,
    basis="“十四五”规划 医养结合：65 岁及以上老年人每年免费体检一次（S14）",
    better="higher",
    part=count("health_check_month"),
    whole=count("elder_month", "age >= 65"),
    definition="月末 65 岁及以上老年人中近 12 个月内有健康体检记录的 ÷ 月末 65 岁及以上老年人",
)
medical_compliance = Ratio(
    "medical_compliance",
    name="医养结合达标率",
    short="医养达标率",
    group=GROUP,
    basis=f"{TASK}：100 张以下签约，100 至 500 张内设医务室（护理站），500 张以上独立设置医疗机构",
    better="higher",
    mart="provider_month",
    part="medical_compliant",
    whole="medical_required",
    definition=(
        "月末有机构床位的在营单位中，卫健部门登记的医养安排符合床位规模要求的 ÷ 月末有机构床位的在营单位"
        "（100 张及以下：协议有效或有内设机构；101 至 500 张：有内设机构；500 张以上：内设护理院、康复医院或老年病医院）"
    ),
)
medical_declared_only = Count(
    "medical_declared_only",
    name="医养登记无备案单位",
    short="医养无备案",
    group=GROUP,
    basis=f"{TASK}；综合监管",
    unit="家",
    better="lower",
    mart="medical_month",
    where="declared_only",
    definition="月末在营单位中，单位库登记为协议或内设、而卫健部门没有有效协议或许可记录的",
)
centres_with_rehab = Count(
    "centres_with_rehab",
    name="有康复服务的照料中心",
    short="康复照料中心",
    group=GROUP,
    basis=f"{TASK}：30 家以上照料中心提供医疗康复",
    unit="家",
    better="higher",
    mart="medical_month",
    where="kind = '照料中心' and rehab",
    definition="月末在营的照料中心中，有效合作协议含康复服务、或内设机构设康复科目的",
)
green_channels = Count(
    "green_channels",
    name="开通就医绿色通道的单位",
    short="绿色通道",
    group=GROUP,
    basis="“十四五”规划 医养结合：就医绿色通道（S14）",
    unit="家",
    better="higher",
    mart="medical_month",
    where="channel",
    definition="月末与医院开通就医绿色通道的在营服务单位",
)
