-- title: 老旧小区改造（月末）
-- grain: one renewal project of an old neighbourhood that had begun by the last day of a month
-- area: community_code
-- time: month
-- columns:
--   month           月份
--   project_no      项目编号
--   name            小区名称
--   community_code  所在社区代码
--   items           改造内容
--   started_on      开工日期
--   planned_on      计划完工日期
--   finished_on     完工日期
--   cost            投资（元）
--   finished        已完工
--   overdue         逾期未完工
select m.month, r.project_no, r.name, r.community_code, r.items, r.started_on, r.planned_on, r.finished_on, r.cost,
       coalesce(r.finished_on <= m.last_day, false) as finished,
       coalesce(r.planned_on < m.last_day, false) and coalesce(r.finished_on, date '9999-12-31') > m.last_day as overdue
from adaptation_renewal as r
join month as m on r.started_on <= m.last_day
