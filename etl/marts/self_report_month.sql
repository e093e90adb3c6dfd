-- title: 自报核对（按月）
-- grain: one operating provider with an incident known to others in the policy's months up to and including a month
-- verdict: 样本不足 below the policy's number of incidents; 需核查 is a question to the provider, not a finding
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   months          核对月数
--   known           别处已知事件
--   reported        其中已自报
--   missing         其中未自报
--   rate            自报率（%）
--   verdict         核对结论
with rule as (
    select m.month, m.first_day, max(r.months) as months, max(r.at_least) as at_least, max(r.missing) as missing, max(r.below) as below
    from month as m
    join incident_rule as r on r.valid_from <= m.month and coalesce(r.valid_to, '9999-12') > m.month
    group by m.month, m.first_day
),
summed as (
    select r.month, k.provider_id, count(*) as known, count(*) filter (where k.reported) as reported
    from incident_known as k
    join month as b on b.month = k.month
    join rule as r on date_diff('month', b.first_day, r.first_day) >= 0 and date_diff('month', b.first_day, r.first_day) < r.months
    where k.counted
    group by r.month, k.provider_id
)
select s.month, s.provider_id, p.name as provider_name, p.community_code, r.months, s.known, s.reported, s.known - s.reported as missing,
       100.0 * s.reported / s.known as rate,
       case when s.known < r.at_least then '样本不足'
            when s.known - s.reported >= r.missing and s.reported < r.below * s.known then '需核查'
            else '未见异常' end as verdict
from summed as s
join rule as r on r.month = s.month
join provider_place as p on p.provider_id = s.provider_id and p.month = s.month
where p.operating
