-- title: 床位匹配
-- grain: one match of a request with an offered bed, in the month in which both sides confirmed it
-- community_code: of the main site of the provider whose bed it is, so that it stands beside the beds offered
-- days: whole days from the request to the confirmation
-- area: community_code
-- time: month
-- provider: provider_id
-- key: match_id
-- columns:
--   month           月份
--   match_id        匹配编号
--   request_id      需求编号
--   offer_id        供给编号
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   origin          来源
--   bed_type        床位类型
--   requested_at    提出时间
--   confirmed_at    双方确认时间
--   moved_in_on     入住日期
--   days            匹配用时（天）
--   outcome         结果
select x.month, x.match_id, x.request_id, x.offer_id, o.provider_id, l.name as provider_name,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       coalesce(e.person_id, r.elder_id) as elder_id, e.elder_name, r.origin, o.bed_type, r.requested_at, x.confirmed_at, x.moved_in_on,
       date_diff('day', cast(r.requested_at as date), cast(x.confirmed_at as date)) as days, x.outcome
from (select *, strftime(confirmed_at, '%Y-%m') as month from alliance_match where confirmed_at is not null) as x
join alliance_request as r on r.request_id = x.request_id
join alliance_offer as o on o.offer_id = x.offer_id
left join elder_link as e on e.elder_id = r.elder_id
left join provider_place as l on l.provider_id = o.provider_id and l.month = x.month
where x.month in (select month from month)
