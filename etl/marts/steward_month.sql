-- title: 助老员与专管员（月末）
-- grain: one steward (助老员 or 专管员) in office on the last day of a month
-- area: community_code
-- time: month
-- key: steward_id
-- columns:
--   month           月份
--   steward_id      助老员编号
--   name            姓名 [name]
--   kind            类别
--   community_code  负责社区代码
--   since           上岗日期
select month, steward_id, name, kind, community_code, since
from (
    select m.month, s.steward_id, s.name, s.kind, s.community_code, s.since,
           row_number() over (partition by m.month, s.steward_id order by s.since desc, s.community_code) as position
    from month as m
    join volunteer_steward as s on s.since <= m.last_day and coalesce(s.until, date '9999-12-31') > m.last_day
) as present
where position = 1
