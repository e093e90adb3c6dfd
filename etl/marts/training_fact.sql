-- title: 护理员培训
-- grain: one training attended by one caregiver, in the month in which it was held
-- area: community_code
-- time: month
-- provider: provider_id
-- key: training_id
-- columns:
--   month           月份
--   training_id     培训编号
--   caregiver_id    人员编号
--   name            姓名 [name]
--   provider_id     单位编号
--   employer        单位名称
--   community_code  单位所在社区代码
--   title           培训名称
--   held_on         培训日期
--   hours           学时
with attended as (
    select m.month, t.training_id, t.caregiver_id, t.title, t.held_on, t.hours, c.name, c.provider_id, c.employer_name,
           row_number() over (partition by t.training_id order by c.hired_on desc, c.credit_code) as position
    from caregiver_training as t
    join month as m on t.held_on between m.first_day and m.last_day
    left join caregiver_spell as c
        on c.caregiver_id = t.caregiver_id
        and c.hired_on <= t.held_on
        and coalesce(c.left_on, date '9999-12-31') >= t.held_on
)
select a.month, a.training_id, a.caregiver_id, a.name, a.provider_id, a.employer_name as employer,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       a.title, a.held_on, a.hours
from attended as a
left join provider_place as l on l.provider_id = a.provider_id and l.month = a.month
where a.position = 1
