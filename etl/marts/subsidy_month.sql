-- title: 补贴项目（按月）
-- grain: one programme in one street (or the district, where the street is unknown) in a month
-- budget_year: of the whole calendar year; *_ytd: from January to the month; paid: without what the bank returned
-- whole_year: what was paid is on record from January of the year on; else *_ytd and the budget cannot be compared
-- applied, approved: what is due in the month by the applications in force, and what of it is approved (claim_month)
-- area: street_code
-- time: month
-- columns:
--   month           月份
--   programme       项目编码
--   programme_name  项目名称
--   payee           发放对象类别
--   street_code     街道代码
--   street          街道
--   budget_year     年度预算（元）
--   applied         本月应发申报（元）
--   approved        其中已核定（元）
--   paid            本月发放（元）
--   returned        本月退回（元）
--   applied_ytd     累计申报（元）
--   approved_ytd    累计核定（元）
--   paid_ytd        累计发放（元）
--   whole_year      自一月起有发放数据
with flow as (
    select month, programme, community_code, amount as applied, coalesce(approved_amount, 0) as approved, 0 as paid, 0 as returned
    from claim_month
    union all
    select month, programme, community_code, 0, 0, case when paid then amount else 0 end, case when returned then amount else 0 end
    from payment_fact
),
by_street as (
    select f.month, f.programme, coalesce(a.street_code, f.community_code) as street_code,
           sum(f.applied) as applied, sum(f.approved) as approved, sum(f.paid) as paid, sum(f.returned) as returned
    from flow as f
    left join area as a on a.code = f.community_code
    group by f.month, f.programme, coalesce(a.street_code, f.community_code)
),
pair as (
    select programme, street_code from by_street
    union
    select programme, street_code from subsidy_budget
),
filled as (
    select m.month, left(m.month, 4) as year, p.programme, p.street_code,
           coalesce(s.applied, 0) as applied, coalesce(s.approved, 0) as approved,
           coalesce(s.paid, 0) as paid, coalesce(s.returned, 0) as returned
    from month as m
    cross join pair as p
    left join by_street as s on s.month = m.month and s.programme = p.programme and s.street_code = p.street_code
)
select f.month, f.programme, g.name as programme_name, g.payee, f.street_code, a.short_name as street,
       coalesce(b.amount, 0) as budget_year, f.applied, f.approved, f.paid, f.returned,
       sum(f.applied) over (partition by f.programme, f.street_code, f.year order by f.month) as applied_ytd,
       sum(f.approved) over (partition by f.programme, f.street_code, f.year order by f.month) as approved_ytd,
       sum(f.paid) over (partition by f.programme, f.street_code, f.year order by f.month) as paid_ytd,
       coalesce(concat(f.year, '-01') >= (select min(month) from payment_fact), false) as whole_year
from filled as f
left join subsidy_budget as b on b.programme = f.programme and b.street_code = f.street_code and b.year = cast(f.year as integer)
left join subsidy_programme as g on g.programme = f.programme
left join area as a on a.code = f.street_code
