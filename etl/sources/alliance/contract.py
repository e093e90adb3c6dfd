"""The alliance of institutions: beds offered and asked for, matches across areas, group stays, co-living with both sides verified."""

from __future__ import annotations

from etl.contract import AreaCode, Choice, Contract, Date, IdNumber, Integer, Key, Money, Reference, Table, Text, Timestamp, daily
from etl.vocabulary import same

BED_TYPES = same("护理型", "普通型", "认知障碍")
VERIFIED = same("通过", "未通过", "待核验")
_NO_PROVIDER = "单位编号在服务单位库中不存在"
_NO_ELDER = "老年人编号在老年人口库中不存在"

offer = Table(
    name="offer",
    title="床位供给",
    source="bed-offers",
    grain="一家机构一次发布的可供床位",
    key=["offer_id"],
    dated="published_at",
    columns=[
        Key(name="offer_id", source="offerId", title="供给编号"),
        Key(name="provider_id", source="provider.id", title="单位编号"),
        Choice(name="bed_type", source="bedType", title="床位类型", allowed=BED_TYPES),
        Integer(name="beds", source="beds", title="可供床位数", minimum=1, maximum=500, unit="张"),
        Money(name="monthly_fee", source="monthlyFee", title="月收费", optional=True),
        Choice(name="reach", source="reach", title="接收范围", allowed=same("本区", "本市", "跨市")),
        Date(name="available_from", source="availableFrom", title="可入住日期"),
        Timestamp(name="published_at", source="publishedAt", title="发布时间"),
        Choice(name="status", source="status", title="状态", allowed=same("开放", "已满", "撤回")),
        Timestamp(name="updated_at", source="updatedAt", title="更新时间"),
    ],
    reject={"发布时间在将来": "published_at > current_date + interval 1 day"},
    warn={"可入住日期早于发布一年以上": "available_from < cast(published_at as date) - 365"},
    references=[Reference(column="provider_id", table="provider_provider", key="provider_id", sentence=_NO_PROVIDER)],
    order_by="updated_at",
)

request = Table(
    name="request",
    title="床位需求",
    source="bed-requests",
    grain="一名老年人的一次入住需求",
    key=["request_id"],
    dated="requested_at",
    columns=[
        Key(name="request_id", source="requestId", title="需求编号"),
        Key(name="elder_id", source="elder.id", title="老年人编号", optional=True, meaning="外区老年人没有本区编号"),
        Choice(name="origin", source="elder.origin", title="来源", allowed=same("本区", "本市外区", "外市")),
        AreaCode(name="community_code", source="elder.communityCode", title="常住社区代码", optional=True),
        Integer(name="ability_level", source="elder.abilityLevel", title="能力等级", optional=True, minimum=0, maximum=4,
                meaning="GB/T 42195：0 完好至 4 完全失能"),
        Choice(name="bed_type", source="bedType", title="床位类型", allowed=BED_TYPES),
        Money(name="budget", source="budget", title="月预算", optional=True),
        Timestamp(name="requested_at", source="requestedAt", title="提出时间"),
        Choice(name="status", source="status", title="状态", allowed=same("待匹配", "已匹配", "已撤回", "已过期")),
        Timestamp(name="updated_at", source="updatedAt", title="更新时间"),
    ],
    reject={"提出时间在将来": "requested_at > current_date + interval 1 day"},
    warn={"来源为本区但没有老年人编号": "origin = '本区' and elder_id is null"},
    references=[Reference(column="elder_id", table="registry_elder", key="elder_id", sentence=_NO_ELDER)],
    order_by="updated_at",
)  # fmt: skip

match = Table(
    name="match",
    title="床位匹配",
    source="matches",
    grain="一次需求与供给的匹配",
    key=["match_id"],
    dated="matched_at",
    columns=[
        Key(name="match_id", source="matchId", title="匹配编号"),
        Key(name="request_id", source="requestId", title="需求编号"),
        Key(name="offer_id", source="offerId", title="供给编号"),
        Timestamp(name="matched_at", source="matchedAt", title="匹配时间"),
        Timestamp(name="confirmed_at", source="confirmedAt", title="双方确认时间", optional=True),
        Date(name="moved_in_on", source="movedInOn", title="入住日期", optional=True),
        Choice(name="outcome", source="outcome", title="结果", allowed=same("待确认", "已确认", "已入住", "家属放弃", "机构拒收")),
        Timestamp(name="updated_at", source="updatedAt", title="更新时间"),
    ],
    reject={"确认早于匹配": "confirmed_at < matched_at"},
    warn={"已入住但没有双方确认时间": "outcome = '已入住' and confirmed_at is null"},
    references=[
        Reference(column="request_id", table="alliance_request", key="request_id", sentence="需求编号不存在", severity="reject"),
        Reference(column="offer_id", table="alliance_offer", key="offer_id", sentence="供给编号不存在", severity="reject"),
    ],
    order_by="updated_at",
)

group_stay = Table(
    name="group_stay",
    title="旅居团组",
    source="group-stays",
    grain="一个旅居团组在一家机构的一次住宿",
    key=["stay_id"],
    dated="arrived_on",
    columns=[
        Key(name="stay_id", source="stayId", title="团组编号"),
        Key(name="provider_id", source="host.providerId", title="接待单位编号"),
        Text(name="origin_city", source="sender.city", title="来源城市", max_length=60),
        Text(name="sender", source="sender.name", title="组织单位", max_length=120, optional=True),
        Integer(name="guests", source="guests", title="旅居人数", minimum=1, maximum=500, unit="人"),
        Date(name="arrived_on", source="arrivedOn", title="到达日期"),
        Date(name="left_on", source="leftOn", title="离开日期", optional=True),
        Money(name="fee", source="fee", title="团组费用"),
        Timestamp(name="updated_at", source="updatedAt", title="更新时间"),
    ],
    reject={"离开早于到达": "left_on < arrived_on"},
    warn={"旅居超过 180 天": "left_on > arrived_on + 180"},
    references=[Reference(column="provider_id", table="provider_provider", key="provider_id", sentence=_NO_PROVIDER)],
    order_by="updated_at",
    money="fee",
)

co_living = Table(
    name="co_living",
    title="互助同住",
    source="co-living-pairs",
    grain="一名老年人与一名同住人的一次结对",
    key=["pair_id"],
    columns=[
        Key(name="pair_id", source="pairId", title="结对编号"),
        Choice(name="scheme", source="scheme", title="形式", allowed=same("代际同住", "抱团养老")),
        Key(name="elder_id", source="elder.id", title="老年人编号"),
        AreaCode(name="community_code", source="elder.communityCode", title="同住社区代码"),
        Choice(name="elder_verified", source="elder.verification.result", title="老年人核验", allowed=VERIFIED),
        Date(name="elder_verified_on", source="elder.verification.on", title="老年人核验日期", optional=True),
        Text(name="partner_name", source="partner.name", title="同住人姓名", privacy="name", max_length=60),
        IdNumber(name="partner_id_number", source="partner.idNumber", title="同住人身份证号"),
        Choice(name="partner_verified", source="partner.verification.result", title="同住人核验", allowed=VERIFIED),
        Date(name="partner_verified_on", source="partner.verification.on", title="同住人核验日期", optional=True),
        Date(name="started_on", source="startedOn", title="开始日期", optional=True),
        Date(name="ended_on", source="endedOn", title="结束日期", optional=True),
        Choice(name="status", source="status", title="状态", allowed=same("待核验", "生效", "终止")),
        Timestamp(name="updated_at", source="updatedAt", title="更新时间"),
    ],
    reject={"结束早于开始": "ended_on < started_on"},
    warn={
        "双向核验未全部通过而已生效": "status = '生效' and (elder_verified <> '通过' or partner_verified <> '通过')",
        "核验日期晚于开始日期": "started_on < greatest(elder_verified_on, partner_verified_on)",
    },
    references=[Reference(column="elder_id", table="registry_elder", key="elder_id", sentence=_NO_ELDER)],
    order_by="updated_at",
)

contract = Contract(
    module="alliance",
    title="养老联盟",
    owner="养老机构联盟平台",
    systems=["S8"],
    tables=[offer, request, match, group_stay, co_living],
    due=daily(1),
    after=["provider", "registry"],
)
