-- title: 各单位报送情况（最近月份）
-- grain: one unit that reports to a module on its own (a canteen, a site, a provider with beds, a lead department), in the last month of
-- the calendar (earlier months have no rows); open or operating on its last day
-- newest_on: the last day, up to the end of the month, that the unit's own rows are about; null where it has none
-- on_time: it has rows of the month; days_behind: from newest_on to the end of the month
-- area: area_code
-- time: month
-- provider: provider_id
-- columns:
--   month        月份
--   module       模块
--   unit_id      单位编号
--   unit         报送单位
--   provider_id  服务单位编号
--   area_code    所属区划代码
--   newest_on    数据最近到
--   on_time      按期报送
--   days_behind  落后天数
with latest as (
    select month, first_day, last_day from month where month = (select max(month) from month)
),
newest as (
    select 'canteen' as module, r.canteen_id as unit_id, max(cast(r.eaten_at as date)) as newest_on
    from canteen_meal as r
    join latest as m on cast(r.eaten_at as date) <= m.last_day
    group by r.canteen_id
    union all
    select 'venue', r.site_id, max(r.day)
    from venue_visit as r
    join latest as m on r.day <= m.last_day
    group by r.site_id
    union all
    select 'bed', r.provider_id, max(m.last_day)
    from bed_stock as r
    join month as m on m.month = r.month
    group by r.provider_id
    union all
    select 'task', r.department, max(m.last_day)
    from task_progress as r
    join month as m on m.month = r.month
    group by r.department
),
unit as (
    select 'canteen' as module, c.canteen_id as unit_id, c.canteen as unit, c.provider_id, c.community_code as area_code
    from canteen_month as c
    join latest as m on m.month = c.month
    union all
    select 'venue', s.site_id, s.name, s.provider_id, s.community_code
    from site_month as s
    join latest as m on m.month = s.month
    join (select site_id from venue_opening union select site_id from venue_visit) as v on v.site_id = s.site_id
    union all
    select 'bed', l.provider_id, p.name, l.provider_id, l.community_code
    from provider_place as l
    join latest as m on m.month = l.month
    join provider_provider as p on p.provider_id = l.provider_id
    join (select distinct provider_id from bed_stock) as b on b.provider_id = l.provider_id
    where l.operating
    union all
    select 'task', d.department, d.department, null, coalesce(s.code, (select min(code) from area where level = 1))
    from (select distinct department from task_duty where role = '牵头') as d
    left join area as s on s.level = 2 and s.name = d.department
)
select m.month, u.module, u.unit_id, u.unit, u.provider_id,
       coalesce(u.area_code, (select min(code) from area where level = 1)) as area_code,
       n.newest_on, coalesce(n.newest_on >= m.first_day, false) as on_time,
       date_diff('day', n.newest_on, m.last_day) as days_behind
from unit as u
cross join latest as m
left join newest as n on n.module = u.module and n.unit_id = u.unit_id
