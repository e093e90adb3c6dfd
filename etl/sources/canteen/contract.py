"""Canteens for the elderly: the streets' list of canteens, and every meal that was taken with a service card."""

from __future__ import annotations

from etl.contract import (
    AreaCode,
    Choice,
    Contract,
    Date,
    Integer,
    Key,
    Money,
    Reference,
    Table,
    Text,
    Timestamp,
    after_departure,
    monthly,
)
from etl.vocabulary import same

MEALS = {"早餐": "早餐", "早": "早餐", "早饭": "早餐", "午餐": "午餐", "午": "午餐", "中餐": "午餐", "晚餐": "晚餐", "晚": "晚餐", "晚饭": "晚餐"}
MODES = {"堂食": "堂食", "堂吃": "堂食", "店内": "堂食", "送餐": "送餐", "送餐上门": "送餐", "外送": "送餐"}

canteen = Table(
    name="canteen",
    title="食堂名录",
    source="食堂名录*.csv",
    grain="一家老年食堂",
    key=["canteen_id"],
    columns=[
        Key(name="canteen_id", source="食堂编号", aliases=("食堂代码",)),
        Text(name="name", source="食堂名称", max_length=80),
        Key(name="provider_id", source="单位编号", optional=True, meaning="在服务单位库中的编号"),
        AreaCode(name="street_code", source="街道代码", level=2),
        Integer(name="seats", source="座位数", minimum=1, maximum=2000, unit="座"),
        Integer(
            name="turns", source="每餐翻台次数", minimum=1, maximum=6, unit="次",
            meaning="街道核定的一餐内座位可周转次数；座位数 × 翻台次数为一餐堂食的上限",
        ),
        Key(name="permit_number", source="食品经营许可证号", aliases=("许可证号",), optional=True),
        Date(name="permit_expires_on", source="许可证有效期至", optional=True),
        Date(name="opened_on", source="开办日期"),
        Date(name="closed_on", source="停办日期", optional=True),
    ],
    reject={"停办日期早于开办日期": "closed_on < opened_on"},
    warn={"没有食品经营许可证": "permit_number is null or permit_expires_on is null"},
    references=[
        Reference(column="provider_id", table="provider_provider", key="provider_id", sentence="单位编号在服务单位库中不存在"),
    ],
    community="street_code",
)

meal = Table(
    name="meal",
    title="就餐记录",
    # One folder a canteen, one file a month; a correction (2026-10_更正.csv) comes behind the month that it corrects and so wins (etl/places.py).
    source="*/20??-??*.csv",
    grain="一次刷卡就餐",
    key=["canteen_id", "meal_no"],
    dated="eaten_at",
    columns=[
        Key(name="meal_no", source="流水号", aliases=("单号", "小票号", "交易流水号")),
        Key(name="canteen_id", source="食堂编号", aliases=("食堂代码", "网点编号")),
        Key(name="card_no", source="服务卡号", aliases=("卡号", "老年卡号"), privacy="account"),
        Timestamp(name="eaten_at", source="就餐时间", aliases=("刷卡时间", "用餐时间")),
        Choice(name="meal", source="餐别", aliases=("餐次", "餐段"), allowed=MEALS),
        Choice(name="mode", source="就餐方式", aliases=("取餐方式", "用餐方式"), allowed=MODES),
        Money(name="price", source="餐费", aliases=("餐费(元)", "价格", "应付金额")),
        Money(name="subsidy", source="补贴", aliases=("补贴(元)", "财政补贴", "补贴金额")),
        Choice(
            name="status", source="状态", aliases=("记录状态",), allowed=same("正常", "作废"), optional=True, may_be_absent=True,
            meaning="更正文件用“作废”撤销误刷；没有此列即为正常",
        ),
    ],
    reject={
        "补贴超过餐费": "subsidy > price",
        "就餐时间在将来": "eaten_at > current_date + interval 1 day",
    },
    references=[
        Reference(
            column="canteen_id", table="canteen_canteen", key="canteen_id", sentence="食堂编号不在食堂名录中", severity="reject"
        ),
        Reference(column="card_no", table="registry_elder", key="card_no", sentence="服务卡号在老年人口库中不存在"),
        after_departure("eaten_at", "就餐时间", column="card_no", key="card_no"),
    ],
    money="subsidy",
)

contract = Contract(
    module="canteen",
    title="老年食堂就餐",
    owner="各街道办事处",
    systems=["S11"],
    tables=[canteen, meal],
    due=monthly(day=5),
    after=["area", "registry", "provider"],
)
