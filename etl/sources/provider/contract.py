"""Service providers, their sites and permits, and applications for admission."""

from __future__ import annotations

from etl.contract import (
    AreaCode,
    Choice,
    Contract,
    CreditCode,
    Date,
    Flag,
    Key,
    Number,
    Point,
    Reference,
    Table,
    Text,
    daily,
)
from etl.vocabulary import same

KINDS = same("养老机构", "照料中心", "老年食堂", "居家服务商", "嵌入式微型机构", "社会组织")
KNOWN_PROVIDER = Reference(
    column="provider_id", table="provider_provider", key="provider_id", sentence="单位编号在服务单位库中不存在"
)

provider = Table(
    name="provider",
    title="服务单位",
    source="FWDW",
    grain="一家服务单位",
    key=["provider_id"],
    columns=[
        Key(name="provider_id", source="DW_ID", title="单位编号"),
        CreditCode(name="credit_code", source="TYDM", title="统一社会信用代码"),
        Text(name="name", source="MC", title="单位名称", max_length=120),
        Choice(name="kind", source="LB", title="单位类别", allowed=KINDS),
        Choice(name="ownership", source="XZ", title="运营性质", allowed=same("公办", "公建民营", "民办")),
        Text(name="legal_person", source="FR", title="法定代表人", optional=True, privacy="name", max_length=60),
        Key(name="phone", source="LXDH", title="联系电话", optional=True, privacy="phone"),
        Choice(name="medical", source="YL_LX", title="医养结合方式", optional=True, allowed=same("内设", "协议", "无")),
        Choice(
            name="grade",
            source="DJ",
            title="评定等级",
            optional=True,
            allowed={"一级": 1, "二级": 2, "三级": 3, "四级": 4, "五级": 5},
            meaning="GB/T 37276 养老机构等级",
        ),
        Number(name="grade_score", source="DJ_DF", title="评定得分", optional=True, minimum=0, maximum=1000, unit="分"),
        Number(name="grade_setting", source="DJ_HJ", title="评定得分：环境", optional=True, may_be_absent=True, minimum=0, maximum=120, unit="分"),
        Number(name="grade_facilities", source="DJ_SS", title="评定得分：设施设备", optional=True, may_be_absent=True, minimum=0, maximum=130, unit="分"),
        Number(name="grade_management", source="DJ_GL", title="评定得分：运营管理", optional=True, may_be_absent=True, minimum=0, maximum=150, unit="分"),
        Number(name="grade_service", source="DJ_FW", title="评定得分：服务", optional=True, may_be_absent=True, minimum=0, maximum=600, unit="分"),
        Choice(name="status", source="ZT", title="状态", allowed=same("在营", "停业", "注销")),
        Date(name="registered_on", source="ZC_RQ", title="登记日期"),
        Date(name="closed_on", source="ZX_RQ", title="停业或注销日期", optional=True),
    ],
    reject={
        "停业或注销日期早于登记日期": "closed_on < registered_on",
        "登记日期在将来": "registered_on > current_date",
    },
    warn={
        "同一统一社会信用代码登记为两家以上单位": (
            "credit_code is not null and count(distinct provider_id) over (partition by credit_code) > 1"
        ),
        "状态为停业或注销但没有日期": "status <> '在营' and closed_on is null",
        "等级与得分不符": (
            "grade is not null and grade_score <"
            " case grade when 1 then 360 when 2 then 450 when 3 then 570 when 4 then 780 else 900 end"
        ),
        "评定得分不等于四项之和": "abs(grade_score - grade_setting - grade_facilities - grade_management - grade_service) > 0.05",
    },
)

site = Table(
    name="site",
    title="服务站点",
    source="FWZD",
    grain="一处站点",
    key=["site_id"],
    columns=[
        Key(name="site_id", source="ZD_ID", title="站点编号"),
        Key(name="provider_id", source="DW_ID", title="单位编号"),
        Text(name="name", source="MC", title="站点名称", max_length=120),
        Text(name="address", source="DZ", title="地址", optional=True, max_length=200),
        Point(name="", source="JD", latitude_source="WD", title="坐标", optional=True, crs_source="ZBX", local=True),
        AreaCode(name="community_code", source="SQ_DM", title="所在社区"),
        Number(name="floor_area", source="JZMJ", title="建筑面积", optional=True, minimum=0, maximum=500_000, unit="平方米"),
        Date(name="opened_on", source="KY_RQ", title="开业日期"),
        Date(name="closed_on", source="GB_RQ", title="关闭日期", optional=True),
        Flag(name="street_level", source="JDJ", title="街道级"),
        Flag(name="main_site", source="ZZD", title="主站点"),
    ],
    reject={"关闭日期早于开业日期": "closed_on < opened_on"},
    warn={"一家单位有两处以上主站点": "main_site and count(*) filter (where main_site) over (partition by provider_id) > 1"},
    references=[KNOWN_PROVIDER],
    community="community_code",
)

permit = Table(
    name="permit",
    title="执业登记、保险与许可",
    source="FWDW_ZZ",
    grain="一份证照",
    key=["permit_id"],
    columns=[
        Key(name="permit_id", source="ZZ_ID", title="证照编号"),
        Key(name="provider_id", source="DW_ID", title="单位编号"),
        Choice(name="kind", source="LX", title="证照种类", allowed=same("执业登记", "综合保险", "消防", "食品经营")),
        Key(name="number", source="BH", title="证照号", optional=True),
        Date(name="issued_on", source="FZ_RQ", title="发证日期"),
        Date(name="expires_on", source="YX_RQ", title="有效期至", optional=True),
    ],
    reject={"有效期早于发证日期": "expires_on < issued_on"},
    warn={
        "同一证照号属于不同单位": (
            "number is not null and count(distinct provider_id) over (partition by kind, number) > 1"
        ),
    },
    references=[KNOWN_PROVIDER],
)

admission = Table(
    name="admission",
    title="准入申请",
    source="ZRSQ",
    grain="一份准入申请",
    key=["application_id"],
    dated="applied_on",
    columns=[
        Key(name="application_id", source="SQ_ID", title="申请编号"),
        Text(name="provider_name", source="MC", title="申请单位", max_length=120),
        CreditCode(name="credit_code", source="TYDM", title="统一社会信用代码"),
        Choice(name="kind", source="LB", title="单位类别", allowed=KINDS),
        Date(name="applied_on", source="SQ_RQ", title="申请日期"),
        Date(name="decided_on", source="SP_RQ", title="审批日期", optional=True),
        Choice(name="outcome", source="JG", title="结果", allowed=same("受理中", "通过", "不通过")),
        Text(name="reason", source="YY", title="原因", optional=True),
        Key(name="provider_id", source="DW_ID", title="单位编号", optional=True),
    ],
    reject={"审批日期早于申请日期": "decided_on < applied_on"},
    warn={"已有结果但没有审批日期": "outcome <> '受理中' and decided_on is null"},
    references=[KNOWN_PROVIDER],
)

material = Table(
    name="material",
    title="准入申请材料",
    source="ZRSQ_CL",
    grain="一份申请的一件材料",
    key=["material_id"],
    columns=[
        Key(name="material_id", source="CL_ID", title="材料编号"),
        Key(name="application_id", source="SQ_ID", title="申请编号"),
        Choice(
            name="kind",
            source="LX",
            title="材料种类",
            allowed=same("登记证书", "场地证明", "消防验收", "食品经营许可", "从业人员名册", "医疗服务协议"),
        ),
        Date(name="submitted_on", source="TJ_RQ", title="提交日期", optional=True, meaning="未提交的留空"),
        Choice(name="verdict", source="SH", title="审核意见", allowed=same("待审", "合格", "补正", "不合格")),
    ],
    reject={"提交日期在将来": "submitted_on > current_date"},
    warn={"审核合格但没有提交日期": "verdict = '合格' and submitted_on is null"},
    references=[
        Reference(column="application_id", table="provider_admission", key="application_id", sentence="申请编号不存在"),
    ],
)

contract = Contract(
    module="provider",
    title="服务单位库",
    owner="区民政局（养老服务科）",
    systems=["S3", "S10", "S11"],
    tables=[provider, site, permit, admission, material],
    due=daily(1),
    after=["area"],
)
