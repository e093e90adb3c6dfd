-- title: 社会组织（月末）
-- grain: one social organisation on the register on the last day of a month
-- area: community_code
-- time: month
-- columns:
--   month            月份
--   organisation_id  组织编号
--   name             组织名称
--   kind             组织类别
--   community_code   所在社区代码
--   registered_on    登记或备案日期
select m.month, o.organisation_id, o.name, o.kind, o.community_code, o.registered_on
from month as m
join volunteer_organisation as o
    on o.registered_on <= m.last_day and coalesce(o.closed_on, date '9999-12-31') > m.last_day
