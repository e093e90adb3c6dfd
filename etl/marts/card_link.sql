-- title: 服务卡与老年人对应
-- grain: one service card number of the register
-- The card of a person registered twice leads to the person; a number given to several goes to whoever's record is newest.
-- columns:
--   card_no         服务卡号 [account]
--   person_id       归并后编号
--   elder_name      姓名 [name]
--   community_code  常住社区
--   died_on         死亡日期
with held as (
    select card_no, elder_id, updated_at from registry_elder where card_no is not null
),
-- Nearly every number has one holder: only the others have to be put in order.
shared as (
    select card_no from held group by card_no having count(*) > 1
),
newest as (
    select h.card_no, h.elder_id, row_number() over (partition by h.card_no order by h.updated_at desc, h.elder_id) as position
    from held as h
    join shared as s on s.card_no = h.card_no
)
select h.card_no, l.person_id, l.elder_name, l.community_code, case when p.status = '死亡' then p.status_on end as died_on
from held as h
left join newest as n on n.card_no = h.card_no and n.elder_id = h.elder_id
join elder_link as l on l.elder_id = h.elder_id
join registry_elder as p on p.elder_id = l.person_id
where coalesce(n.position, 1) = 1
