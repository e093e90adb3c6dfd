-- title: 本人特征的偶然一致概率
-- grain: one outcome of comparing what an elder takes along when moving, as chance alone brings it about in this register (a step of link_chance)
-- u: how often two numbers taken at random agree, the sum of the squared shares of all values
-- columns:
--   trait    比较项
--   outcome  比较结果
--   u        偶然一致的概率
with value as (
    select 'name' as trait, 'same' as outcome, name_plain as v from elder_identity
    union all
    select 'name', 'sound', name_sound from elder_identity
    union all
    select 'birth', 'same', cast(birth_date as varchar) from elder_identity
    union all
    select 'phone', 'same', phone from elder_identity
    union all
    select 'card', 'same', card_no from elder_identity
),
often as (
    select trait, outcome, cast(count(*) as double) as n from value where v is not null group by trait, outcome, v
)
select trait, outcome, sum(n * n) / (sum(n) * sum(n)) as u from often group by trait, outcome
