-- title: 护理员流动（近 12 个月）
-- grain: one spell of employment that touches the twelve months ending with a month
-- average_staff: days employed within the twelve months, divided by their days (a decimal, so that its sum does not depend on the order of adding); left_in_12m: left within them
-- area: community_code
-- time: month
-- provider: provider_id
-- key: caregiver_id
-- columns:
--   month           月份
--   caregiver_id    人员编号
--   name            姓名 [name]
--   provider_id     单位编号
--   employer        单位名称
--   community_code  单位所在社区代码
--   hired_on        入职日期
--   left_on         离职日期
--   left_in_12m     近 12 个月离职
--   average_staff   折合在岗人数
with spell as (
    select m.month, m.last_day, cast(m.last_day + interval 1 day - interval 1 year as date) as start_day,
           c.caregiver_id, c.name, c.provider_id, c.employer_name, c.hired_on, c.left_on
    from month as m
    join caregiver_spell as c
        on c.hired_on <= m.last_day
        and coalesce(c.left_on, date '9999-12-31') > m.last_day + interval 1 day - interval 1 year
)
select s.month, s.caregiver_id, s.name, s.provider_id, s.employer_name as employer,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       s.hired_on, s.left_on,
       coalesce(s.left_on <= s.last_day, false) as left_in_12m,
       cast(
           date_diff('day', greatest(s.hired_on, s.start_day), least(coalesce(s.left_on, s.last_day + 1), s.last_day + 1))
           / cast(date_diff('day', s.start_day, s.last_day + 1) as double) as decimal(18, 12)
       ) as average_staff
from spell as s
left join provider_place as l on l.provider_id = s.provider_id and l.month = s.month
