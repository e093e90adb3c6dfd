"""Service orders from call to sign-out, and the catalogue of service items."""

from __future__ import annotations

from etl.contract import Choice, Contract, Integer, Key, Money, Point, Reference, Table, Text, Timestamp, after_departure, daily
from etl.vocabulary import same

item = Table(
    name="item",
    title="服务项目目录",
    source="FWXM",
    grain="一个服务项目",
    key=["item_code"],
    columns=[
        Key(name="item_code", source="XM_DM", title="项目代码"),
        Text(name="name", source="MC", title="项目名称", max_length=60),
        Choice(
            name="category",
            source="LB",
            title="服务类别",
            allowed=same("助餐", "助浴", "助洁", "助医", "助急", "助行", "康复", "关爱"),
        ),
        Money(name="unit_price", source="DJ", title="单价"),
    ],
)

order = Table(
    name="order",
    title="服务工单",
    source="FWDD",
    grain="一张服务工单",
    key=["order_id"],
    dated="ordered_at",
    columns=[
        Key(name="order_id", source="DD_ID", title="工单编号"),
        Key(name="elder_id", source="LNR_ID", title="老年人编号"),
        Key(name="provider_id", source="DW_ID", title="单位编号"),
        Key(name="caregiver_id", source="HLY_BH", title="护理员编号", optional=True),
        Key(name="item_code", source="XM_DM", title="项目代码"),
        Timestamp(name="ordered_at", source="XD_SJ", title="下单时间"),
        Timestamp(name="appointed_at", source="YY_SJ", title="预约时间", optional=True),
        Timestamp(name="dispatched_at", source="PD_SJ", title="派单时间", optional=True),
        Timestamp(name="signed_in_at", source="QD_SJ", title="签到时间", optional=True),
        Timestamp(name="signed_out_at", source="QT_SJ", title="签退时间", optional=True),
        Point(name="", source="QD_JD", latitude_source="QD_WD", title="签到位置", optional=True, local=True),
        Integer(name="minutes", source="FWSC", title="服务时长", optional=True, minimum=0, maximum=1440, unit="分钟"),
        Money(name="price", source="JE", title="金额"),
        Money(name="subsidy_part", source="BTJE", title="补贴金额"),
        Money(name="own_part", source="ZFJE", title="自付金额"),
        Text(name="pay_method", source="ZFFS", title="支付方式", optional=True, max_length=20),
        Choice(name="status", source="ZT", title="状态", allowed=same("已完成", "已取消", "未履约")),
        Integer(name="satisfaction", source="MYD", title="满意度", optional=True, minimum=1, maximum=5, unit="分"),
        Choice(name="revisit", source="HF", title="回访结果", optional=True, allowed=same("满意", "不满意")),
        Timestamp(name="updated_at", source="XG_SJ", title="修改时间"),
    ],
    reject={
        "签退早于签到": "signed_out_at < signed_in_at",
        "下单时间在将来": "ordered_at > current_date + interval 1 day",
    },
    warn={
        "签到早于下单": "signed_in_at < ordered_at",
        "已完成但没有签到": "status = '已完成' and signed_in_at is null",
        "金额不等于补贴加自付": "price <> subsidy_part + own_part",
    },
    references=[
        Reference(column="elder_id", table="registry_elder", key="elder_id", sentence="老年人编号在老年人口库中不存在"),
        after_departure("ordered_at", "下单时间", where="s.status = '已完成'"),
        Reference(column="provider_id", table="provider_provider", key="provider_id", sentence="单位编号在服务单位库中不存在"),
        Reference(
            column="item_code", table="order_item", key="item_code", sentence="项目代码不在服务项目目录中", severity="reject"
        ),
    ],
    order_by="updated_at",
    cursor="updated_at",
    money="price",
)

contract = Contract(
    module="order",
    title="服务工单",
    owner="区养老服务调度中心",
    systems=["S5", "S6"],
    tables=[item, order],
    due=daily(1),
    after=["registry", "provider"],
)
