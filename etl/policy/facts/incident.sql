-- fact: incident · 别处已知的照护期间事件（医疗、呼叫、设备、投诉有记录，计入自报核对的）
-- happened_on: the day it happened · source: incident_known
-- column: says | text | 别处记录所述
-- column: care | text | 照护方式 | 在住,上门服务,未指明
-- column: reported | bool | 已自报
-- column: verdict | text | 截至月末的核对结论（样本不足的不作判断） | 需核查,未见异常,样本不足
select m.month, k.provider_id, k.happened_on, 'incident_known' as source_table, k.incident_id as row_key,
       k.says, k.care, k.reported, coalesce(v.verdict, '样本不足') as verdict
from policy_month m
join policy_in_incident_known k on k.happened_on <= m.last_day
left join policy_in_self_report_month v on v.provider_id = k.provider_id and v.month = m.month
where k.counted
