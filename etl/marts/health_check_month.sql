-- grain: one elder aged 65 or over, counted in a month, with a health check in the twelve months to its last day (the latest one)
-- area: community_code
-- time: month
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
    select m.month, l.person_id, l.elder_name, c.check_no, c.institution, c.checked_on, c.blood_pressure, c.blood_sugar, c.result,
           row_number() over (partition by m.month, l.person_id order by c.checked_on desc, c.check_no desc) as position
    from medical_check as c
    join elder_link as l on l.elder_id = c.elder_id
    join month as m on c.checked_on <= m.last_day and c.checked_on > cast(m.last_day - interval 1 year as date)
)
select p.month, p.elder_id, d.elder_name, p.age, p.community_code, d.check_no, d.institution, d.checked_on, d.blood_pressure,
       d.blood_sugar, d.result
from done as d
join elder_present as p on p.elder_id = d.person_id and p.month = d.month
where d.position = 1 and p.age >= 65
