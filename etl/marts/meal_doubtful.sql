-- title: 存疑的刷卡就餐
-- grain: one reading of a service card that cannot be a meal of its own: read again in the same meal, or after its holder's death
-- area: community_code
-- time: month
-- provider: provider_id
-- key: meal_no
-- columns:
--   month           月份
--   canteen_id      食堂编号
--   canteen         老年食堂
--   provider_id     单位编号
--   meal_no         流水号
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   community_code  老年人常住社区代码
--   eaten_at        就餐时间
--   meal            餐别
--   subsidy         补贴（元）
--   after_death     死亡后刷卡
--   repeated        同餐重复刷卡
select f.month, f.canteen_id, c.name as canteen, c.provider_id, f.meal_no, f.elder_id, e.elder_name, f.community_code, f.eaten_at, f.meal,
       f.subsidy, f.after_death, f.repeated
from meal_fact as f
left join canteen_canteen as c on c.canteen_id = f.canteen_id
left join elder_link as e on e.elder_id = f.elder_id
where not f.counted
