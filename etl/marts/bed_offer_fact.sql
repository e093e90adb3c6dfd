-- title: 联盟床位发布
-- grain: one offer of beds to the alliance, in the month in which it was published
-- community_code: of the offering provider's main site
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   offer_id        供给编号
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   bed_type        床位类型
--   beds            可供床位数
--   monthly_fee     月收费（元）
--   reach           接收范围
--   published_at    发布时间
--   available_from  可入住日期
--   status          状态
select o.month, o.offer_id, o.provider_id, l.name as provider_name,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       o.bed_type, o.beds, o.monthly_fee, o.reach, o.published_at, o.available_from, o.status
from (select *, strftime(published_at, '%Y-%m') as month from alliance_offer) as o
left join provider_place as l on l.provider_id = o.provider_id and l.month = o.month
where o.month in (select month from month)
