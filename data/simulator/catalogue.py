"""The catalogue of 32 service items: code, name, category, unit price (yuan), planned minutes, weight among the items at home."""

from __future__ import annotations

from typing import NamedTuple

from data.simulator.writers import SqlSink


class Item(NamedTuple):
    """One service item; ``minutes`` 0 = a meal at the canteen, nobody visits."""

    name: str
    category: str
    price: float
    minutes: int
    weight: float


ITEMS = (
    Item("堂食午餐", "助餐", 15, 0, 60),
    Item("堂食晚餐", "助餐", 12, 0, 22),
    Item("堂食早餐", "助餐", 6, 0, 10),
    Item("送餐上门", "助餐", 18, 0, 8),
    Item("日常保洁", "助洁", 40, 60, 20),
    Item("厨房清洁", "助洁", 50, 60, 8),
    Item("衣物洗涤", "助洁", 30, 45, 6),
    Item("床品更换", "助洁", 25, 30, 4),
    Item("玻璃清洁", "助洁", 50, 60, 3),
    Item("上门助浴", "助浴", 80, 60, 4),
    Item("站点助浴", "助浴", 45, 45, 2.5),
    Item("床上擦浴", "助浴", 60, 45, 2),
    Item("洗头理发", "助浴", 25, 30, 5),
    Item("陪同配药", "助医", 35, 50, 5),
    Item("测量血压血糖", "助医", 15, 30, 8),
    Item("用药提醒", "助医", 10, 30, 4),
    Item("压疮护理", "助医", 70, 45, 1),
    Item("鼻饲护理", "助医", 70, 40, 0.6),
    Item("健康档案更新", "助医", 20, 30, 2),
    Item("紧急上门", "助急", 60, 40, 0.7),
    Item("开锁维修", "助急", 50, 40, 0.8),
    Item("夜间看护响应", "助急", 80, 60, 0.3),
    Item("陪同散步", "助行", 30, 45, 3),
    Item("陪同购物", "助行", 30, 50, 3),
    Item("上下楼协助", "助行", 40, 30, 1.2),
    Item("肢体康复训练", "康复", 90, 50, 3),
    Item("认知训练", "康复", 80, 50, 2),
    Item("语言训练", "康复", 80, 45, 0.8),
    Item("中医推拿", "康复", 60, 45, 2),
    Item("上门探访", "关爱", 20, 40, 7),
    Item("心理慰藉", "关爱", 40, 45, 3),
    Item("代读代写", "关爱", 20, 30, 2),
)


def item_code(index: int) -> str:
    """``X01`` … ``X32``."""
    return f"X{index + 1:02d}"


def write_items(sink: SqlSink) -> int:
    """FWXM."""
    sink.create("FWXM", {"XM_DM": "text", "MC": "text", "LB": "text", "DJ": "real"})
    return sink.append(
        "FWXM",
        {
            "XM_DM": [item_code(i) for i in range(len(ITEMS))],
            "MC": [i.name for i in ITEMS],
            "LB": [i.category for i in ITEMS],
            "DJ": [float(i.price) for i in ITEMS],
        },
    )
