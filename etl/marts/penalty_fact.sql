-- title: 行政处罚
-- grain: one administrative penalty, in the month of its decision (also before the first month reported: evidence may rest on it)
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   penalty_id      处罚编号
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   decided_on      决定日期
--   kind            处罚种类
--   reason          事由
--   amount          罚款金额（元）
select strftime(p.decided_on, '%Y-%m') as month, p.penalty_id, p.provider_id,
       coalesce(l.name, v.name) as provider_name,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       p.decided_on, p.kind, p.reason, p.amount
from inspection_penalty as p
left join provider_provider as v on v.provider_id = p.provider_id
left join provider_place as l on l.provider_id = p.provider_id and l.month = strftime(p.decided_on, '%Y-%m')
where p.decided_on <= (select max(last_day) from month)
