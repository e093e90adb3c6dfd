-- title: 事件月报与零报告核对
-- grain: one operating provider that has to report incidents every month × month
-- Who reports, and by what day of the next month, says incident_duty (policies/incident.yaml). A provider registered within the month is not asked.
-- missing: incidents of the month in its care that hospital, call centre or a device has a record of and that it did not report; a complaint
-- names neither elder nor day and contradicts nobody; doubtful links do not count (incident_known)
-- standing: 零报告存疑 and 自相矛盾 (a zero report beside a report of the same month) are questions, 未报 is a fact once the day has passed
-- provider: by credit code, else by the exact name (where only one provider bears it)
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   reports         自报事件数
--   zero            作零报告
--   missing         别处有记录而未自报
--   due             报告期已满
--   doubted         零报告不符
--   standing        月报情况
with named as (
    select name, min(provider_id) as provider_id from provider_provider group by name having count(*) = 1
),
zero as (
    select distinct z.month, coalesce(e.provider_id, n.provider_id) as provider_id
    from incident_zero as z
    left join employer as e on e.credit_code = z.credit_code
    left join named as n on n.name = z.provider_name
),
own as (
    select month, provider_id, count(*) as reports from incident_fact where provider_id is not null group by month, provider_id
),
others as (
    select month, provider_id, count(*) as missing
    from incident_known
    where counted and not reported and (by_hospital or by_call or by_device)
    group by month, provider_id
),
joined as (
    select m.month, p.provider_id, p.name as provider_name, p.community_code, coalesce(o.reports, 0) as reports, z.provider_id is not null as zero,
           coalesce(k.missing, 0) as missing, date_diff('day', m.last_day, (select max(last_day) from month)) >= d.due_day as due
    from month as m
    join incident_duty as d on d.valid_from <= m.month and coalesce(d.valid_to, '9999-12') > m.month
    join provider_provider as r on r.kind = d.kind and r.registered_on < m.first_day
    join provider_place as p on p.provider_id = r.provider_id and p.month = m.month and p.operating
    left join zero as z on z.month = m.month and z.provider_id = p.provider_id
    left join own as o on o.month = m.month and o.provider_id = p.provider_id
    left join others as k on k.month = m.month and k.provider_id = p.provider_id
)
select month, provider_id, provider_name, community_code, reports, zero, missing, due, zero and (reports > 0 or missing > 0) as doubted,
       case when zero and reports > 0 then '自相矛盾'
            when zero and missing > 0 then '零报告存疑'
            when zero then '零报告'
            when reports > 0 then '已报事件'
            when due then '未报'
            else '未到期' end as standing
from joined
