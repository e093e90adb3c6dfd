-- title: 比对结果的偶然概率
-- grain: one outcome of a comparison that chance alone brings about in this register
-- u: how often two numbers taken at random agree, the sum of the squared shares of all values
-- columns:
--   trait    比较项
--   outcome  比较结果
--   u        偶然一致的概率
with often as (
    select cast(count(*) as double) as n from elder_identity where community_code is not null group by community_code
)
select trait, outcome, u from trait_chance
union all
select 'place', 'same', sum(n * n) / (sum(n) * sum(n)) from often having count(*) > 0
