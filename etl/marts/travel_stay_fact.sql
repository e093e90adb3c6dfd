-- title: 旅居入住
-- grain: one group of travelling elders staying with a provider, in the month of its arrival
-- community_code: of the host's main site
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   stay_id         团组编号
--   provider_id     单位编号
--   provider_name   接待单位
--   community_code  单位所在社区代码
--   origin_city     来源城市
--   sender          组织单位
--   guests          旅居人数
--   arrived_on      到达日期
--   left_on         离开日期
--   fee             团组费用（元）
select s.month, s.stay_id, s.provider_id, l.name as provider_name,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       s.origin_city, s.sender, s.guests, s.arrived_on, s.left_on, s.fee
from (select *, strftime(arrived_on, '%Y-%m') as month from alliance_group_stay) as s
left join provider_place as l on l.provider_id = s.provider_id and l.month = s.month
where s.month in (select month from month)
