-- title: 健康体检（近 12 个月）
-- grain: one elder aged 65 or over, counted in a month, with a health check in the twelve months to its last day (the latest one)
-- area: community_code
-- time: month
-- keyed: elder_link.person_id elder_present.elder_id
-- rows: elder_id
-- key: elder_id
-- columns:
--   month           月份
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   age             年龄
--   community_code  常住社区代码
--   check_no        体检编号
--   institution     体检机构
--   checked_on      体检日期
--   blood_pressure  血压
--   blood_sugar     血糖
--   result          体检结论
with done as (
    select l.person_id, l.elder_name, c.check_no, c.institution, c.checked_on, c.blood_pressure, c.blood_sugar, c.result,
           coalesce(
               lead(c.checked_on) over (partition by l.person_id order by c.checked_on, c.check_no), date '9999-12-31'
           ) as next_on
    from medical_check as c
    join elder_link as l on l.elder_id = c.elder_id
),
in_month as (
    select m.month, d.person_id, d.elder_name, d.check_no, d.institution, d.checked_on, d.blood_pressure, d.blood_sugar, d.result
    from done as d
    join month as m
        on d.checked_on <= m.last_day and d.next_on > m.last_day and d.checked_on > cast(m.last_day - interval 1 year as date)
)
select p.month, p.elder_id, d.elder_name, p.age, p.community_code, d.check_no, d.institution, d.checked_on, d.blood_pressure,
       d.blood_sugar, d.result
from in_month as d
join elder_present as p on p.elder_id = d.person_id and p.month = d.month
where p.age >= 65
