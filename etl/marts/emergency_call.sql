-- title: 应急呼叫
-- grain: one emergency call, in the month in which it came in
-- community_code: where the caller lives; where the caller is not known, of the main site of the provider sent; else the district
-- area: community_code
-- time: month
-- monthly: call_call.called_at! provider_place
-- keyed: call_call.elder_id elder_link.elder_id
-- rows: call_call.call_id
-- provider: provider_id
-- key: call_id
-- columns:
--   month               月份
--   call_id             流水号
--   called_at           来电时间
--   elder_id            老年人编号
--   elder_name          老年人 [name]
--   community_code      所属区划代码
--   answered_after_s    应答用时（秒）
--   dispatched_after_s  派单用时（秒）
--   arrived_after_s     到场用时（秒）
--   provider_id         承办单位编号
--   provider_name       承办单位
--   outcome             处理结果
select c.month, c.call_id, c.called_at, coalesce(e.person_id, c.elder_id) as elder_id, e.elder_name,
       coalesce(e.community_code, l.community_code, (select min(code) from area where level = 1)) as community_code,
       c.answered_after_s, c.dispatched_after_s, c.arrived_after_s, c.provider_id, l.name as provider_name, c.outcome
from (select *, strftime(called_at, '%Y-%m') as month from call_call where kind = '应急') as c
left join elder_link as e on e.elder_id = c.elder_id
left join provider_place as l on l.provider_id = c.provider_id and l.month = c.month
where c.month in (select month from month)
