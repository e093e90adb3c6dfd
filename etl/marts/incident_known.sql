-- title: 别处已知的照护期间事件
-- grain: one incident in a provider's care that others have a record of, in the month in which it happened
-- Records of one elder in one provider's care that lie within the policy's days are one incident. A complaint, which names no elder, is one
-- of its own only where no other record of the provider lies within its days.
-- reported: the provider reported an incident of a kind that fits, within the policy's days (of that elder, or of none named)
-- counted: the days in which a report would fit have passed, and who the elder is stands beyond doubt (docs/linking.md)
-- area: community_code
-- time: month
-- provider: provider_id
-- key: incident_id
-- columns:
--   month           月份
--   incident_id     核对编号
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   happened_at     发生时间
--   care            照护方式
--   says            记录所述
--   by_hospital     医疗有记录
--   by_call         呼叫有记录
--   by_device       设备有记录
--   by_complaint    投诉有记录
--   source_table    首条记录来源表
--   row_key         首条记录编号
--   report_no       自报编号
--   reported        已自报
--   counted         计入核对
--   standing        核对情况
with ordered as (
    select *, coalesce(elder_id, row_key) as whom,
           coalesce(date_diff('day', lag(happened_at) over (
               partition by provider_id, coalesce(elder_id, row_key) order by happened_at, row_key), happened_at) > before, true) as fresh
    from incident_source
),
numbered as (
    select *, sum(case when fresh then 1 else 0 end) over (
               partition by provider_id, whom order by happened_at, row_key rows between unbounded preceding and current row) as nth
    from ordered
),
told as (
    select n.*
    from numbered as n
    left join (
        select distinct c.row_key
        from incident_source as c
        join incident_source as o on o.provider_id = c.provider_id and o.elder_id is not null
        where c.source = '投诉' and date_diff('day', o.happened_at, c.happened_at) <= c.before
          and date_diff('day', o.happened_at, c.happened_at) >= 0 - c.after
    ) as same on n.source = '投诉' and same.row_key = n.row_key
    where same.row_key is null
),
agreed as (
    select t.provider_id, t.whom, t.nth, min(f.report_no) as report_no
    from told as t
    join incident_rule as r on r.source = t.source and r.says = t.says
    join incident_fact as f on f.provider_id = t.provider_id and f.kind = r.kind
    where (f.elder_id = t.elder_id or f.elder_id is null or t.elder_id is null)
      and r.valid_from <= strftime(t.happened_at, '%Y-%m') and coalesce(r.valid_to, '9999-12') > strftime(t.happened_at, '%Y-%m')
      and date_diff('day', f.happened_at, t.happened_at) <= t.before and date_diff('day', f.happened_at, t.happened_at) >= 0 - t.after
    group by t.provider_id, t.whom, t.nth
),
doubt as (
    select person_id as elder_id from person_link where not certain
    union
    select elder_id from person_link where not certain
),
incident as (
    select t.provider_id, t.whom, t.nth, min(t.elder_id) as elder_id, min(t.elder_name) as elder_name, min(t.happened_at) as happened_at,
           min(t.care) as care, arg_min(t.says, concat(t.happened_at, t.row_key)) as says,
           arg_min(t.source_table, concat(t.happened_at, t.row_key)) as source_table,
           arg_min(t.row_key, concat(t.happened_at, t.row_key)) as row_key,
           count(*) filter (where t.source = '医疗') > 0 as by_hospital, count(*) filter (where t.source = '呼叫') > 0 as by_call,
           count(*) filter (where t.source = '设备') > 0 as by_device, count(*) filter (where t.source = '投诉') > 0 as by_complaint,
           max(t.after) as after
    from told as t
    group by t.provider_id, t.whom, t.nth
),
judged as (
    select i.*, strftime(i.happened_at, '%Y-%m') as month, a.report_no, a.report_no is not null as reported, d.elder_id is not null as doubtful,
           date_diff('day', i.happened_at, (select max(last_day) from month)) >= i.after as due
    from incident as i
    left join agreed as a on a.provider_id = i.provider_id and a.whom = i.whom and a.nth = i.nth
    left join doubt as d on d.elder_id = i.elder_id
)
select j.month, concat(j.source_table, '-', j.row_key) as incident_id, j.provider_id, p.name as provider_name, p.community_code,
       j.elder_id, j.elder_name, j.happened_at, j.care, j.says, j.by_hospital, j.by_call, j.by_device, j.by_complaint,
       j.source_table, j.row_key, j.report_no, j.reported, j.due and not j.doubtful as counted,
       case when j.reported then '已自报' when j.doubtful then '身份存疑' when not j.due then '未到期' else '需核查' end as standing
from judged as j
join provider_place as p on p.provider_id = j.provider_id and p.month = j.month
