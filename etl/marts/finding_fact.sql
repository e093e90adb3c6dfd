-- title: 检查发现问题
-- grain: one finding, in the month of its inspection
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
--   done_on         完成日期
--   verified_on     验收日期
select i.month, f.finding_id, f.inspection_id, i.provider_id, i.provider_name, i.community_code, i.inspected_on,
       f.field, f.severity, f.scope, f.clause, f.description, z.deadline, z.done_on, z.verified_on
from inspection_fact as i
join inspection_finding as f on f.inspection_id = i.inspection_id
left join inspection_rectification as z on z.finding_id = f.finding_id
