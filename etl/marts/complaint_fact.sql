-- title: 投诉
-- grain: one complaint, in the month in which it was received (also before the first month reported: evidence may rest on it)
-- provider: by credit code, else by the exact name (where only one provider bears it)
-- community_code: of the provider's main site; else the street named in the complaint (then it counts for street and district
-- only); else the district
-- due: its deadline has passed by the end of the data, or it has been answered; answered_in_time: answered by the deadline
-- area: community_code
-- time: month
-- monthly: complaint_complaint.received_at! provider_place
-- provider: provider_id
-- key: complaint_id
-- columns:
--   month             月份
--   complaint_id      工单编号
--   received_at       受理时间
--   channel           来电渠道
--   provider_id       单位编号
--   provider_name     被诉单位
--   community_code    所属区划代码
--   street_name       所属街道
--   subject           诉求类别
--   content           诉求内容 [text]
--   due_on            办理期限
--   answered_at       办结时间
--   answered          已办结
--   due               已到期或已办结
--   answered_in_time  按期办结
--   satisfied         满意
with named as (
    select name, min(provider_id) as provider_id from provider_provider group by name having count(*) = 1
),
street as (
    select name, min(code) as code
    from (
        select name, code from area where level = 2
        union
        select short_name as name, code from area where level = 2
    ) as spelling
    group by name
),
found as (
    select strftime(c.received_at, '%Y-%m') as month, c.complaint_id, c.received_at, c.channel, c.provider_name, c.street_name,
           c.subject, c.content, c.due_on, c.answered_at, c.satisfied, coalesce(e.provider_id, n.provider_id) as provider_id
    from complaint_complaint as c
    left join employer as e on e.credit_code = c.credit_code
    left join named as n on n.name = c.provider_name
    where c.received_at < (select max(last_day) from month) + interval 1 day
)
select f.month, f.complaint_id, f.received_at, f.channel, f.provider_id, coalesce(l.name, f.provider_name) as provider_name,
       coalesce(l.community_code, s.code, (select min(code) from area where level = 1)) as community_code,
       f.street_name, f.subject, f.content, f.due_on, f.answered_at,
       f.answered_at is not null as answered,
       f.due_on is not null and (f.answered_at is not null or f.due_on <= (select max(last_day) from month)) as due,
       coalesce(cast(f.answered_at as date) <= f.due_on, false) as answered_in_time,
       f.satisfied
from found as f
left join provider_place as l on l.provider_id = f.provider_id and l.month = f.month
left join street as s on s.name = f.street_name
