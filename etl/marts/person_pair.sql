-- title: 疑似同一人的配对
-- grain: two elder numbers that are, or may be, one person
-- rule: 同一身份证号 / 同一服务卡号 / 同名同生日同电话 decide by themselves; 综合评分 weighs all comparisons as Fellegi and Sunter do
-- score: the weights of all comparisons added (binary logarithm of the odds that the two are one person); 7 means more than 99 to 1
-- certain: may be merged. Two different ID numbers are never merged by their score, nor are names that merely resemble each other: twins
-- share birthday, address, telephone and half the name. They stay for review.
-- columns:
--   elder_id  老年人编号
--   other_id  另一编号
--   rule      依据
--   score     评分
--   certain   确定
with size as (
    select count(*) as n from elder_identity
),
often_name as (
    select name_plain, count(*) as n from elder_identity where name_plain is not null group by name_plain
),
often_sound as (
    select name_sound, count(*) as n from elder_identity where name_sound is not null group by name_sound
),
weight as (
    select w.trait, w.outcome, w.m, log2(w.m / coalesce(w.u, c.u)) as bits
    from link_weight as w
    left join link_chance as c on c.trait = w.trait and c.outcome = w.outcome
),
scored as (
    select p.*,
           log2(2 * (select m from link_weight where trait = 'before') / s.n)
           + case p.name
                 when 'same' then log2((select m from link_weight where trait = 'name' and outcome = 'same') * s.n / f.n)
                 when 'sound' then log2((select m from link_weight where trait = 'name' and outcome = 'sound') * s.n / g.n)
                 else n.bits end
           + b.bits + x.bits + t.bits + k.bits + l.bits + coalesce(i.bits, 0) as score
    from link_candidate as p
    cross join size as s
    left join often_name as f on f.name_plain = p.name_plain
    left join often_sound as g on g.name_sound = p.name_sound
    left join weight as n on n.trait = 'name' and n.outcome = p.name
    left join weight as b on b.trait = 'birth' and b.outcome = p.birth
    left join weight as x on x.trait = 'sex' and x.outcome = p.sex
    left join weight as t on t.trait = 'phone' and t.outcome = p.phone
    left join weight as k on k.trait = 'card' and k.outcome = p.card
    left join weight as l on l.trait = 'place' and l.outcome = p.place
    left join weight as i on i.trait = 'number' and i.outcome = p.number
)
select elder_id, other_id,
       case when number = 'same' then '同一身份证号'
            when card = 'same' and birth = 'same' then '同一服务卡号'
            when number = 'unknown' and name = 'same' and birth = 'same' and sex = 'same' and phone = 'same' then '同名同生日同电话'
            else '综合评分' end as rule,
       round(score, 2) as score,
       case when number = 'same' then name <> 'other' or birth <> 'other'
            when card = 'same' and birth = 'same' then name <> 'other'
            when number = 'other' then false
            when name = 'same' and birth = 'same' and sex = 'same' and phone = 'same' then true
            else score >= 7 and name in ('same', 'sound') end as certain
from scored
where number = 'same' or card = 'same' and birth = 'same' or score >= -1
