-- title: 监管措施
-- grain: one regulatory step against a provider, in the month of its decision (also before the first month reported: evidence rests on it)
-- taken in a case of the product's ledger or reported by the system of inspections
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   action_id       措施编号
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   kind            措施种类
--   decided_on      决定日期
--   document_no     文号
with step as (
    select action_id, provider_id, kind, decided_on, document_no from inspection_action
    union all
    select measure_id as action_id, provider_id, kind, decided_on, document_no from ledger_measure
)
select strftime(a.decided_on, '%Y-%m') as month, a.action_id, a.provider_id,
       coalesce(l.name, v.name) as provider_name,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       a.kind, a.decided_on, a.document_no
from step as a
left join provider_provider as v on v.provider_id = a.provider_id
left join provider_place as l on l.provider_id = a.provider_id and l.month = strftime(a.decided_on, '%Y-%m')
where a.decided_on <= (select max(last_day) from month)
