-- title: 社会工作者（月末）
-- grain: one social worker in office on the last day of a month
-- area: community_code
-- time: month
-- key: worker_id
-- columns:
--   month           月份
--   worker_id       社工编号
--   name            姓名 [name]
--   level           职业资格
--   organisation    所在单位
--   community_code  服务社区代码
select month, worker_id, name, level, organisation, community_code
from (
    select m.month, w.worker_id, w.name, w.level, w.organisation, w.community_code,
           row_number() over (partition by m.month, w.worker_id order by w.since desc, w.community_code) as position
    from month as m
    join volunteer_social_worker as w on w.since <= m.last_day and coalesce(w.until, date '9999-12-31') > m.last_day
) as present
where position = 1
