-- title: 老年人（月末）
-- grain: one elder aged 60 or over who is alive, resident and registered on the last day of a month
-- ability_level, dementia: of the latest assessment made by that day; assessed_valid: that assessment is still in force
-- must_assess: aged 80 or over, or in extreme hardship, on minimum living allowance, with marginal low income or of special family planning
-- purchased_service: had a completed order with a subsidy part in the month
-- had_meal: ate at least one counted meal of a canteen in the month
-- has_card, card_active: holds a service card; bought something with it in the month
-- high_age_paid: the high-age allowance of the month was paid and not returned
-- area: community_code
-- time: month
-- monthly: subsidy_payment
-- keyed: elder_present.elder_id registry_elder.elder_id elder_link.person_id elder_ability.person_id card_link.person_id elder_use_month.elder_id
-- rows: elder_id
-- key: elder_id
-- columns:
--   month              月份
--   elder_id           老年人编号
--   name               姓名 [name]
--   sex                性别
--   age                年龄
--   aged_80            80 岁及以上
--   community_code     常住社区代码
--   living             居住状况
--   category           人员类别
--   ability_level      能力等级
--   dementia           失智
--   assessed_on        最近评估日期
--   must_assess        应评估
--   assessed_valid     评估在有效期内
--   purchased_service  享受政府购买服务
--   had_meal           享受助餐
--   has_card           持有服务卡
--   card_active        当月用卡
--   high_age_paid      高龄津贴已发放
with ability_month as (
    select m.month, a.person_id, a.level, a.dementia, a.assessed_on, a.valid_until >= m.last_day as valid
    from elder_ability as a
    join month as m on a.assessed_on <= m.last_day and a.next_on > m.last_day
),
holder as (
    select person_id from card_link group by person_id
),
allowance as (
    select p.month, l.person_id
    from subsidy_payment as p
    join elder_link as l on l.elder_id = p.elder_id
    where p.programme = 'high_age' and p.bank_result = '成功'
    group by p.month, l.person_id
)
select p.month, p.elder_id, e.name, e.sex, p.age, p.age >= 80 as aged_80, p.community_code, e.living, e.category,
       a.level as ability_level,
       coalesce(a.dementia, false) as dementia,
       a.assessed_on,
       p.age >= 80 or e.category in ('特困', '低保', '低边', '计生特殊') as must_assess,
       coalesce(a.valid, false) as assessed_valid,
       coalesce(u.purchased_service, false) as purchased_service,
       coalesce(u.had_meal, false) as had_meal,
       k.person_id is not null as has_card,
       coalesce(u.card_active, false) as card_active,
       h.person_id is not null as high_age_paid
from elder_present as p
join registry_elder as e on e.elder_id = p.elder_id
left join ability_month as a on a.person_id = p.elder_id and a.month = p.month
left join elder_use_month as u on u.elder_id = p.elder_id and u.month = p.month
left join holder as k on k.person_id = p.elder_id
left join allowance as h on h.person_id = p.elder_id and h.month = p.month
