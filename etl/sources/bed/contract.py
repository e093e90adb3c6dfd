"""Beds: stock by type and month as the institutions report it, who stays in them, what they paid in advance, and the waiting lists."""

from __future__ import annotations

from etl.contract import Choice, Contract, Date, Integer, Key, Money, Month, Reference, Table, Timestamp, after_departure, monthly
from etl.vocabulary import same

BED_TYPES = same("护理型", "普通型", "认知障碍")
KNOWN_PROVIDER = Reference(
    column="provider_id", table="provider_provider", key="provider_id", sentence="单位编号在服务单位库中不存在"
)
KNOWN_ELDER = Reference(column="elder_id", table="registry_elder", key="elder_id", sentence="老年人编号在老年人口库中不存在")

stock = Table(
    name="stock",
    title="床位统计",
    source="CWTJ",
    grain="一家单位一个月一种床位",
    key=["provider_id", "month", "bed_type"],
    dated="month",
    columns=[
        Key(name="provider_id", source="DW_ID", title="单位编号"),
        Month(name="month", source="YF", title="月份"),
        Choice(name="bed_type", source="CW_LX", title="床位类型", allowed=BED_TYPES),
        Integer(name="beds", source="CWS", title="床位数", minimum=0, maximum=10_000, unit="张"),
        Integer(name="occupied", source="RZS", title="入住数", minimum=0, maximum=10_000, unit="张"),
    ],
    warn={"入住数超过床位数": "occupied > beds"},
    references=[KNOWN_PROVIDER],
)

stay = Table(
    name="stay",
    title="入住记录",
    source="RZ_JL",
    grain="一名老年人在一家单位的一段入住",
    key=["stay_id"],
    columns=[
        Key(name="stay_id", source="RZ_ID", title="入住编号"),
        Key(name="elder_id", source="LNR_ID", title="老年人编号"),
        Key(name="provider_id", source="DW_ID", title="单位编号"),
        Choice(name="bed_type", source="CW_LX", title="床位类型", allowed=BED_TYPES),
        Date(name="admitted_on", source="RZ_RQ", title="入住日期"),
        Date(name="left_on", source="TZ_RQ", title="退住日期", optional=True, meaning="空 = 仍在住"),
        Choice(
            name="payer",
            source="FY_LY",
            title="费用来源",
            allowed=same("自费", "特困供养", "政府补贴", "长期护理保险"),
        ),
        Timestamp(name="updated_at", source="XG_SJ", title="修改时间"),
    ],
    reject={
        "退住日期早于入住日期": "left_on < admitted_on",
        "入住日期在将来": "admitted_on > current_date",
    },
    warn={
        "同一老年人同时有两段入住": (
            "admitted_on < max(coalesce(left_on, date '9999-12-31')) over ("
            "partition by elder_id order by admitted_on, stay_id rows between unbounded preceding and 1 preceding)"
        ),
    },
    references=[
        KNOWN_ELDER,
        Reference(
            column="elder_id", table="registry_elder", key="elder_id", sentence="老年人死亡或迁出一周以后仍登记在住",
            fault="o.status <> '正常' and coalesce(s.left_on, date '9999-12-31') > o.status_on + interval 7 day",
        ),
        KNOWN_PROVIDER,
    ],
    order_by="updated_at",
)

waiting = Table(
    name="waiting",
    title="公办机构轮候登记",
    source="LH_DJ",
    grain="一名老年人对一家公办机构的一次轮候申请",
    key=["waiting_id"],
    columns=[
        Key(name="waiting_id", source="LH_ID", title="轮候编号"),
        Key(name="elder_id", source="LNR_ID", title="老年人编号"),
        Key(name="provider_id", source="DW_ID", title="单位编号"),
        Date(name="applied_on", source="SQ_RQ", title="申请日期"),
        Choice(
            name="priority",
            source="YX_DJ",
            title="优先等级",
            allowed={"一类": 1, "二类": 2, "三类": 3},
            meaning="1 特困、低保等保障对象，2 失能、高龄、独居，3 其他",
        ),
        Integer(name="position", source="PX", title="当前排序", optional=True, minimum=1, maximum=100_000, meaning="仅轮候中有"),
        Choice(name="outcome", source="ZT", title="状态", allowed=same("轮候中", "已入住", "已放弃")),
        Date(name="closed_on", source="BJ_RQ", title="办结日期", optional=True, meaning="入住或放弃的日期"),
        Timestamp(name="updated_at", source="XG_SJ", title="修改时间"),
    ],
    reject={
        "办结日期早于申请日期": "closed_on < applied_on",
        "申请日期在将来": "applied_on > current_date",
        "已入住或已放弃但没有办结日期": "outcome <> '轮候中' and closed_on is null",
    },
    warn={
        "同一机构两人排序相同": (
            "position is not null and count(distinct waiting_id) over (partition by provider_id, position) > 1"
        ),
        "轮候中却没有排序": "outcome = '轮候中' and position is null",
    },
    references=[KNOWN_ELDER, after_departure("applied_on", "申请日期"), KNOWN_PROVIDER],
    order_by="updated_at",
)

prepayment = Table(
    name="prepayment",
    title="预收费余额",
    source="YSF_YE",
    grain="一名老年人在一家单位的一种预收费在一个月末的余额",
    key=["provider_id", "elder_id", "month", "kind"],
    columns=[
        Key(name="provider_id", source="DW_ID", title="单位编号"),
        Key(name="elder_id", source="LNR_ID", title="老年人编号"),
        Month(name="month", source="YF", title="月份"),
        Choice(name="kind", source="YSF_LX", title="预收费种类", allowed=same("押金", "会员费", "预付服务费")),
        Money(name="amount", source="YE", title="余额", meaning="月末尚未消费、应当退还的金额"),
        Money(name="held", source="CGYE", title="其中存管余额", meaning="在存管银行专用账户中的部分"),
        Money(name="monthly_fee", source="YSFBZ", title="月收费标准", optional=True, meaning="该老年人每月的床位费与服务费"),
    ],
    reject={"存管余额超过余额": "held > amount"},
    warn={"押金超过十二个月的收费标准": "kind = '押金' and amount > 12 * monthly_fee"},
    references=[KNOWN_ELDER, KNOWN_PROVIDER],
    money="amount",
    may_be_empty=True,
)

contract = Contract(
    module="bed",
    title="养老床位",
    owner="各养老机构（区民政局汇总）",
    systems=["S8", "S9"],
    tables=[stock, stay, waiting, prepayment],
    due=monthly(day=5),
    after=["provider", "registry"],
)
