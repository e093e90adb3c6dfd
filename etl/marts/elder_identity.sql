-- title: 老年人身份特征
-- grain: one elder number of the register, with what tells a person from another
-- name_plain: letters only, in today's characters; name_sound: the readings of its characters (a character without a known reading: itself)
-- phone, card_no: null where four or more numbers share it: what a whole household or an office uses proves nothing
-- columns:
--   elder_id        老年人编号
--   id_number       身份证号 [id]
--   name_plain      姓名（通行写法） [name]
--   name_sound      姓名（读音） [name]
--   sex             性别
--   birth_date      出生日期
--   phone           联系电话 [phone]
--   card_no         服务卡号 [account]
--   community_code  常住社区
--   street_code     街道
with written as (
    select distinct name, upper(regexp_replace(name, '[^\p{L}\p{N}]', '', 'g')) as letters
    from registry_elder
    where name is not null
),
letter as (
    select name, unnest(range(1, length(letters) + 1)) as place, letters
    from written
),
spelt as (
    select l.name,
           string_agg(coalesce(s.plain, substr(l.letters, l.place, 1)), '' order by l.place) as name_plain,
           string_agg(coalesce(s.sound, substr(l.letters, l.place, 1)), ' ' order by l.place) as name_sound
    from letter as l
    left join name_sign as s on s.sign = substr(l.letters, l.place, 1)
    group by l.name
),
called as (
    select elder_id, nullif(right(regexp_replace(phone, '\D', '', 'g'), 11), '') as phone
    from registry_elder
)
select e.elder_id, e.id_number, s.name_plain, s.name_sound, e.sex, e.birth_date,
       case when length(c.phone) >= 7 and count(*) over (partition by c.phone) < 4 then c.phone end as phone,
       case when e.card_no is not null and count(*) over (partition by e.card_no) < 4 then e.card_no end as card_no,
       e.community_code, a.street_code
from registry_elder as e
left join spelt as s on s.name = e.name
left join called as c on c.elder_id = e.elder_id
left join area as a on a.code = e.community_code
