-- fact: penalty · 行政处罚
-- happened_on: the day of the decision · source: inspection_penalty
-- column: kind | text | 处罚种类 | 警告,罚款,责令停业,移送
-- column: reason | text | 事由 | 欺诈骗补,虐待老人,无证经营,安全事故,其他
-- column: amount | money | 金额（元）
select m.month, p.provider_id, p.decided_on as happened_on, 'inspection_penalty' as source_table, p.penalty_id as row_key,
       p.kind, p.reason, p.amount
from policy_month m join policy_in_penalty p on p.decided_on <= m.last_day
