-- title: 站点客流（按月）
-- grain: one site with visits reported for a month
-- daily_visits: visits over the days of the month, whether or not all were reported; weekly_hours: of its opening times as reported last
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   site_id         站点编号
--   site            站点名称
--   provider_id     单位编号
--   community_code  所在社区代码
--   days            填报天数
--   visits          到访人次
--   daily_visits    日均到访人次
--   weekly_hours    每周开放小时
with opening as (
    select site_id,
           sum(date_diff('minute', cast('2000-01-01 ' || opens || ':00' as timestamp), cast('2000-01-01 ' || closes || ':00' as timestamp)))
               as minutes
    from venue_opening
    group by site_id
)
select v.month, v.site_id, s.name as site, s.provider_id,
       coalesce(s.community_code, (select min(code) from area where level = 1)) as community_code,
       v.days, v.visits,
       cast(v.visits / cast(extract(day from m.last_day) as double) as decimal(18, 4)) as daily_visits,
       cast(o.minutes / 60.0 as decimal(18, 2)) as weekly_hours
from (
    select strftime(day, '%Y-%m') as month, site_id, count(*) as days, sum(visits) as visits
    from venue_visit
    group by 1, 2
) as v
join month as m on m.month = v.month
left join provider_site as s on s.site_id = v.site_id
left join opening as o on o.site_id = v.site_id
