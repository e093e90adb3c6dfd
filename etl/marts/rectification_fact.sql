-- title: 问题整改
-- grain: one rectification, in the month in which its deadline fell
-- on_time: done by the deadline
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   finding_id      问题编号
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   severity        严重程度
--   description     问题描述
--   ordered_on      责令日期
--   deadline        整改期限
--   done_on         完成日期
--   verified_on     验收日期
--   on_time         按期整改
select m.month, z.finding_id, i.provider_id, l.name as provider_name,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       f.severity, f.description, z.ordered_on, z.deadline, z.done_on, z.verified_on,
       coalesce(z.done_on <= z.deadline, false) as on_time
from inspection_rectification as z
join month as m on z.deadline between m.first_day and m.last_day
join inspection_finding as f on f.finding_id = z.finding_id
join inspection_inspection as i on i.inspection_id = f.inspection_id
left join provider_place as l on l.provider_id = i.provider_id and l.month = m.month
