-- title: 入住（按月）
-- grain: one stay in a bed that touches a month
-- staying: runs on the last day of the month
-- community_code: where the elder lived before, by the register; where the elder is not on it, of the provider's main site
-- area: community_code
-- time: month
-- monthly: provider_place
-- keyed: bed_stay.elder_id elder_link.elder_id
-- rows: bed_stay.stay_id
-- provider: provider_id
-- columns:
--   month           月份
--   stay_id         入住编号
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   community_code  老年人常住社区代码
--   provider_id     单位编号
--   provider_name   服务单位
--   bed_type        床位类型
--   payer           付费方式
--   admitted_on     入住日期
--   left_on         离院日期
--   staying         月末在住
select m.month, s.stay_id, coalesce(e.person_id, s.elder_id) as elder_id, e.elder_name,
       coalesce(e.community_code, l.community_code, (select min(code) from area where level = 1)) as community_code,
       s.provider_id, l.name as provider_name, s.bed_type, s.payer, s.admitted_on, s.left_on,
       coalesce(s.left_on, date '9999-12-31') > m.last_day as staying
from bed_stay as s
join month as m on s.admitted_on <= m.last_day and coalesce(s.left_on, date '9999-12-31') >= m.first_day
left join elder_link as e on e.elder_id = s.elder_id
left join provider_place as l on l.provider_id = s.provider_id and l.month = m.month
