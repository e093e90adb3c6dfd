"""The call centre's log: emergencies, service, advice and complaints, with how long each step took."""

from __future__ import annotations

from etl.contract import Choice, Contract, Integer, Key, Reference, Table, Text, Timestamp, monthly
from etl.vocabulary import same

call = Table(
    name="call",
    title="话务记录",
    source="话务记录_*.csv",
    grain="一次来电",
    key=["call_id"],
    dated="called_at",
    columns=[
        Key(name="call_id", source="流水号"),
        Timestamp(name="called_at", source="来电时间"),
        Key(name="phone", source="来电号码", privacy="phone", optional=True),
        Key(name="elder_id", source="老年人编号", optional=True, meaning="未能确认来电人时为空"),
        Choice(name="kind", source="来电类别", allowed=same("应急", "服务", "咨询", "投诉")),
        Integer(name="answered_after_s", source="应答用时(秒)", aliases=("应答用时",), optional=True, minimum=0, maximum=7200, unit="秒",
                meaning="空为未接通"),
        Integer(name="dispatched_after_s", source="派单用时(秒)", aliases=("派单用时",), optional=True, minimum=0, maximum=864_000, unit="秒",
                meaning="自来电起；不需派单时为空"),
        Integer(name="arrived_after_s", source="到场用时(秒)", aliases=("到场用时", "到达用时(秒)"), optional=True, minimum=0,
                maximum=864_000, unit="秒", meaning="自来电起；未到场时为空"),
        Key(name="provider_id", source="承办单位编号", optional=True),
        Key(name="agent", source="坐席工号", optional=True),
        Text(name="outcome", source="处理结果", optional=True, max_length=60),
    ],
    reject={
        "来电时间在将来": "called_at > current_date + interval 1 day",
        "派单早于应答": "dispatched_after_s < answered_after_s",
        "到场早于派单": "arrived_after_s < dispatched_after_s",
    },
    warn={"应急来电已接通但没有派单": "kind = '应急' and answered_after_s is not null and dispatched_after_s is null"},
    references=[
        Reference(column="elder_id", table="registry_elder", key="elder_id", sentence="老年人编号在老年人口库中不存在"),
        Reference(column="provider_id", table="provider_provider", key="provider_id", sentence="单位编号在服务单位库中不存在"),
    ],
)  # fmt: skip

contract = Contract(
    module="call",
    title="呼叫中心",
    owner="区养老服务呼叫中心",
    systems=["S5"],
    tables=[call],
    due=monthly(day=3),
    after=["registry", "provider"],
)
