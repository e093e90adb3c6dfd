"""The time bank: accounts, the ledger of coins, and the requests for which volunteers are sought.

Coins are written without a sign; the kind of an entry says in which direction they go.  A transfer is two entries with one number.
"""

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
    daily,
)
from etl.vocabulary import same

COIN = "币"

account = Table(
    name="account",
    title="时间银行账户",
    source="SJ_ZH",
    grain="一个时间银行账户",
    key=["account_id"],
    columns=[
        Key(name="account_id", source="ZH_ID", title="户号"),
        Choice(name="holder_kind", source="HZ_LX", title="户主类别", allowed=same("志愿者", "老年人")),
        Key(name="volunteer_id", source="ZYZ_ID", title="志愿者编号", optional=True),
        Key(name="elder_id", source="LNR_ID", title="老年人编号", optional=True),
        Text(name="name", source="HZ_XM", title="户主姓名", privacy="name", max_length=60),
        AreaCode(name="community_code", source="SQ_DM", title="户主社区"),
        Date(name="opened_on", source="KH_RQ", title="开户日期"),
        Date(name="closed_on", source="XH_RQ", title="销户日期", optional=True, meaning="空 = 未销户"),
        Money(
            name="balance", source="YE", title="账面可用余额", unit=COIN, minimum=None,
            meaning="平台登记的可用余额，不含强制储蓄；与流水核对",
        ),
        Timestamp(name="updated_at", source="XG_SJ", title="修改时间"),
    ],
    reject={
        "销户日期早于开户日期": "closed_on < opened_on",
        "开户日期在将来": "opened_on > current_date",
    },
    warn={
        "户主没有志愿者编号或老年人编号": (
            "case when holder_kind = '志愿者' then volunteer_id else elder_id end is null"
        ),
        "账面余额为负": "balance < 0",
    },
    references=[
        Reference(column="volunteer_id", table="volunteer_volunteer", key="volunteer_id", sentence="志愿者编号不在志愿者名册中"),
        Reference(column="elder_id", table="registry_elder", key="elder_id", sentence="老年人编号在老年人口库中不存在"),
    ],
    order_by="updated_at",
    money="balance",
    community="community_code",
)

entry = Table(
    name="entry",
    title="时间银行流水",
    source="SJ_LS",
    grain="一个账户的一笔流水",
    key=["entry_id"],
    dated="occurred_at",
    columns=[
        Key(name="entry_id", source="LS_ID", title="流水编号"),
        Key(name="account_id", source="ZH_ID", title="户号"),
        Choice(
            name="kind",
            source="LX",
            title="流水类型",
            allowed=same("存入", "兑换", "转出", "转入", "折现", "强制储蓄"),
            meaning="存入：提供服务所得；兑换：享受服务支出；折现：按市价兑付现金；强制储蓄：划入养老储蓄，仍属户主",
        ),
        Integer(name="grade", source="FW_DJ", title="服务等级", optional=True, minimum=1, maximum=5, meaning="1 陪伴 … 5 专业护理"),
        Integer(name="minutes", source="FW_SC", title="服务时长", optional=True, minimum=0, maximum=100_000, unit="分钟"),
        Money(name="rate", source="DJ_BZ", title="每小时币数", unit=COIN, optional=True, meaning="记账时该服务等级的标准"),
        Money(name="coins", source="BS", title="币数", unit=COIN, meaning="不带正负号，方向由流水类型决定"),
        Key(name="counterpart", source="DF_ZH", title="对方户号", optional=True, meaning="空 = 由政府购买、无对方账户"),
        Key(name="transfer_no", source="ZZ_NO", title="转账编号", optional=True, meaning="转出与转入两笔同号"),
        Key(name="request_id", source="XQ_ID", title="需求编号", optional=True),
        Timestamp(name="occurred_at", source="FS_SJ", title="发生时间"),
        Timestamp(name="recorded_at", source="JZ_SJ", title="记账时间"),
        Timestamp(name="edited_at", source="XG_SJ", title="修改时间", optional=True, meaning="记账后被修改的时间；空 = 未修改"),
    ],
    reject={
        "发生时间在将来": "occurred_at > current_date + interval 1 day",
        "转账没有转账编号或对方账户": "kind in ('转出', '转入') and (transfer_no is null or counterpart is null)",
        "存入或兑换没有服务时长": "kind in ('存入', '兑换') and minutes is null",
    },
    warn={
        "记账早于发生": "recorded_at < occurred_at",
        "记账一天以后被修改": "edited_at > recorded_at + interval 1 day",
        "对方账户是本账户": "counterpart = account_id",
        "币数不等于时长乘以标准": "rate is not null and abs(coins - minutes * rate / 60) > 0.01",
        "转账两方金额不一致": (
            "transfer_no is not null and min(coins) over (partition by transfer_no) <> max(coins) over (partition by transfer_no)"
        ),
        "转账缺少一方": "transfer_no is not null and count(distinct kind) over (partition by transfer_no) < 2",
        "同一账户一天的服务时长超过 24 小时": (
            "kind = '存入' and sum(case when kind = '存入' then minutes else 0 end)"
            " over (partition by account_id, cast(occurred_at as date)) > 1440"
        ),
    },
    references=[
        Reference(
            column="account_id", table="time_bank_account", key="account_id", sentence="账户编号不在账户表中", severity="reject"
        ),
        Reference(column="counterpart", table="time_bank_account", key="account_id", sentence="对方账户不在账户表中"),
    ],
    order_by="recorded_at",
    money="coins",
)

request = Table(
    name="request",
    title="服务需求",
    source="SJ_XQ",
    grain="一项请求志愿服务的需求",
    key=["request_id"],
    dated="posted_at",
    columns=[
        Key(name="request_id", source="XQ_ID", title="需求编号"),
        Key(name="elder_id", source="LNR_ID", title="老年人编号"),
        Text(name="service", source="FW_XM", title="服务项目", max_length=60),
        Integer(name="wanted_minutes", source="YJ_SC", title="预计时长", optional=True, minimum=0, maximum=1440, unit="分钟"),
        Timestamp(name="posted_at", source="FB_SJ", title="发布时间"),
        Timestamp(name="matched_at", source="PP_SJ", title="匹配时间", optional=True),
        Key(name="volunteer_account", source="ZYZ_ZH", title="接单户号", optional=True),
        Timestamp(name="done_at", source="WC_SJ", title="完成时间", optional=True),
        Choice(name="status", source="ZT", title="状态", allowed=same("待匹配", "已匹配", "已完成", "已取消", "已过期")),
        Timestamp(name="updated_at", source="XG_SJ", title="修改时间"),
    ],
    reject={
        "匹配早于发布": "matched_at < posted_at",
        "完成早于匹配": "done_at < matched_at",
        "发布时间在将来": "posted_at > current_date + interval 1 day",
    },
    warn={"已匹配或已完成但没有匹配时间": "status in ('已匹配', '已完成') and matched_at is null"},
    references=[
        Reference(column="elder_id", table="registry_elder", key="elder_id", sentence="老年人编号在老年人口库中不存在"),
        after_departure("posted_at", "发布时间"),
        Reference(
            column="volunteer_account", table="time_bank_account", key="account_id", sentence="接单账户不在账户表中"
        ),
    ],
    order_by="updated_at",
)

contract = Contract(
    module="time_bank",
    title="时间银行",
    owner="区民政局（养老银行平台运营方）",
    systems=["S7"],
    tables=[account, entry, request],
    due=daily(2),
    after=["area", "registry", "volunteer"],
)
