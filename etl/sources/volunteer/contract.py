"""The volunteers' platform: who gives time, the stewards and their monthly visits, social workers and social organisations."""

from __future__ import annotations

from etl.contract import (
    AreaCode,
    Choice,
    Contract,
    CreditCode,
    Date,
    IdNumber,
    Key,
    Point,
    Reference,
    Table,
    Text,
    Timestamp,
    after_departure,
    daily,
)
from etl.vocabulary import same

volunteer = Table(
    name="volunteer",
    title="志愿者",
    source="ZYZ_XX",
    grain="一名注册志愿者",
    key=["volunteer_id"],
    columns=[
        Key(name="volunteer_id", source="ZYZ_ID", title="志愿者编号"),
        IdNumber(name="id_number", source="SFZH", title="身份证号"),
        Text(name="name", source="XM", title="姓名", privacy="name", max_length=60),
        Choice(name="sex", source="XB", title="性别", allowed={"1": "男", "2": "女"}),
        Date(name="birth_date", source="CSRQ", title="出生日期", optional=True),
        Key(name="phone", source="LXDH", title="联系电话", optional=True, privacy="phone"),
        AreaCode(name="community_code", source="SQ_DM", title="服务社区"),
        Date(name="registered_on", source="ZC_RQ", title="注册日期"),
        Date(name="left_on", source="ZX_RQ", title="注销日期", optional=True, meaning="空 = 仍在册"),
        Timestamp(name="updated_at", source="XG_SJ", title="修改时间"),
    ],
    reject={
        "注销日期早于注册日期": "left_on < registered_on",
        "注册日期在将来": "registered_on > current_date",
    },
    warn={
        "同一身份证号注册为两名以上志愿者": (
            "id_number is not null and count(distinct volunteer_id) over (partition by id_number) > 1"
        ),
        "注册时未满 14 周岁": "registered_on < birth_date + interval 14 year",
    },
    order_by="updated_at",
    community="community_code",
)

steward = Table(
    name="steward",
    title="助老员、专管员",
    source="ZLY_XX",
    grain="一名助老员或专管员在一个社区的一段任职",
    key=["steward_id", "since"],
    columns=[
        Key(name="steward_id", source="ZLY_ID", title="助老员编号"),
        Text(name="name", source="XM", title="姓名", privacy="name", max_length=60),
        Choice(name="kind", source="LB", title="类别", allowed=same("助老员", "专管员")),
        Key(name="phone", source="LXDH", title="联系电话", optional=True, privacy="phone"),
        AreaCode(name="community_code", source="SQ_DM", title="负责社区"),
        Date(name="since", source="QS_RQ", title="上岗日期"),
        Date(name="until", source="JS_RQ", title="离岗日期", optional=True, meaning="空 = 仍在岗"),
    ],
    reject={"离岗日期早于上岗日期": "until < since", "上岗日期在将来": "since > current_date"},
    community="community_code",
)

visit = Table(
    name="visit",
    title="特殊困难老年人探访",
    source="TF_JL",
    grain="一名特殊困难老年人一个月应有的一次探访",
    key=["visit_id"],
    dated="due_on",
    columns=[
        Key(name="visit_id", source="TF_ID", title="探访编号"),
        Key(name="elder_id", source="LNR_ID", title="老年人编号"),
        Choice(
            name="need",
            source="DX_LB",
            title="探访对象类别",
            allowed=same("独居", "空巢", "失能", "特困", "计生特殊", "高龄"),
            meaning="登记为特殊困难老年人的主要原因",
        ),
        Key(name="steward_id", source="ZLY_ID", title="助老员编号", optional=True),
        Date(name="due_on", source="YTF_RQ", title="应探访日期", meaning="应在这一天结束前完成"),
        Timestamp(name="done_at", source="TF_SJ", title="探访时间", optional=True),
        Choice(name="way", source="FS", title="探访方式", optional=True, allowed=same("上门", "电话")),
        Choice(
            name="result",
            source="JG",
            title="探访结果",
            allowed=same("正常", "需要帮助", "已转介", "无人应答", "未探访", "免访"),
            meaning="免访：当月住院、外出、入住机构、去世或迁出，不计入应访",
        ),
        Point(name="", source="JD", latitude_source="WD", title="签到位置", optional=True),
        Timestamp(name="updated_at", source="XG_SJ", title="修改时间"),
    ],
    reject={
        "探访时间在将来": "done_at > current_date + interval 1 day",
        "已有结果但没有探访时间": "done_at is null and result not in ('未探访', '免访')",
    },
    warn={
        "登记为未探访或免访却有探访时间": "done_at is not null and result in ('未探访', '免访')",
        "上门探访没有签到位置": "way = '上门' and done_at is not null and lng is null",
        "探访早于应访日期 60 天以上": "done_at < due_on - interval 60 day",
    },
    references=[
        Reference(column="elder_id", table="registry_elder", key="elder_id", sentence="老年人编号在老年人口库中不存在"),
        after_departure("done_at", "探访时间"),
        Reference(column="steward_id", table="volunteer_steward", key="steward_id", sentence="助老员编号不在助老员名册中"),
    ],
    order_by="updated_at",
)

social_worker = Table(
    name="social_worker",
    title="社会工作者",
    source="SG_XX",
    grain="一名社会工作者在一家单位的一段任职",
    key=["worker_id", "since"],
    columns=[
        Key(name="worker_id", source="SG_ID", title="社工编号"),
        Text(name="name", source="XM", title="姓名", privacy="name", max_length=60),
        Choice(
            name="level",
            source="ZC_DJ",
            title="职业资格",
            allowed=same("助理社会工作师", "社会工作师", "高级社会工作师"),
        ),
        Text(name="organisation", source="DW_MC", title="所在单位", optional=True, max_length=120),
        AreaCode(name="community_code", source="SQ_DM", title="服务社区"),
        Date(name="since", source="QS_RQ", title="起始日期"),
        Date(name="until", source="JS_RQ", title="结束日期", optional=True, meaning="空 = 仍在岗"),
    ],
    reject={"结束日期早于起始日期": "until < since", "起始日期在将来": "since > current_date"},
    community="community_code",
)

organisation = Table(
    name="organisation",
    title="为老服务社会组织",
    source="SHZZ",
    grain="一家为老服务社会组织",
    key=["organisation_id"],
    columns=[
        Key(name="organisation_id", source="ZZ_ID", title="组织编号"),
        CreditCode(
            name="credit_code", source="TYDM", title="统一社会信用代码", optional=True, meaning="备案的社区社会组织没有代码"
        ),
        Text(name="name", source="MC", title="组织名称", max_length=120),
        Choice(
            name="kind",
            source="LB",
            title="组织类别",
            allowed=same("社会团体", "社会服务机构", "基金会", "社区社会组织"),
        ),
        AreaCode(name="community_code", source="SQ_DM", title="所在社区"),
        Date(name="registered_on", source="DJ_RQ", title="登记或备案日期"),
        Date(name="closed_on", source="ZX_RQ", title="注销日期", optional=True),
    ],
    reject={"注销日期早于登记日期": "closed_on < registered_on"},
    warn={
        "同一统一社会信用代码登记为两家以上": (
            "credit_code is not null and count(distinct organisation_id) over (partition by credit_code) > 1"
        ),
    },
    community="community_code",
)

contract = Contract(
    module="volunteer",
    title="志愿者与探访",
    owner="团区委、区民政局（志愿汇平台）",
    systems=["S17"],
    tables=[volunteer, steward, visit, social_worker, organisation],
    due=daily(2),
    after=["area", "registry"],
)
