-- title: 老年食堂（月末）
-- grain: one canteen on the streets' list that is open on the last day of a month
-- licensed: its food permit is in force on that day; reported: at least one meal of the month has arrived
-- meals, subsidy: as in meal_month
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month              月份
--   canteen_id         食堂编号
--   canteen            老年食堂
--   provider_id        单位编号
--   community_code     所在社区代码
--   seats              座位数
--   turns              每餐翻台次数
--   permit_number      食品经营许可证号
--   permit_expires_on  许可证有效期至
--   licensed           许可证有效
--   reported           已报送
--   meals              就餐（餐）
--   subsidy            申报补贴（元）
with eaten as (
    select month, canteen_id, sum(meals) as meals, sum(subsidy) as subsidy
    from meal_month
    group by month, canteen_id
)
select m.month, c.canteen_id, c.name as canteen, c.provider_id,
       coalesce(l.community_code, c.street_code) as community_code,
       c.seats, c.turns, c.permit_number, c.permit_expires_on,
       coalesce(c.permit_number is not null and c.permit_expires_on >= m.last_day, false) as licensed,
       e.canteen_id is not null as reported,
       cast(coalesce(e.meals, 0) as bigint) as meals,
       coalesce(e.subsidy, 0) as subsidy
from canteen_canteen as c
join month as m on c.opened_on <= m.last_day and coalesce(c.closed_on, date '9999-12-31') > m.last_day
left join provider_place as l on l.provider_id = c.provider_id and l.month = m.month
left join eaten as e on e.canteen_id = c.canteen_id and e.month = m.month
