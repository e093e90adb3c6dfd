-- title: 去世或迁出后的记录
-- grain: one record dated after its elder had died or moved away, in the month of the record
-- area: community_code
-- time: month
-- keyed: elder_link.person_id registry_elder.elder_id
-- rows: elder_id
-- key: record_no
-- columns:
--   month           月份
--   source          记录种类
--   record_no       记录编号
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   community_code  常住社区代码
--   happened_on     记录日期
--   status          老年人状态
--   gone_on         去世或迁出日期
--   days_after      相隔天数
with gone as (
    select l.elder_id, l.person_id, l.elder_name, l.community_code, e.status,
           coalesce(e.status_on, cast(e.updated_at as date)) as gone_on
    from elder_link as l
    join registry_elder as e on e.elder_id = l.person_id
    where e.status <> '正常'
),
record as (
    select '家庭医生签约' as source, contract_no as record_no, elder_id, signed_on as happened_on from medical_signing
    union all
    select '健康体检', check_no, elder_id, checked_on from medical_check
    union all
    select '适老化改造', project_no, elder_id, applied_on from adaptation_home
    union all
    select '家庭养老床位', bed_no, elder_id, opened_on from adaptation_family_bed
    union all
    select '辅具租赁', rental_no, elder_id, rented_on from adaptation_rental
)
select m.month, r.source, r.record_no, g.person_id as elder_id, g.elder_name, g.community_code, r.happened_on, g.status, g.gone_on,
       date_diff('day', g.gone_on, r.happened_on) as days_after
from record as r
join gone as g on g.elder_id = r.elder_id and r.happened_on > g.gone_on
join month as m on r.happened_on between m.first_day and m.last_day
