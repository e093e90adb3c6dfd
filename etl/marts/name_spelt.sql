-- title: 姓名写法与读音
-- grain: one name of the register as it was delivered (it changes only when a name does, so that an elder who moves costs none of this)
-- name_plain: letters only, in today's characters; name_sound: the readings of its characters (a character without a known reading: itself)
-- columns:
--   name        姓名 [name]
--   name_plain  姓名（通行写法） [name]
--   name_sound  姓名（读音） [name]
with written as (
    select distinct name, upper(regexp_replace(name, '[^\p{L}\p{N}]', '', 'g')) as letters
    from registry_elder
    where name is not null
),
letter as (
    select name, unnest(range(1, length(letters) + 1)) as place, letters
    from written
)
select l.name,
       string_agg(coalesce(s.plain, substr(l.letters, l.place, 1)), '' order by l.place) as name_plain,
       string_agg(coalesce(s.sound, substr(l.letters, l.place, 1)), ' ' order by l.place) as name_sound
from letter as l
left join name_sign as s on s.sign = substr(l.letters, l.place, 1)
group by l.name
