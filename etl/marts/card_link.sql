-- title: 服务卡与老年人对应
-- grain: one service card number of the register
-- The card of a person registered twice leads to the person; a number given to several goes to whoever's record is newest.
-- columns:
--   card_no         服务卡号 [account]
--   person_id       归并后编号
--   elder_name      姓名 [name]
--   community_code  常住社区
--   died_on         死亡日期
select card_no, person_id, elder_name, community_code, died_on
from (
    select e.card_no, l.person_id, l.elder_name, l.community_code,
           case when p.status = '死亡' then p.status_on end as died_on,
           row_number() over (partition by e.card_no order by e.updated_at desc, e.elder_id) as position
    from registry_elder as e
    join elder_link as l on l.elder_id = e.elder_id
    join registry_elder as p on p.elder_id = l.person_id
    where e.card_no is not null
) as ranked
where position = 1
