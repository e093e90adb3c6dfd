-- title: 别处记录的照护期间事件（核对步骤）
-- grain: one record of others (hospital, call centre, device, hotline) that tells of an incident in a provider's care
-- Which records count says incident_rule (policies/incident.yaml). In care: after the day of admission to a bed and not after leaving it, or
-- while a visit goes on. A record that two providers could be meant by belongs to nobody. A complaint names no elder.
-- columns:
--   source        记录来源
--   source_table  来源表
--   row_key       记录编号
--   says          记录所述
--   happened_at   发生时间
--   elder_id      老年人编号
--   elder_name    老年人 [name]
--   provider_id   单位编号
--   care          照护方式
--   before        可早几日
--   after         可晚几日
with rule as (
    select distinct source, says, valid_from, valid_to, before, after from incident_rule
),
told as (
    select '医疗' as source, 'medical_referral' as source_table, referral_no as row_key, elder_id, cause as says,
           case when hurt_at < arrived_at then hurt_at else arrived_at end as happened_at
    from medical_referral
    union all
    select '呼叫', 'call_call', call_id, elder_id, outcome, called_at from call_call where kind = '应急'
    union all
    select '设备', 'device_alarm', a.alarm_id, d.elder_id, a.kind, a.raised_at
    from device_alarm as a
    join device_device as d on d.device_id = a.device_id
    where a.confirmation = '真实'
),
seen as (
    select t.source, t.source_table, t.row_key, t.says, t.happened_at, l.person_id as elder_id, l.elder_name, r.before, r.after
    from told as t
    join elder_link as l on l.elder_id = t.elder_id
    join rule as r on r.source = t.source and r.says = t.says
    where r.valid_from <= strftime(t.happened_at, '%Y-%m') and coalesce(r.valid_to, '9999-12') > strftime(t.happened_at, '%Y-%m')
),
number as (
    select distinct n.elder_id as number, s.elder_id from seen as s join elder_link as n on n.person_id = s.elder_id
),
stay as (
    select n.elder_id, b.provider_id, b.admitted_on, coalesce(b.left_on, date '9999-12-31') as left_on
    from bed_stay as b
    join number as n on n.number = b.elder_id
),
visit as (
    select n.elder_id, o.provider_id, o.signed_in_at, o.signed_out_at
    from order_order as o
    join number as n on n.number = o.elder_id
    where o.signed_out_at is not null
),
care as (
    select s.source_table, s.row_key, b.provider_id, '在住' as care
    from seen as s
    join stay as b on b.elder_id = s.elder_id
    where cast(s.happened_at as date) > b.admitted_on and cast(s.happened_at as date) <= b.left_on
    union
    select s.source_table, s.row_key, v.provider_id, '上门服务' as care
    from seen as s
    join visit as v on v.elder_id = s.elder_id
    where s.happened_at >= v.signed_in_at and s.happened_at <= v.signed_out_at
),
sure as (
    select source_table, row_key, min(provider_id) as provider_id, min(care) as care
    from care
    group by source_table, row_key
    having count(distinct provider_id) = 1
)
select s.source, s.source_table, s.row_key, s.says, s.happened_at, s.elder_id, s.elder_name, c.provider_id, c.care, s.before, s.after
from seen as s
join sure as c on c.source_table = s.source_table and c.row_key = s.row_key
union all
select '投诉', 'complaint_complaint', f.complaint_id, f.subject, f.received_at, null, null, f.provider_id, '未指明', r.before, r.after
from complaint_fact as f
join rule as r on r.source = '投诉' and r.says = f.subject
where f.provider_id is not null and r.valid_from <= f.month and coalesce(r.valid_to, '9999-12') > f.month
