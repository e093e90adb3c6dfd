-- grain: one inspection, in the month in which it was made
-- area: community_code
-- time: month
-- monthly: inspection_inspection.inspected_on! provider_place
-- provider: provider_id
-- columns:
--   month           月份
--   inspection_id   检查编号
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   kind            检查类型
--   inspected_on    检查日期
--   inspectors      检查人员
--   result          检查结果
--   passed          合格
--   follows         所复查的检查
select m.month, i.inspection_id, i.provider_id, l.name as provider_name,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       i.kind, i.inspected_on, i.inspectors, i.result, i.result = '合格' as passed, i.follows
from inspection_inspection as i
join month as m on i.inspected_on between m.first_day and m.last_day
left join provider_place as l on l.provider_id = i.provider_id and l.month = m.month
