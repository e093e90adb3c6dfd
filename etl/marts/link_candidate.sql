-- title: 疑似同一人的编号对
-- grain: two elder numbers that may be one person, with the outcome of every comparison
-- Compared are numbers that share a telephone, a card, an ID number, a name in one community, or a birthday and one end of the name's
-- reading; two whole ID numbers that differ are compared only where a card, or the reading of the name with the birthday, agrees.
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
with person as (
    select *, split_part(name_sound, ' ', 1) as first_sound, split_part(name_sound, ' ', -1) as last_sound
    from elder_identity
),
-- What several numbers share; what very many share (a number typed for want of one, the name of half a village) pairs nobody.
shared_number as (
    select id_number from elder_identity where id_number is not null group by id_number having count(*) between 2 and 20
),
namesake as (
    select name_plain, community_code
    from elder_identity
    where name_plain is not null and community_code is not null
    group by name_plain, community_code
    having count(*) between 2 and 50
),
pair as (
    select a.elder_id, b.elder_id as other_id
    from person as a join person as b on b.phone = a.phone and b.elder_id > a.elder_id
    union
    select a.elder_id, b.elder_id
    from person as a join person as b on b.card_no = a.card_no and b.elder_id > a.elder_id
    union
    select a.elder_id, b.elder_id
    from shared_number as s
    join person as a on a.id_number = s.id_number
    join person as b on b.id_number = s.id_number and b.elder_id > a.elder_id
    union
    select a.elder_id, b.elder_id
    from namesake as s
    join person as a on a.name_plain = s.name_plain and a.community_code = s.community_code
    join person as b on b.name_plain = s.name_plain and b.community_code = s.community_code and b.elder_id > a.elder_id
    where a.id_number is null or b.id_number is null
    union
    select a.elder_id, b.elder_id
    from person as a
    join person as b on b.birth_date = a.birth_date and b.first_sound = a.first_sound and b.elder_id > a.elder_id
    where a.id_number is null or b.id_number is null or a.name_sound = b.name_sound
    union
    select a.elder_id, b.elder_id
    from person as a
    join person as b on b.birth_date = a.birth_date and b.last_sound = a.last_sound and b.elder_id > a.elder_id
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
