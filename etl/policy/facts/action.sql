-- fact: action · 监管措施与退出程序中的决定
-- happened_on: the day of the decision · source: inspection_action, ledger_measure
-- column: kind | text | 措施 | 立案关注,责令整改,复查不合格,约谈,拟退出,退出决定,恢复,注销
-- column: document_no | text | 文号
-- column: restored | bool | 此后（截至月末）已恢复
select m.month, a.provider_id, a.decided_on as happened_on, a.source_table, a.action_id as row_key,
       a.kind, a.document_no,
       a.kind <> '恢复' and coalesce(x.restored_on >= a.decided_on, false) as restored
from policy_month m
join policy_in_action a on a.decided_on <= m.last_day
left join policy_restored x on x.provider_id = a.provider_id and x.month = m.month
