"""The human-resources bureau's ledger of caregivers: employment, certificates, training and awards."""

from __future__ import annotations

from etl.contract import (
    Choice,
    Contract,
    CreditCode,
    Date,
    IdNumber,
    Key,
    Money,
    Number,
    Reference,
    Table,
    Text,
    monthly,
)
from etl.vocabulary import same

KNOWN_CAREGIVER = Reference(
    column="caregiver_id", table="caregiver_employment", key="caregiver_id", sentence="人员编号不在在岗人员表中"
)

employment = Table(
    name="employment",
    title="在岗人员",
    source="在岗人员",
    grain="一名护理员在一家单位的一段任职",
    key=["caregiver_id", "credit_code", "hired_on"],
    columns=[
        Key(name="caregiver_id", source="人员编号"),
        IdNumber(name="id_number", source="身份证号", aliases=("身份证号码", "公民身份号码")),
        Text(name="name", source="姓名", privacy="name", max_length=60),
        Choice(name="sex", source="性别", allowed=same("男", "女")),
        Date(name="birth_date", source="出生日期", optional=True),
        CreditCode(name="credit_code", source="统一社会信用代码", aliases=("信用代码",)),
        Text(name="employer_name", source="单位名称", optional=True, may_be_absent=True, max_length=120),
        Text(name="post", source="岗位", max_length=40),
        Date(name="hired_on", source="入职日期"),
        Date(name="left_on", source="离职日期", optional=True),
        Key(name="phone", source="联系电话", optional=True, privacy="phone"),
    ],
    reject={
        "离职日期早于入职日期": "left_on < hired_on",
        "出生日期在将来": "birth_date > current_date",
        "入职日期在将来": "hired_on > current_date",
    },
    warn={
        "入职时未满 16 周岁": "hired_on < birth_date + interval 16 year",
        "同一身份证号有两个人员编号": (
            "id_number is not null and count(distinct caregiver_id) over (partition by id_number) > 1"
        ),
    },
    references=[
        Reference(
            column="credit_code",
            table="provider_provider",
            key="credit_code",
            sentence="统一社会信用代码在服务单位库中不存在，人员只计入全区",
        ),
    ],
)

certificate = Table(
    name="certificate",
    title="职业技能等级证书",
    source="证书",
    grain="一人的一本证书",
    # The person belongs to the key: a number found on two persons must stay visible twice, not supersede one of them.
    key=["certificate_no", "caregiver_id", "id_number"],
    columns=[
        Key(name="certificate_no", source="证书编号", aliases=("证书号",)),
        Key(name="caregiver_id", source="人员编号"),
        IdNumber(name="id_number", source="身份证号", aliases=("身份证号码", "公民身份号码")),
        Text(name="name", source="姓名", privacy="name", max_length=60),
        Choice(
            name="level",
            source="等级",
            allowed={
                "五级/初级工": 5,
                "四级/中级工": 4,
                "三级/高级工": 3,
                "二级/技师": 2,
                "一级/高级技师": 1,
            },
            meaning="5 五级（初级工）… 1 一级（高级技师）",
        ),
        Date(name="issued_on", source="发证日期"),
        Date(name="expires_on", source="有效期至", optional=True),
        Text(name="issuer", source="发证机构", optional=True, max_length=120),
    ],
    reject={
        "有效期早于发证日期": "expires_on < issued_on",
        "发证日期在将来": "issued_on > current_date",
    },
    warn={
        "同一证书号属于不同人员": (
            "certificate_no is not null and count(distinct concat(caregiver_id, '/', id_number)) over (partition by certificate_no) > 1"
        ),
    },
    references=[KNOWN_CAREGIVER],
    order_by="issued_on",
)

training = Table(
    name="training",
    title="培训",
    source="培训",
    grain="一人参加的一次培训",
    key=["training_id"],
    dated="held_on",
    columns=[
        Key(name="training_id", source="培训编号"),
        Key(name="caregiver_id", source="人员编号"),
        Text(name="title", source="培训名称", optional=True, max_length=120),
        Date(name="held_on", source="培训日期"),
        Number(name="hours", source="学时", minimum=0, maximum=400, unit="学时"),
    ],
    reject={"培训日期在将来": "held_on > current_date"},
    references=[KNOWN_CAREGIVER],
)

award = Table(
    name="award",
    title="护理员奖补",
    source="奖补",
    grain="一笔奖补",
    key=["award_id"],
    dated="paid_on",
    columns=[
        Key(name="award_id", source="发放编号"),
        Key(name="caregiver_id", source="人员编号"),
        Choice(name="kind", source="类别", allowed=same("入职奖补", "持证奖励")),
        Key(name="certificate_no", source="证书编号", optional=True),
        Money(name="amount", source="金额"),
        Date(name="paid_on", source="发放日期"),
    ],
    warn={
        "持证奖励没有证书编号": "kind = '持证奖励' and certificate_no is null",
        "同一证书重复奖励": (
            "kind = '持证奖励' and certificate_no is not null and count(*) over (partition by kind, certificate_no) > 1"
        ),
    },
    references=[
        KNOWN_CAREGIVER,
        Reference(
            column="certificate_no", table="caregiver_certificate", key="certificate_no", sentence="证书编号不在证书表中"
        ),
    ],
    money="amount",
)

contract = Contract(
    module="caregiver",
    title="养老护理员台账",
    owner="区人力社保局",
    systems=["S12"],
    tables=[employment, certificate, training, award],
    due=monthly(day=5),
    after=["provider"],
)
