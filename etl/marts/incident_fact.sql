-- title: 机构自报事件
-- grain: one incident that a provider reported itself, in the month in which it happened
-- provider: by credit code, else by the exact name (where only one provider bears it)
-- community_code: of the provider's main site; the district's own code where the provider is not known
-- area: community_code
-- time: month
-- provider: provider_id
-- key: report_no
-- columns:
--   month           月份
--   report_no       报告编号
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   happened_at     发生时间
--   kind            事件类别
--   harm            后果
--   sent            已送医
--   reported_at     报告时间
--   late            逾期报告
--   story           经过简述 [text]
with named as (
    select name, min(provider_id) as provider_id from provider_provider group by name having count(*) = 1
),
report as (
    select strftime(r.happened_at, '%Y-%m') as month, r.report_no, r.elder_id, r.happened_at, r.kind, r.harm, r.sent, r.reported_at, r.story,
           r.provider_name, coalesce(e.provider_id, n.provider_id) as provider_id
    from incident_report as r
    left join employer as e on e.credit_code = r.credit_code
    left join named as n on n.name = r.provider_name
)
select r.month, r.report_no, r.provider_id, coalesce(p.name, r.provider_name) as provider_name,
       coalesce(p.community_code, (select min(code) from area where level = 1)) as community_code,
       coalesce(l.person_id, r.elder_id) as elder_id, l.elder_name, r.happened_at, r.kind, r.harm, r.sent, r.reported_at,
       r.harm in ('重伤', '死亡') and date_diff('minute', r.happened_at, r.reported_at) > 1440 as late, r.story
from report as r
left join provider_place as p on p.provider_id = r.provider_id and p.month = r.month
left join elder_link as l on l.elder_id = r.elder_id
where r.month in (select month from month)
