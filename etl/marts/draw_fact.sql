-- title: 双随机抽取
-- grain: one provider drawn for a double-random inspection, in the month in which its inspection is due
-- done: inspected by the end of the data; in_time: by the day that was committed to
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   draw_id         抽取编号
--   plan            计划名称
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   inspectors      抽中的检查人员
--   drawn_on        抽取日期
--   due_on          承诺完成日期
--   inspection_id   完成的检查
--   inspected_on    检查日期
--   done            已检查
--   in_time         按期检查
select m.month, d.draw_id, p.name as plan, d.provider_id, l.name as provider_name,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       d.inspectors, d.drawn_on, d.due_on, d.inspection_id, i.inspected_on,
       i.inspection_id is not null as done,
       coalesce(i.inspected_on <= d.due_on, false) as in_time
from inspection_draw as d
join month as m on d.due_on between m.first_day and m.last_day
left join inspection_plan as p on p.plan_id = d.plan_id
left join inspection_inspection as i on i.inspection_id = d.inspection_id and i.provider_id = d.provider_id
left join provider_place as l on l.provider_id = d.provider_id and l.month = m.month
