"""A second form of the same system: a city's published message board, one sheet of messages with the replies given.

It names no provider, so it is not part of a district's run; it serves to read such an extract with the same checks.
"""

from __future__ import annotations

from etl.contract import Contract, Key, Table, Text, Timestamp, monthly

message = Table(
    name="message",
    title="网民留言与答复",
    source="Sheet1",
    grain="一条留言",
    key=["message_id"],
    columns=[
        Key(name="message_id", source="留言编号"),
        Text(name="author", source="留言用户", privacy="name", max_length=60),
        Text(name="subject", source="留言主题", max_length=1000),
        Timestamp(name="received_at", source="留言时间"),
        Text(name="content", source="留言详情", optional=True, max_length=40_000),
        Text(name="reply", source="答复意见", optional=True, max_length=40_000),
        Timestamp(name="answered_at", source="答复时间"),
    ],
    reject={"答复早于留言": "answered_at < received_at"},
    warn={"答复超过 180 天": "answered_at > received_at + interval 180 day"},
    order_by="answered_at",
)

contract = Contract(
    module="hotline",
    title="网民留言",
    owner="城市留言板",
    systems=["S15"],
    tables=[message],
    due=monthly(day=5),
)
