"""Complaints about elder care that reached the 12345 hotline."""

from __future__ import annotations

from etl.contract import Contract, Date, Flag, Key, Reference, Table, Text, Timestamp, monthly

complaint = Table(
    name="complaint",
    title="养老服务工单",
    source="养老服务工单",
    grain="一件投诉或求助",
    key=["complaint_id"],
    dated="received_at",
    columns=[
        Key(name="complaint_id", source="工单编号"),
        Timestamp(name="received_at", source="受理时间"),
        Text(name="channel", source="来电渠道", optional=True, max_length=40),
        # A plain key: a slip of the hotline clerk must not remove the complaint; the name still leads to the provider.
        Key(name="credit_code", source="统一社会信用代码", aliases=("信用代码",), optional=True),
        Text(name="provider_name", source="被诉单位", optional=True, max_length=120),
        Text(name="street_name", source="所属街道", optional=True, max_length=40),
        Text(name="subject", source="诉求类别", max_length=60),
        Text(name="content", source="诉求内容", optional=True, max_length=20_000, privacy="text"),
        Date(name="due_on", source="办理期限", optional=True),
        Timestamp(name="answered_at", source="办结时间", optional=True),
        Flag(name="satisfied", source="是否满意", optional=True, true=("满意", "是"), false=("不满意", "否")),
    ],
    reject={
        "办结时间早于受理时间": "answered_at < received_at",
        "受理时间在将来": "received_at > current_date + interval 1 day",
    },
    warn={
        "办理期限早于受理日期": "due_on < cast(received_at as date)",
        "既无被诉单位也无所属街道，只计入全区": (
            "credit_code is null and provider_name is null and street_name is null"
        ),
    },
    references=[
        Reference(
            column="credit_code", table="provider_provider", key="credit_code", sentence="统一社会信用代码在服务单位库中不存在"
        ),
    ],
)

contract = Contract(
    module="complaint",
    title="12345 热线养老服务工单",
    owner="12345 政务服务便民热线",
    systems=["S15"],
    tables=[complaint],
    due=monthly(day=5),
    after=["provider"],
)
