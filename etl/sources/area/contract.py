"""Administrative divisions with their history: every other module's area codes are resolved against this register."""

from __future__ import annotations

from etl.contract import Choice, Contract, Date, Flag, Key, Table, Text, yearly

area = Table(
    name="area",
    title="行政区划",
    source="areas.csv",
    grain="一个区划代码的一段有效期",
    key=["code", "valid_from"],
    columns=[
        Key(name="code", source="code", title="区划代码", meaning="12 位统计用区划代码"),
        Text(name="name", source="name", title="名称", max_length=80),
        Text(name="short_name", source="short_name", title="简称", max_length=40),
        Choice(name="level", source="level", title="层级", allowed={"1": 1, "2": 2, "3": 3}, meaning="1 区，2 街道，3 社区"),
        Key(name="parent_code", source="parent_code", title="上级代码", optional=True),
        Date(name="valid_from", source="valid_from", title="启用日期"),
        Date(name="valid_to", source="valid_to", title="停用日期", optional=True),
        Key(name="successor_code", source="successor_code", title="承接代码", optional=True, meaning="停用后由哪个代码承接；拆分为多个时以分号隔开"),
        Flag(name="supervised", source="supervised", title="纳入监管"),
    ],
    reject={
        "区划代码不是 12 位数字": "not regexp_full_match(code, '[0-9]{12}')",
        "停用日期早于启用日期": "valid_to < valid_from",
        "街道或社区没有上级代码": "level > 1 and parent_code is null",
    },
    warn={"已停用的代码没有承接代码": "valid_to is not null and successor_code is null"},
)

contract = Contract(
    module="area",
    title="行政区划",
    owner="区民政局（区划地名）",
    systems=["S4"],
    tables=[area],
    due=yearly(90),
)
