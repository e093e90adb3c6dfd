-- title: 疑似同一人的编号对（不看住址）
-- grain: two elder numbers that are worth comparing wherever they live (a step of link_candidate: an elder who moves costs none of this)
-- They share a telephone, a card, an ID number, or a birthday and one end of the name's reading; two whole ID numbers that differ are
-- compared only where a card, or the reading of the name with the birthday, agrees.
-- columns:
--   elder_id  老年人编号
--   other_id  另一编号
with person as (
    select elder_id, id_number, birth_date, phone, card_no, name_sound, split_part(name_sound, ' ', 1) as first_sound, split_part(name_sound, ' ', -1) as last_sound
    from elder_identity
),
-- What several numbers share; what very many share (a number typed for want of one) pairs nobody.
shared_number as (
    select id_number from elder_identity where id_number is not null group by id_number having count(*) between 2 and 20
)
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
from person as a
join person as b on b.birth_date = a.birth_date and b.first_sound = a.first_sound and b.elder_id > a.elder_id
where a.id_number is null or b.id_number is null or a.name_sound = b.name_sound
union
select a.elder_id, b.elder_id
from person as a
join person as b on b.birth_date = a.birth_date and b.last_sound = a.last_sound and b.elder_id > a.elder_id
where a.id_number is null or b.id_number is null
