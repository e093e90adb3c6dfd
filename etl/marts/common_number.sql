-- title: 多人共用的号码
-- grain: one telephone or service card number that four or more elder numbers share
-- What a whole household or an office uses proves nothing (a step of elder_identity: it changes only when a number does).
-- columns:
--   kind    类别
--   number  号码 [phone]
with called as (
    select nullif(right(regexp_replace(phone, '\D', '', 'g'), 11), '') as phone, card_no from registry_elder
)
select 'phone' as kind, phone as number from called where phone is not null group by phone having count(*) >= 4
union all
select 'card', card_no from called where card_no is not null group by card_no having count(*) >= 4
