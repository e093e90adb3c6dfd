-- grain: one subsidy application, in the month in which it was filed
-- approved_on, approved_amount: of the district's approval, null while there is none
-- community_code: where the elder lives or of the provider's main site; else the street that filed it
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month            月份
--   application_id   申报编号
--   programme        项目编码
--   programme_name   项目名称
--   payee            发放对象类别
--   elder_id         老年人编号
--   elder_name       老年人 [name]
--   provider_id      单位编号
--   provider_name    服务单位
--   community_code   所属区划代码
--   applied_on       申报日期
--   amount           申报金额（元）
--   approved         已批准
--   approved_on      批准日期
--   approved_amount  核定金额（元）
--   rejected         未通过
with decision as (
    select application_id,
           max(case when step = '区级审批' and outcome = '通过' then decided_on end) as approved_on,
           max(case when step = '区级审批' and outcome = '通过' then amount end) as approved_amount,
           bool_or(outcome = '不通过') as rejected
    from subsidy_approval
    group by application_id
)
select m.month, a.application_id, a.programme, g.name as programme_name, a.payee, coalesce(e.person_id, a.elder_id) as elder_id,
       e.elder_name, a.provider_id, l.name as provider_name,
       coalesce(e.community_code, l.community_code, a.street_code) as community_code,
       a.applied_on, a.amount,
       d.approved_on is not null as approved, d.approved_on,
       case when d.approved_on is not null then coalesce(d.approved_amount, a.amount) end as approved_amount,
       coalesce(d.rejected, false) and d.approved_on is null as rejected
from subsidy_application as a
join month as m on a.applied_on between m.first_day and m.last_day
left join subsidy_programme as g on g.programme = a.programme
left join elder_link as e on e.elder_id = a.elder_id and a.payee = 'elder'
left join provider_place as l on l.provider_id = a.provider_id and l.month = m.month and a.payee = 'provider'
left join decision as d on d.application_id = a.application_id
