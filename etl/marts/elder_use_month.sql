-- title: 老年人使用服务情况（按月）
-- grain: one elder who had an order completed, a counted meal or a purchase with a service card in a month
-- A step of elder_month: an elder who did so before in the month and does so again costs nothing there.
-- purchased_service: one of the orders had a subsidy part
-- time: month
-- monthly: order_fact meal_fact card_fact
-- keyed: order_fact.elder_id meal_fact.elder_id card_fact.elder_id
-- rows: elder_id
-- columns:
--   month              月份
--   elder_id           老年人编号
--   purchased_service  享受政府购买服务
--   had_meal           享受助餐
--   card_active        当月用卡
select month, elder_id, bool_or(purchased_service) as purchased_service, bool_or(had_meal) as had_meal, bool_or(card_active) as card_active
from (
    select month, elder_id, coalesce(subsidy_part > 0, false) as purchased_service, false as had_meal, false as card_active
    from order_fact
    where completed
    union all
    -- written as a question to the row, so that the way of a figure leads to meals and purchases
    select month, elder_id, false, elder_id is not null, false from meal_fact where counted and elder_id is not null
    union all
    select month, elder_id, false, false, elder_id is not null from card_fact where elder_id is not null
) as use
group by month, elder_id
