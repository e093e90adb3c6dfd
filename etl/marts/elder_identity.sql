-- title: 老年人身份特征
-- grain: one elder number of the register, with what tells a person from another
-- name_plain, name_sound: see name_spelt
-- phone, card_no: null where many share it, see common_number
-- keyed: registry_elder.elder_id
-- rows: elder_id
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
with called as (
    select elder_id, id_number, name, sex, birth_date, card_no, community_code, nullif(right(regexp_replace(phone, '\D', '', 'g'), 11), '') as phone
    from registry_elder
)
select e.elder_id, e.id_number, s.name_plain, s.name_sound, e.sex, e.birth_date,
       case when length(e.phone) >= 7 and p.number is null then e.phone end as phone,
       case when c.number is null then e.card_no end as card_no,
       e.community_code, a.street_code
from called as e
left join name_spelt as s on s.name = e.name
left join common_number as p on p.kind = 'phone' and p.number = e.phone
left join common_number as c on c.kind = 'card' and c.number = e.card_no
left join area as a on a.code = e.community_code
