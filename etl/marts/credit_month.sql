-- title: 单位信用等级（月末）
-- grain: one operating provider with a credit grade in force on the last day of a month (the latest one assessed by then)
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   credit_id       记录编号
--   grade           信用等级
--   assessed_on     评定日期
--   valid_until     有效期至
--   reason          事由
--   published       已公示
with ranked as (
    select m.month, m.last_day, c.provider_id, c.credit_id, c.grade, c.assessed_on, c.valid_until, c.reason, c.published,
           row_number() over (partition by m.month, c.provider_id order by c.assessed_on desc, c.credit_id desc) as position
    from inspection_credit as c
    join month as m on c.assessed_on <= m.last_day
)
select r.month, r.provider_id, l.name as provider_name, l.community_code, r.credit_id, r.grade, r.assessed_on, r.valid_until,
       r.reason, r.published
from ranked as r
join provider_place as l on l.provider_id = r.provider_id and l.month = r.month
where r.position = 1 and l.operating and coalesce(r.valid_until, date '9999-12-31') >= r.last_day
