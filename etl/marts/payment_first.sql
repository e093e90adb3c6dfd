-- title: 首次发放
-- grain: the first payment that the bank carried out for an application (a step of payment_fact)
-- days_to_pay: from the district's approval to it; an application approved before the first month on record is left out
-- columns:
--   payment_id   发放编号
--   days_to_pay  审批到发放天数
with approved as (
    select application_id, max(decided_on) as approved_on
    from subsidy_approval
    where step = '区级审批' and outcome = '通过' and decided_on >= (select min(first_day) from month)
    group by application_id
),
first_paid as (
    select p.application_id, min(p.paid_on) as paid_on, arg_min(p.payment_id, concat(cast(p.paid_on as varchar), '/', p.payment_id)) as payment_id
    from subsidy_payment as p
    where p.bank_result = '成功'
    group by p.application_id
)
select f.payment_id, date_diff('day', d.approved_on, f.paid_on) as days_to_pay
from first_paid as f
join approved as d on d.application_id = f.application_id
