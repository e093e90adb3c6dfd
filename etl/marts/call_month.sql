-- title: 呼叫中心来电（按月）
-- grain: calls of one kind from one community in a month
-- community_code: where the caller lives; where the caller is not known, of the main site of the provider sent; else the district
-- answered: somebody took the call
-- area: community_code
-- time: month
-- columns:
--   month           月份
--   kind            来电类别
--   community_code  所属区划代码
--   calls           来电（次）
--   answered        已接听（次）
with one as (
    select strftime(c.called_at, '%Y-%m') as month, c.kind, c.elder_id, c.provider_id, c.answered_after_s is not null as answered
    from call_call as c
)
select c.month, c.kind,
       coalesce(e.community_code, l.community_code, (select min(code) from area where level = 1)) as community_code,
       count(*) as calls, sum(case when c.answered then 1 else 0 end) as answered
from one as c
left join elder_link as e on e.elder_id = c.elder_id
left join provider_place as l on l.provider_id = c.provider_id and l.month = c.month
where c.month in (select month from month)
group by c.month, c.kind, coalesce(e.community_code, l.community_code, (select min(code) from area where level = 1))
