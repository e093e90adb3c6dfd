-- title: 站点活动
-- grain: one activity held at a site
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   activity_id     活动编号
--   title           活动名称
--   kind            活动类别
--   site_id         站点编号
--   site            站点名称
--   provider_id     单位编号
--   community_code  所在社区代码
--   held_on         举办日期
--   minutes         时长（分钟）
--   participants    参加人数
select a.month, a.activity_id, a.title, a.kind, a.site_id, s.name as site, s.provider_id,
       coalesce(s.community_code, (select min(code) from area where level = 1)) as community_code,
       a.held_on, a.minutes, a.participants
from (select *, strftime(held_on, '%Y-%m') as month from venue_activity) as a
left join provider_site as s on s.site_id = a.site_id
where a.month in (select month from month)
