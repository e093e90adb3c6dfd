-- title: 公办机构轮候（月末）
-- grain: one application on the waiting list of a public institution, still waiting on the last day of a month
-- community_code: where the elder lives; where the elder is not on the register, of the institution
-- area: community_code
-- time: month
-- provider: provider_id
-- key: waiting_id
-- columns:
--   month           月份
--   waiting_id      轮候编号
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   community_code  老年人常住社区代码
--   provider_id     单位编号
--   provider_name   申请机构
--   priority        优先等级
--   applied_on      申请日期
--   days_waited     已轮候天数
select m.month, w.waiting_id, coalesce(e.person_id, w.elder_id) as elder_id, e.elder_name,
       coalesce(e.community_code, l.community_code, (select min(code) from area where level = 1)) as community_code,
       w.provider_id, l.name as provider_name, w.priority, w.applied_on,
       date_diff('day', w.applied_on, m.last_day) as days_waited
from bed_waiting as w
join month as m on w.applied_on <= m.last_day and coalesce(w.closed_on, date '9999-12-31') > m.last_day
left join elder_link as e on e.elder_id = w.elder_id
left join provider_place as l on l.provider_id = w.provider_id and l.month = m.month
