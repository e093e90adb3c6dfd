-- title: 补贴申领（按应发月份）
-- grain: one application in a month for which its money is due (a refused one: in the month in which it was filed)
-- Elder payee: every month from month_from on, up to the month of death or moving away; of a person's applications for a programme only
-- the newest that is not refused is in force: a change (变更申报) takes the place of the one before from its own month_from on.
-- Provider payee: once, in month_from. Where month_from is missing the month of applied_on stands for it.
-- approved, approved_amount: by the district. While a change is undecided the approval before it stands, up to the new amount.
-- community_code: where the elder lives or of the provider's main site; else the street that filed it
-- area: community_code
-- time: month
-- keyed: elder_link.person_id* registry_elder.elder_id*
-- rows: elder_id
-- monthly: provider_place
-- provider: provider_id
-- key: application_id
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
--   month_from       起始月份
--   amount           应发申报额（元）
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
),
filed as (
    select a.application_id, a.programme, a.payee, coalesce(e.person_id, a.elder_id) as elder_id, e.elder_name, a.provider_id,
           e.community_code, a.street_code, a.applied_on, strftime(a.applied_on, '%Y-%m') as applied_month,
           coalesce(a.month_from, strftime(a.applied_on, '%Y-%m')) as month_from, a.amount, d.approved_on,
           case when d.approved_on is not null then coalesce(d.approved_amount, a.amount) end as granted,
           coalesce(d.rejected, false) and d.approved_on is null as rejected,
           -- Whether somebody who is not in the register is alive, nobody knows here: the money stays in the totals.
           case when coalesce(r.status, '正常') = '正常' then '9999-12'
                else strftime(coalesce(r.status_on, cast(r.updated_at as date)), '%Y-%m') end as last_month
    from subsidy_application as a
    left join decision as d on d.application_id = a.application_id
    left join elder_link as e on e.elder_id = a.elder_id and a.payee = 'elder'
    left join registry_elder as r on r.elder_id = e.person_id
),
spell as (
    select *, month_from as first_month, last_month as end_month,
           coalesce(lead(month_from) over newest, '9999-99') as next_month,
           last_value(granted ignore nulls) over (newest rows between unbounded preceding and current row) as standing,
           last_value(approved_on ignore nulls) over (newest rows between unbounded preceding and current row) as standing_on
    from filed
    where payee = 'elder' and not rejected
    window newest as (partition by elder_id, programme order by month_from, applied_on, application_id)
    union all
    select *, case when rejected then applied_month else month_from end, case when rejected then applied_month else month_from end,
           '9999-99', granted, approved_on
    from filed
    where payee <> 'elder' or rejected
)
select m.month, s.application_id, s.programme, g.name as programme_name, s.payee, s.elder_id, s.elder_name, s.provider_id,
       l.name as provider_name, coalesce(s.community_code, l.community_code, s.street_code) as community_code,
       s.applied_on, s.month_from, s.amount, s.standing is not null as approved, s.standing_on as approved_on,
       case when s.approved_on is not null then s.standing when s.standing is not null then least(s.standing, s.amount) end
           as approved_amount,
       s.rejected
from spell as s
join month as m on m.month >= s.first_month and m.month <= s.end_month and m.month < s.next_month
left join subsidy_programme as g on g.programme = s.programme
left join provider_place as l on l.provider_id = s.provider_id and l.month = m.month and s.payee = 'provider'
