-- title: 食堂餐价（按月）
-- grain: one canteen in a month with meals
-- price: mean price of a meal before subsidy; withdrawn readings left out
-- area: community_code
-- time: month
-- monthly: canteen_meal.eaten_at! provider_place
-- provider: provider_id
-- columns:
--   month           月份
--   canteen_id      食堂编号
--   canteen         老年食堂
--   provider_id     单位编号
--   community_code  所在社区代码
--   readings        刷卡（次）
--   price           平均餐价（元）
select p.month, p.canteen_id, c.name as canteen, c.provider_id, coalesce(l.community_code, c.street_code) as community_code, p.readings, p.price
from (
    select strftime(first_day, '%Y-%m') as month, canteen_id, readings, price
    from (
        select date_trunc('month', eaten_at) as first_day, canteen_id, count(*) as readings, round(avg(price), 2) as price
        from canteen_meal
        where coalesce(status, '正常') <> '作废'
        group by date_trunc('month', eaten_at), canteen_id
    ) as eaten
) as p
join canteen_canteen as c on c.canteen_id = p.canteen_id
left join provider_place as l on l.provider_id = c.provider_id and l.month = p.month
where p.month in (select month from month)
