"""What elders buy with the service card: every purchase with merchant, kind, amount and place."""

from __future__ import annotations

from etl.contract import (
    AreaCode,
    Choice,
    Contract,
    Key,
    Money,
    Point,
    Reference,
    Table,
    Text,
    Timestamp,
    after_departure,
    monthly,
)
from etl.vocabulary import same

consumption = Table(
    name="consumption",
    title="服务卡消费",
    source="消费_*.csv",
    grain="一笔消费",
    key=["transaction_no"],
    dated="consumed_at",
    columns=[
        Key(name="transaction_no", source="交易流水号"),
        Key(name="card_no", source="卡号", aliases=("服务卡号",), privacy="account"),
        Key(name="merchant_no", source="商户编号"),
        Text(name="merchant", source="商户名称", max_length=80),
        Choice(
            name="category", source="消费类别", aliases=("行业类别",),
            allowed=same("餐饮", "商超", "医药", "养老服务", "文体", "出行", "其他"),
        ),
        Timestamp(name="consumed_at", source="交易时间"),
        Money(name="amount", source="交易金额", aliases=("金额",)),
        AreaCode(
            name="community_code", source="商户社区代码", optional=True, meaning="2021 年区划调整前的代码按对应关系换算"
        ),
        Point(source="商户经度", latitude_source="商户纬度", name="", title="商户坐标", crs="gcj02", optional=True),
    ],
    reject={"交易时间在将来": "consumed_at > current_date + interval 1 day"},
    references=[
        Reference(column="card_no", table="registry_elder", key="card_no", sentence="卡号在老年人口库中不存在"),
        after_departure("consumed_at", "交易时间", column="card_no", key="card_no"),
    ],
    money="amount",
    community="community_code",
)

contract = Contract(
    module="card",
    title="老年服务卡消费",
    owner="服务卡发卡银行",
    systems=["S1", "S21"],
    tables=[consumption],
    due=monthly(day=5),
    after=["area", "registry"],
)
