-- title: 未整改问题（月末）
-- grain: one finding that is not rectified on the last day of a month, of a provider operating on that day
-- A finding without a rectification order counts as open. overdue: its deadline has passed.
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   finding_id      问题编号
--   inspection_id   检查编号
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   inspected_on    检查日期
--   field           监管领域
--   severity        严重程度
--   scope           范围
--   clause          条款
--   description     问题描述
--   deadline        整改期限
--   overdue         已逾期
select m.month, f.finding_id, f.inspection_id, i.provider_id, l.name as provider_name, l.community_code, i.inspected_on,
       f.field, f.severity, f.scope, f.clause, f.description, z.deadline,
       coalesce(z.deadline < m.last_day, false) as overdue
from inspection_finding as f
join inspection_inspection as i on i.inspection_id = f.inspection_id
left join inspection_rectification as z on z.finding_id = f.finding_id
join month as m on i.inspected_on <= m.last_day and coalesce(z.done_on, date '9999-12-31') > m.last_day
join provider_place as l on l.provider_id = i.provider_id and l.month = m.month
where l.operating
