-- title: 刷卡就餐
-- grain: one reading of a service card at a canteen's desk, withdrawn ones left out, in the month of the meal (a step of the meal marts)
-- community_code: where the elder lives; where the card is not on the register, of the canteen
-- repeated: the card was read before in the same meal of the same day, at whichever canteen; after_death: its holder had died before that day
-- counted: neither repeated nor after death: one meal that somebody ate
-- area: community_code
-- time: month
-- monthly: canteen_meal.eaten_at! provider_place
-- keyed: canteen_meal.card_no card_link.card_no
-- rows: canteen_meal.canteen_id,meal_no
-- columns:
--   month           月份
--   day             日期
--   canteen_id      食堂编号
--   meal_no         流水号
--   elder_id        老年人编号
--   community_code  老年人常住社区代码
--   eaten_at        就餐时间
--   meal            餐别
--   mode            就餐方式
--   subsidy         补贴（元）
--   repeated        同餐重复刷卡
--   after_death     死亡后刷卡
--   counted         计入就餐
with reading as (
    select strftime(eaten_at, '%Y-%m') as month, cast(eaten_at as date) as day, canteen_id, meal_no, card_no, eaten_at, meal, mode, subsidy
    from canteen_meal
    where coalesce(status, '正常') <> '作废'
),
doubled as (
    select card_no, day, meal from reading group by card_no, day, meal having count(*) > 1
),
again as (
    select canteen_id, meal_no
    from (
        select r.canteen_id, r.meal_no,
               row_number() over (partition by r.card_no, r.day, r.meal order by r.eaten_at, r.canteen_id, r.meal_no) as position
        from reading as r
        join doubled as d on d.card_no = r.card_no and d.day = r.day and d.meal = r.meal
    ) as ranked
    where position > 1
)
select r.month, r.day, r.canteen_id, r.meal_no, e.person_id as elder_id,
       coalesce(e.community_code, l.community_code, c.street_code, (select min(code) from area where level = 1)) as community_code,
       r.eaten_at, r.meal, r.mode, r.subsidy,
       a.meal_no is not null as repeated,
       coalesce(r.day > e.died_on, false) as after_death,
       a.meal_no is null and not coalesce(r.day > e.died_on, false) as counted
from reading as r
left join card_link as e on e.card_no = r.card_no
left join canteen_canteen as c on c.canteen_id = r.canteen_id
left join provider_place as l on l.provider_id = c.provider_id and l.month = r.month
left join again as a on a.canteen_id = r.canteen_id and a.meal_no = r.meal_no
where r.month in (select month from month)
