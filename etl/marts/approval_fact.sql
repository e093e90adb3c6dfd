-- grain: one subsidy application approved by the district, in the month of that approval
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month            月份
--   application_id   申报编号
--   programme        项目编码
--   programme_name   项目名称
--   elder_id         老年人编号
--   elder_name       老年人 [name]
--   provider_id      单位编号
--   provider_name    服务单位
--   community_code   所属区划代码
--   applied_on       申报日期
--   approved_on      批准日期
--   amount           核定金额（元）
select m.month, a.application_id, a.programme, g.name as programme_name, coalesce(e.person_id, a.elder_id) as elder_id, e.elder_name,
       a.provider_id, l.name as provider_name,
       coalesce(e.community_code, l.community_code, a.street_code) as community_code,
       a.applied_on, d.decided_on as approved_on, coalesce(d.amount, a.amount) as amount
from subsidy_approval as d
join month as m on d.decided_on between m.first_day and m.last_day
join subsidy_application as a on a.application_id = d.application_id
left join subsidy_programme as g on g.programme = a.programme
left join elder_link as e on e.elder_id = a.elder_id and a.payee = 'elder'
left join provider_place as l on l.provider_id = a.provider_id and l.month = m.month and a.payee = 'provider'
where d.step = '区级审批' and d.outcome = '通过'
