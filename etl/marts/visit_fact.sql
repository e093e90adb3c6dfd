-- title: 特困老年人探访
-- grain: one visit to an elder in special hardship, in the month in which it was due
-- community_code: where the elder lives; where the elder is not on the register, of the steward; else the district
-- due: not excused; visited: somebody was met; on_time: met by the day on which it was due
-- after_gone: recorded as done after the day on which the elder died or moved away
-- same_minute: the steward signed in at another place, more than a kilometre away, within the same minute
-- area: community_code
-- time: month
-- monthly: volunteer_visit.due_on!
-- keyed: volunteer_visit.elder_id elder_link.elder_id
-- rows: volunteer_visit.visit_id
-- key: visit_id
-- columns:
--   month           月份
--   visit_id        探访编号
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   community_code  老年人常住社区代码
--   need            探访对象类别
--   steward_id      助老员编号
--   steward_name    助老员 [name]
--   due_on          应探访日期
--   done_at         探访时间
--   way             探访方式
--   result          探访结果
--   due             应访
--   visited         已探访
--   on_time         按时探访
--   after_gone      去世或迁出后仍登记
--   same_minute     同一分钟两地签到
--   doubtful        存疑
with steward as (
    select steward_id, arg_max(name, since) as name, arg_max(community_code, since) as community_code
    from volunteer_steward
    group by steward_id
),
judged as (
    select m.month, v.visit_id, coalesce(e.person_id, v.elder_id) as elder_id, e.elder_name,
           coalesce(e.community_code, s.community_code, (select min(code) from area where level = 1)) as community_code,
           v.need, v.steward_id, s.name as steward_name, v.due_on, v.done_at, v.way, v.result,
           v.result <> '免访' as due,
           v.result in ('正常', '需要帮助', '已转介') as visited,
           v.result in ('正常', '需要帮助', '已转介') and cast(v.done_at as date) <= v.due_on as on_time,
           coalesce(cast(v.done_at as date) > e.gone_on, false) as after_gone,
           t.minute is not null as same_minute
    from volunteer_visit as v
    join month as m on m.month = strftime(v.due_on, '%Y-%m')
    left join elder_link as e on e.elder_id = v.elder_id
    left join steward as s on s.steward_id = v.steward_id
    left join visit_torn as t on t.steward_id = v.steward_id and t.minute = date_trunc('minute', v.done_at) and v.lng is not null
)
select month, visit_id, elder_id, elder_name, community_code, need, steward_id, steward_name, due_on, done_at, way, result,
       due, visited, on_time, after_gone, same_minute, after_gone or same_minute as doubtful
from judged
