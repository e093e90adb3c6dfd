-- title: 家庭医生签约（月末）
-- grain: one elder counted in a month with a family-doctor contract in force on its last day (the one signed last)
-- area: community_code
-- time: month
-- keyed: elder_link.person_id elder_present.elder_id
-- rows: elder_id
-- key: elder_id
-- columns:
--   month           月份
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   age             年龄
--   community_code  常住社区代码
--   contract_no     协议编号
--   doctor          家庭医生姓名 [name]
--   institution     签约机构
--   signed_on       签约日期
--   until           有效期至
--   fee_group       收费类别
with signed as materialized (
    select l.person_id, l.elder_name, s.signed_on, s.until, concat(cast(s.signed_on as varchar), '/', s.contract_no) as newest
    from medical_signing as s
    join elder_link as l on l.elder_id = s.elder_id
),
held as (
    select m.month, s.person_id, max(s.elder_name) as elder_name, max(s.newest) as newest
    from signed as s
    join month as m on s.signed_on <= m.last_day and s.until >= m.last_day
    group by m.month, s.person_id
)
select p.month, p.elder_id, h.elder_name, p.age, p.community_code, s.contract_no, s.doctor, s.institution, s.signed_on, s.until,
       s.fee_group
from held as h
join elder_present as p on p.elder_id = h.person_id and p.month = h.month
join medical_signing as s on s.contract_no = substr(h.newest, 12)
