"""Devices in elders' homes and family beds, and the alarms that they raise."""

from __future__ import annotations

from etl.contract import Choice, Contract, Date, Integer, Key, Reference, Table, Text, Timestamp, daily
from etl.vocabulary import same

device = Table(
    name="device",
    title="设备",
    source="devices*.jsonl",
    grain="一台设备",
    key=["device_id"],
    columns=[
        Key(name="device_id", source="deviceId", title="设备编号"),
        Choice(name="kind", source="kind", title="设备类型", allowed=same("门磁", "水表", "烟感", "手环", "家庭养老床位")),
        Text(name="maker", source="vendor.name", title="厂商", optional=True, max_length=60),
        Key(name="serial", source="vendor.sn", title="出厂序列号", optional=True),
        Key(name="elder_id", source="bind.elderId", title="老年人编号"),
        Date(name="installed_on", source="bind.installedOn", title="安装日期"),
        Date(name="removed_on", source="bind.removedOn", title="拆除日期", optional=True),
        Timestamp(name="last_seen_at", source="lastSeenAt", title="最近在线时间", optional=True),
        Timestamp(name="updated_at", source="updatedAt", title="更新时间"),
    ],
    reject={"拆除早于安装": "removed_on < installed_on", "安装日期在将来": "installed_on > current_date"},
    warn={"从未上线": "last_seen_at is null", "最近在线早于安装": "cast(last_seen_at as date) < installed_on"},
    references=[
        Reference(column="elder_id", table="registry_elder", key="elder_id", sentence="老年人编号在老年人口库中不存在"),
    ],
    order_by="updated_at",
)

alarm = Table(
    name="alarm",
    title="告警",
    source="alarms_*.jsonl",
    grain="一次告警",
    key=["alarm_id"],
    dated="raised_at",
    columns=[
        Key(name="alarm_id", source="alarmId", title="告警编号"),
        Key(name="device_id", source="deviceId", title="设备编号"),
        Choice(
            name="kind",
            source="kind",
            title="告警类型",
            allowed=same("长时间未出门", "夜间外出", "用水异常", "烟雾", "跌倒", "一键求助", "离床未归", "呼吸异常", "低电量"),
        ),
        Timestamp(name="raised_at", source="raisedAt", title="告警时间"),
        Choice(
            name="confirmation",
            source="handling.confirmed",
            title="核实结果",
            optional=True,
            allowed={"true": "真实", "false": "误报", "真实": "真实", "误报": "误报"},
            meaning="空为尚未核实",
        ),
        Integer(name="handled_after_s", source="handling.seconds", title="处置用时", optional=True, minimum=0, maximum=864_000, unit="秒"),
        Key(name="provider_id", source="handling.providerId", title="处置单位编号", optional=True),
        Text(name="result", source="handling.result", title="处置结果", optional=True, max_length=400, privacy="text"),
        Timestamp(name="updated_at", source="updatedAt", title="更新时间"),
    ],
    reject={"告警时间在将来": "raised_at > current_date + interval 1 day"},
    warn={"已核实为真实但没有处置用时": "confirmation = '真实' and handled_after_s is null"},
    references=[
        Reference(column="device_id", table="device_device", key="device_id", sentence="设备编号不存在，告警只计入全区"),
        Reference(column="provider_id", table="provider_provider", key="provider_id", sentence="单位编号在服务单位库中不存在"),
    ],
    order_by="updated_at",
)

contract = Contract(
    module="device",
    title="智能养老设备",
    owner="智慧养老设备平台",
    systems=["S18"],
    tables=[device, alarm],
    due=daily(1),
    after=["registry", "provider"],
)
