-- title: 护理员奖补
-- grain: one award paid to one caregiver, in the month in which it was paid
-- area: community_code
-- time: month
-- provider: provider_id
-- key: award_id
-- columns:
--   month           月份
--   award_id        发放编号
--   caregiver_id    人员编号
--   name            姓名 [name]
--   provider_id     单位编号
--   employer        单位名称
--   community_code  单位所在社区代码
--   kind            类别
--   certificate_no  证书编号
--   amount          金额（元）
--   paid_on         发放日期
with paid as (
    select m.month, t.award_id, t.caregiver_id, t.kind, t.certificate_no, t.amount, t.paid_on, c.name, c.provider_id, c.employer_name,
           row_number() over (partition by t.award_id order by c.hired_on desc, c.credit_code) as position
    from caregiver_award as t
    join month as m on t.paid_on between m.first_day and m.last_day
    left join caregiver_spell as c on c.caregiver_id = t.caregiver_id and c.hired_on <= t.paid_on
)
select a.month, a.award_id, a.caregiver_id, a.name, a.provider_id, a.employer_name as employer,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       a.kind, a.certificate_no, a.amount, a.paid_on
from paid as a
left join provider_place as l on l.provider_id = a.provider_id and l.month = a.month
where a.position = 1
