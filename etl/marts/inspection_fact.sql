-- title: 监督检查
-- grain: one inspection, in the month in which it was made (also before the first month reported: evidence may rest on it)
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
select strftime(i.inspected_on, '%Y-%m') as month, i.inspection_id, i.provider_id, coalesce(l.name, p.name) as provider_name,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       i.kind, i.inspected_on, i.inspectors, i.result, i.result = '合格' as passed, i.follows
from inspection_inspection as i
left join provider_provider as p on p.provider_id = i.provider_id
left join provider_place as l on l.provider_id = i.provider_id and l.month = strftime(i.inspected_on, '%Y-%m')
where i.inspected_on <= (select max(last_day) from month)
