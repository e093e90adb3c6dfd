-- title: 老年人就餐（按月）
-- grain: one elder's meals at one canteen in a month; those with cards that are not on the register together
-- meals, sent: counted as in meal_fact; subsidy: claimed for all readings
-- area: community_code
-- time: month
-- monthly: meal_fact
-- keyed: meal_fact.elder_id elder_link.elder_id
-- rows: elder_id
-- provider: provider_id
-- key: elder_id
-- columns:
--   month           月份
--   canteen_id      食堂编号
--   canteen         老年食堂
--   provider_id     单位编号
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   community_code  老年人常住社区代码
--   meals           就餐（餐）
--   sent            其中送餐（餐）
--   subsidy         申报补贴（元）
select f.month, f.canteen_id, c.name as canteen, c.provider_id, f.elder_id, e.elder_name, f.community_code, f.meals, f.sent, f.subsidy
from (
    select month, canteen_id, elder_id, community_code, count(*) filter (where counted) as meals,
           count(*) filter (where counted and mode = '送餐') as sent, sum(subsidy) as subsidy
    from meal_fact
    group by month, canteen_id, elder_id, community_code
) as f
left join canteen_canteen as c on c.canteen_id = f.canteen_id
left join elder_link as e on e.elder_id = f.elder_id
