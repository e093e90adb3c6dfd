"""The health bureau's workbooks: family-doctor contracts, health checks, referrals to hospital, and the medical arrangements of providers."""

from __future__ import annotations

from etl.contract import (
    Choice,
    Contract,
    CreditCode,
    Date,
    Flag,
    Key,
    Reference,
    Table,
    Text,
    Timestamp,
    after_departure,
    monthly,
)
from etl.vocabulary import same

KNOWN_ELDER = Reference(column="elder_id", table="registry_elder", key="elder_id", sentence="老年人编号在老年人口库中不存在")
KNOWN_PROVIDER = Reference(
    column="credit_code", table="provider_provider", key="credit_code", sentence="统一社会信用代码在服务单位库中不存在"
)
CODE = CreditCode(name="credit_code", source="统一社会信用代码", aliases=("信用代码",))
NAME = Text(name="provider_name", source="单位名称", optional=True, may_be_absent=True, max_length=120)

signing = Table(
    name="signing",
    title="家庭医生签约",
    source="签约",
    grain="一份签约协议",
    key=["contract_no"],
    columns=[
        Key(name="contract_no", source="协议编号"),
        Key(name="elder_id", source="老年人编号"),
        Text(name="doctor", source="家庭医生姓名", aliases=("家庭医生",), privacy="name", max_length=60),
        Text(name="institution", source="签约机构", max_length=120),
        Date(name="signed_on", source="签约日期"),
        Date(name="until", source="有效期至"),
        Choice(name="fee_group", source="收费类别", allowed=same("全额补助", "部分补助", "自付"), meaning="签约服务费由谁承担"),
    ],
    reject={"有效期早于签约日期": "until < signed_on", "签约日期在将来": "signed_on > current_date"},
    warn={
        "签约期超过三年": "until > signed_on + interval 37 month",
        "同一老年人同期在两家机构签约": (
            "lead(signed_on) over (partition by elder_id order by signed_on, contract_no) <= until"
            " and lead(institution) over (partition by elder_id order by signed_on, contract_no) <> institution"
        ),
    },
    references=[KNOWN_ELDER, after_departure("signed_on", "签约日期")],
    order_by="signed_on",
)

health_check = Table(
    name="check",
    title="健康体检",
    source="体检",
    grain="一名老年人的一次体检",
    key=["check_no"],
    dated="checked_on",
    columns=[
        Key(name="check_no", source="体检编号"),
        Key(name="elder_id", source="老年人编号"),
        Text(name="institution", source="体检机构", optional=True, max_length=120),
        Date(name="checked_on", source="体检日期"),
        Choice(name="blood_pressure", source="血压", optional=True, allowed=same("正常", "偏高", "高血压")),
        Choice(name="blood_sugar", source="血糖", optional=True, allowed=same("正常", "偏高", "糖尿病")),
        Choice(
            name="result",
            source="体检结论",
            aliases=("结论",),
            allowed=same("未见异常", "异常随访", "建议转诊"),
        ),
    ],
    reject={"体检日期在将来": "checked_on > current_date"},
    warn={"同一老年人同日两次体检": "count(*) over (partition by elder_id, checked_on) > 1"},
    references=[KNOWN_ELDER, after_departure("checked_on", "体检日期")],
)

agreement = Table(
    name="agreement",
    title="医养签约合作",
    source="合作协议",
    grain="一家服务单位与一家医疗机构的一份协议",
    key=["agreement_no"],
    columns=[
        Key(name="agreement_no", source="协议编号"),
        CODE,
        NAME,
        Text(name="hospital", source="医疗机构", max_length=120),
        Date(name="signed_on", source="签订日期"),
        Date(name="expires_on", source="到期日期", optional=True),
        Flag(name="rehab", source="含康复服务"),
    ],
    reject={"到期日期早于签订日期": "expires_on < signed_on"},
    references=[KNOWN_PROVIDER],
)

unit = Table(
    name="unit",
    title="内设医疗机构",
    source="内设机构",
    grain="服务单位内设的一家医疗机构的一份执业许可",
    key=["licence_no"],
    columns=[
        Key(name="licence_no", source="许可证号", aliases=("执业许可证号",)),
        CODE,
        NAME,
        Choice(
            name="kind",
            source="机构类型",
            allowed=same("医务室", "护理站", "护理院", "康复医院", "老年病医院"),
            meaning="护理院、康复医院、老年病医院为独立设置的医疗机构",
        ),
        Date(name="issued_on", source="发证日期"),
        Date(name="expires_on", source="有效期至", optional=True),
        Flag(name="rehab", source="设康复科目"),
    ],
    reject={"有效期早于发证日期": "expires_on < issued_on"},
    warn={"同一许可证号属于不同单位": "count(distinct credit_code) over (partition by licence_no) > 1"},
    references=[KNOWN_PROVIDER],
    order_by="issued_on",
)

channel = Table(
    name="channel",
    title="就医绿色通道",
    source="绿色通道",
    grain="一家服务单位与一家医院开通的绿色通道",
    key=["channel_no"],
    columns=[
        Key(name="channel_no", source="通道编号"),
        CODE,
        NAME,
        Text(name="hospital", source="医院", max_length=120),
        Date(name="opened_on", source="开通日期"),
        Date(name="closed_on", source="终止日期", optional=True),
    ],
    reject={"终止日期早于开通日期": "closed_on < opened_on"},
    references=[KNOWN_PROVIDER],
)

referral = Table(
    name="referral",
    title="老年人送诊记录",
    source="送诊",
    grain="一名老年人因外伤或急症的一次送诊",
    key=["referral_no"],
    columns=[
        Key(name="referral_no", source="送诊编号"),
        Key(name="elder_id", source="老年人编号"),
        Text(name="hospital", source="就诊医院", max_length=120),
        Timestamp(name="arrived_at", source="到诊时间"),
        Timestamp(name="hurt_at", source="受伤或发病时间", optional=True, meaning="由送诊人自述"),
        Choice(name="visit", source="就诊类别", allowed=same("急诊", "住院")),
        Choice(
            name="cause",
            source="外因或诊断",
            aliases=("外因",),
            allowed=same("跌倒", "压力性损伤", "走失受伤", "异物窒息", "药物不良事件", "急性发病", "其他外因", "原因未记"),
        ),
        Choice(name="severity", source="伤情", optional=True, allowed=same("轻", "重", "死亡")),
    ],
    reject={"到诊时间在将来": "arrived_at > current_date + interval 1 day"},
    warn={"受伤或发病时间晚于到诊时间": "hurt_at > arrived_at"},
    references=[KNOWN_ELDER, after_departure("arrived_at", "到诊时间")],
)

contract = Contract(
    module="medical",
    title="医养结合台账",
    owner="区卫生健康局",
    systems=["S14"],
    tables=[signing, health_check, agreement, unit, channel, referral],
    due=monthly(day=10),
    after=["registry", "provider"],
)
