"""The register of elders with their service cards, and the registered population of each community."""

from __future__ import annotations

from etl.contract import (
    AreaCode,
    Choice,
    Contract,
    Date,
    IdNumber,
    Integer,
    Key,
    Table,
    Text,
    Timestamp,
    daily,
)
from etl.vocabulary import same

elder = Table(
    name="elder",
    title="老年人基本信息",
    source="LNR_JBXX",
    grain="一名登记在册的老年人",
    key=["elder_id"],
    columns=[
        Key(name="elder_id", source="LNR_ID", title="老年人编号"),
        # Blank is possible (some have shown no document yet); damaged is not.
        IdNumber(name="id_number", source="SFZH", title="身份证号", optional=True),
        Text(name="name", source="XM", title="姓名", privacy="name", max_length=60),
        Choice(name="sex", source="XB", title="性别", allowed={"1": "男", "2": "女"}),
        Date(name="birth_date", source="CSRQ", title="出生日期"),
        # Kept as text and not resolved: many residents are registered in another district or city.
        Key(name="hukou_community", source="HJ_SQ", title="户籍社区", optional=True),
        AreaCode(name="community_code", source="JZ_SQ", title="常住社区"),
        Choice(name="living", source="JZ_LX", title="居住状况", allowed=same("独居", "空巢", "与子女同住", "其他")),
        Choice(
            name="category",
            source="RY_LB",
            title="人员类别",
            allowed=same("特困", "低保", "低边", "计生特殊", "优抚", "普通"),
        ),
        Key(name="card_no", source="FWK_NO", title="服务卡号", optional=True, privacy="account"),
        Key(name="phone", source="LXDH", title="联系电话", optional=True, privacy="phone"),
        Choice(name="status", source="ZT", title="状态", allowed=same("正常", "死亡", "迁出")),
        Date(name="status_on", source="ZT_RQ", title="状态变更日期", optional=True),
        Date(name="registered_on", source="DJ_RQ", title="登记日期"),
        Timestamp(name="updated_at", source="XG_SJ", title="修改时间"),
    ],
    reject={
        "出生日期在将来": "birth_date > current_date",
        "死亡或迁出日期早于出生日期": "status_on < birth_date",
        "死亡或迁出日期在将来": "status <> '正常' and status_on > current_date",
    },
    warn={
        "出生日期与身份证号不一致": "strftime(birth_date, '%Y%m%d') <> substr(id_number, 7, 8)",
        "性别与身份证号不一致": "(sex = '男') <> (try_cast(substr(id_number, 17, 1) as integer) % 2 = 1)",
        "同一身份证号登记为两名以上老年人": (
            "id_number is not null and count(distinct elder_id) over (partition by id_number) > 1"
        ),
        "没有登记身份证号": "id_number is null",
        "状态为死亡或迁出但没有日期": "status <> '正常' and status_on is null",
        "年龄超过 115 岁": "birth_date < current_date - interval 115 year and status = '正常'",
    },
    order_by="updated_at",
    cursor="updated_at",
    community="community_code",
)

population = Table(
    name="population",
    title="户籍人口基数",
    source="RK_JS",
    grain="一个社区一年的户籍人口",
    key=["community_code", "year"],
    columns=[
        AreaCode(name="community_code", source="SQ_DM", title="社区"),
        Integer(name="year", source="ND", title="年度", minimum=2000, maximum=2100),
        Integer(name="registered_population", source="HJ_RK", title="户籍人口", minimum=0, maximum=1_000_000, unit="人"),
    ],
    community="community_code",
)

contract = Contract(
    module="registry",
    title="老年人口库与服务卡",
    owner="区民政局、区公安分局",
    systems=["S1"],
    tables=[elder, population],
    due=daily(1),
    after=["area"],
)
