-- fact: star · 近 12 个月的监管星级
-- happened_on: the last day of the rated month · source: rating
-- column: star | number | 星级
-- column: score | number | 得分
-- column: rated_month | text | 评级月份
-- column: months_ago | number | 距本月的月数（本月为 0）
select m.month, r.provider_id, n.last_day as happened_on, 'rating' as source_table, r.provider_id || '/' || r.month as row_key,
       r.star, r.score, strftime(n.last_day, '%Y年%-m月') as rated_month, m.idx - n.idx as months_ago
from policy_month m
join policy_month n on n.idx between m.idx - 11 and m.idx
join policy_rating r on r.month = n.month
where r.star is not null
