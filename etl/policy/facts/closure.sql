-- fact: closure · 注销
-- happened_on: the day of closing · source: provider_provider
-- column: in_exit | bool | 注销时正处于拟退出或退出程序
select m.month, p.provider_id, p.closed_on as happened_on, 'provider_provider' as source_table, p.provider_id as row_key,
       exists (from policy_in_action a where a.provider_id = p.provider_id and a.kind in ('拟退出', '退出决定')
               and a.decided_on <= p.closed_on
               and not exists (from policy_in_action b where b.provider_id = a.provider_id and b.kind = '恢复'
                               and b.decided_on between a.decided_on and p.closed_on)) as in_exit
from policy_month m join policy_in_provider p on p.closed_on <= m.last_day
