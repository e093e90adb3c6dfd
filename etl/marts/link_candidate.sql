-- title: 疑似同一人的编号对
-- grain: two elder numbers that may be one person, with the outcome of every comparison
-- Compared are the pairs of link_pair, and numbers that share a name in one community unless both have an ID number.
-- columns:
--   elder_id        老年人编号
--   other_id        另一编号
--   name            称呼比较
--   birth           生日比较
--   sex             性别比较
--   phone           联系方式比较
--   card            服务卡比较
--   place           住址比较
--   number          证号比较
--   name_sound      姓名（读音） [name]
--   name_plain      姓名（通行写法） [name]
with namesake as (
    -- The name of half a village pairs nobody.
    select name_plain, community_code
    from elder_identity
    where name_plain is not null and community_code is not null
    group by name_plain, community_code
    having count(*) between 2 and 50
),
neighbour as (
    select e.elder_id, e.id_number, e.name_plain, e.community_code
    from elder_identity as e
    join namesake as s on s.name_plain = e.name_plain and s.community_code = e.community_code
),
pair as (
    select elder_id, other_id from link_pair
    union
    select a.elder_id, b.elder_id
    from neighbour as a
    join neighbour as b on b.name_plain = a.name_plain and b.community_code = a.community_code and b.elder_id > a.elder_id
    where a.id_number is null or b.id_number is null
)
select p.elder_id, p.other_id,
       case when a.name_plain = b.name_plain then 'same'
            when a.name_sound = b.name_sound then 'sound'
            when jaro_winkler_similarity(a.name_sound, b.name_sound) >= 0.92 then 'close'
            else 'other' end as name,
       case when a.birth_date = b.birth_date then 'same'
            -- One of year, month and day mistyped, or month and day exchanged.
            when extract(year from a.birth_date) = extract(year from b.birth_date)
                 and extract(month from a.birth_date) = extract(month from b.birth_date) then 'near'
            when extract(year from a.birth_date) = extract(year from b.birth_date)
                 and extract(day from a.birth_date) = extract(day from b.birth_date) then 'near'
            when extract(month from a.birth_date) = extract(month from b.birth_date)
                 and extract(day from a.birth_date) = extract(day from b.birth_date) then 'near'
            when extract(year from a.birth_date) = extract(year from b.birth_date)
                 and extract(month from a.birth_date) = extract(day from b.birth_date)
                 and extract(day from a.birth_date) = extract(month from b.birth_date) then 'near'
            else 'other' end as birth,
       case when a.sex = b.sex then 'same' else 'other' end as sex,
       case when a.phone is null or b.phone is null then 'unknown' when a.phone = b.phone then 'same' else 'other' end as phone,
       case when a.card_no is null or b.card_no is null then 'unknown' when a.card_no = b.card_no then 'same' else 'other' end as card,
       case when a.community_code = b.community_code then 'same' when a.street_code = b.street_code then 'street'
            else 'other' end as place,
       case when a.id_number is null or b.id_number is null then 'unknown' when a.id_number = b.id_number then 'same'
            else 'other' end as number,
       b.name_sound, b.name_plain
from pair as p
join elder_identity as a on a.elder_id = p.elder_id
join elder_identity as b on b.elder_id = p.other_id
