-- title: 同一人的编号
-- grain: one elder number beside the one that stands for its person, or, doubtful, for another person
-- person_id: the number whose record is the newest of all numbers of the person. certain: merged everywhere; what is not certain is
-- listed for review only: nobody is counted once less, and no payment is called double, for a doubt.
-- A number without ID number that fits two persons of different ID numbers is certain for neither.
-- columns:
--   person_id  归并后编号
--   elder_id   老年人编号
--   rule       依据
--   score      评分
--   certain    确定
with recursive crowd as (
    -- One ID number that very many share: each is joined with the first of them. (Counted first: a window would sort the whole register.)
    select elder_id, first_id
    from (
        select elder_id, birth_date,
               min(elder_id) over (partition by id_number) as first_id,
               first_value(birth_date) over (partition by id_number order by elder_id) as first_birth
        from elder_identity
        where id_number in (select id_number from elder_identity where id_number is not null group by id_number having count(*) > 20)
    ) as t
    where elder_id <> first_id and birth_date = first_birth
),
edge as (
    select elder_id as a, other_id as b, rule from person_pair where certain
    union
    select other_id, elder_id, rule from person_pair where certain
    union
    select elder_id, first_id, '同一身份证号' from crowd
    union
    select first_id, elder_id, '同一身份证号' from crowd
),
-- Everybody whom documents join, then everybody joined at all: the smallest number reached is the name of the group.
paper (elder_id, head) as (
    select distinct a, a from edge
    union
    select e.b, p.head from paper as p join edge as e on e.a = p.elder_id and e.rule <> '综合评分' where p.head < e.b
),
whole (elder_id, head) as (
    select distinct a, a from edge
    union
    select e.b, w.head from whole as w join edge as e on e.a = w.elder_id where w.head < e.b
),
paper_group as (
    select elder_id, min(head) as head from paper group by elder_id
),
whole_group as (
    select elder_id, min(head) as head from whole group by elder_id
),
-- A group in which the score alone joins two documented persons is no one person: only its documents count.
torn as (
    select w.head
    from whole_group as w
    join paper_group as p on p.elder_id = w.elder_id
    join elder_identity as i on i.elder_id = w.elder_id
    where i.id_number is not null
    group by w.head
    having count(distinct p.head) > 1
),
member as (
    select w.elder_id, case when t.head is null then w.head else p.head end as head
    from whole_group as w
    join paper_group as p on p.elder_id = w.elder_id
    left join torn as t on t.head = w.head
),
named as (
    select m.elder_id, m.head,
           first_value(m.elder_id) over (partition by m.head order by e.updated_at desc, m.elder_id) as person_id
    from member as m
    join registry_elder as e on e.elder_id = m.elder_id
),
best as (
    select t.elder_id, arg_max(t.rule, concat(t.rank, '/', t.rule)) as rule, max(t.score) as score
    from (
        select elder_id, rule, score, case when rule = '综合评分' then 0 else 1 end as rank from person_pair where certain
        union all
        select other_id, rule, score, case when rule = '综合评分' then 0 else 1 end from person_pair where certain
    ) as t
    group by t.elder_id
),
sure as (
    select n.person_id, n.elder_id, coalesce(b.rule, '同一身份证号') as rule, b.score, true as certain
    from named as n
    left join best as b on b.elder_id = n.elder_id
    where n.elder_id <> n.person_id
),
doubt as (
    select coalesce(a.person_id, p.elder_id) as person_id, coalesce(b.person_id, p.other_id) as elder_id, p.rule, p.score
    from person_pair as p
    left join named as a on a.elder_id = p.elder_id
    left join named as b on b.elder_id = p.other_id
)
select person_id, elder_id, rule, score, certain from sure
union all
select least(person_id, elder_id), greatest(person_id, elder_id), arg_max(rule, score), max(score), false
from doubt
where person_id <> elder_id
group by least(person_id, elder_id), greatest(person_id, elder_id)
