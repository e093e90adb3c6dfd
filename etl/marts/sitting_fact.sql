-- title: 食堂餐次
-- grain: one meal of one day at one canteen (a sitting)
-- eat_in: cards read there, repeated readings left out, those of the dead not: whoever used them sat on a chair
-- capacity: seats times the turns that the street allows; over: more ate in than could sit
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   canteen_id      食堂编号
--   canteen         老年食堂
--   provider_id     单位编号
--   community_code  食堂所在社区代码
--   day             日期
--   meal            餐别
--   eat_in          堂食（餐）
--   sent            送餐（餐）
--   seats           座位数
--   capacity        一餐上限
--   over            超出上限
select s.month, s.canteen_id, c.name as canteen, c.provider_id,
       coalesce(l.community_code, c.street_code) as community_code,
       s.day, s.meal, s.eat_in, s.sent, c.seats, c.seats * c.turns as capacity, s.eat_in > c.seats * c.turns as over
from (
    select month, canteen_id, day, meal,
           count(*) filter (where mode = '堂食') as eat_in, count(*) filter (where mode = '送餐') as sent
    from meal_fact
    where not repeated
    group by month, canteen_id, day, meal
) as s
join canteen_canteen as c on c.canteen_id = s.canteen_id
left join provider_place as l on l.provider_id = c.provider_id and l.month = s.month
