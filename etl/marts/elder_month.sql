-- grain: one elder aged 60 or over who is alive, resident and registered on the last day of a month
-- ability_level, dementia: of the latest assessment made by that day; assessed_valid: that assessment is still in force
-- must_assess: aged 80 or over, or in extreme hardship, on minimum living allowance, with marginal low income or of special family planning
-- purchased_service: had a completed order with a subsidy part in the month
-- had_meal: had a completed meal order in the month
-- high_age_paid: the high-age allowance of the month was paid and not returned
-- area: community_code
-- time: month
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
--   high_age_paid      高龄津贴已发放
with ability as (
    select l.person_id, a.level, a.dementia, a.assessed_on,
           coalesce(a.valid_until, date '9999-12-31') as valid_until,
           coalesce(
               lead(a.assessed_on) over (partition by l.person_id order by a.assessed_on, a.assessment_id), date '9999-12-31'
           ) as next_on
    from assessment_assessment as a
    join elder_link as l on l.elder_id = a.elder_id
),
ability_month as (
    select m.month, a.person_id, a.level, a.dementia, a.assessed_on, a.valid_until >= m.last_day as valid
    from ability as a
    join month as m on a.assessed_on <= m.last_day and a.next_on > m.last_day
),
served as (
    select month, elder_id, bool_or(subsidy_part > 0) as purchased_service, bool_or(category = '助餐') as had_meal
    from order_fact
    where completed
    group by month, elder_id
),
allowance as (
    select p.month, l.person_id
    from subsidy_payment as p
    join elder_link as l on l.elder_id = p.elder_id
    where p.programme = 'high_age' and p.bank_result = '成功'
    group by p.month, l.person_id
),
present as (
    select m.month, e.elder_id, e.name, e.sex, e.community_code, e.living, e.category,
           cast(left(m.month, 4) as integer) - cast(extract(year from e.birth_date) as integer)
               - case when strftime(e.birth_date, '%m%d') > strftime(m.last_day, '%m%d') then 1 else 0 end as age
    from month as m
    join registry_elder as e
        on e.birth_date <= m.last_day - interval 60 year
        and e.registered_on <= m.last_day
        and case when e.status = '正常' then date '9999-12-31' else coalesce(e.status_on, cast(e.updated_at as date)) end > m.last_day
    join elder_link as l on l.elder_id = e.elder_id and l.person_id = e.elder_id
)
select e.month, e.elder_id, e.name, e.sex, e.age, e.age >= 80 as aged_80, e.community_code, e.living, e.category,
       a.level as ability_level,
       coalesce(a.dementia, false) as dementia,
       a.assessed_on,
       e.age >= 80 or e.category in ('特困', '低保', '低边', '计生特殊') as must_assess,
       coalesce(a.valid, false) as assessed_valid,
       coalesce(s.purchased_service, false) as purchased_service,
       coalesce(s.had_meal, false) as had_meal,
       h.person_id is not null as high_age_paid
from present as e
left join ability_month as a on a.person_id = e.elder_id and a.month = e.month
left join served as s on s.elder_id = e.elder_id and s.month = e.month
left join allowance as h on h.person_id = e.elder_id and h.month = e.month
