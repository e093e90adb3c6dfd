-- title: 预收费余额（按月）
-- grain: one kind of prepayment of one elder at one provider, at a month's end
-- community_code: of the provider's main site (the provider owes the money); the district's own code where the provider is not known
-- unheld: what no bank holds under supervision; deposit_over: a deposit above the months of fees that the region allows
-- area: community_code
-- time: month
-- provider: provider_id
-- monthly: bed_prepayment provider_place
-- key: balance_id
-- columns:
--   month           月份
--   balance_id      余额编号
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   kind            预收费种类
--   amount          余额（元）
--   held            存管余额（元）
--   unheld          未存管（元）
--   monthly_fee     月收费标准（元）
--   deposit_over    押金超过上限
with rule as (
    select m.month, max(s.value) as months
    from month as m
    join standard as s on s.standard = 'deposit_months' and s.valid_from <= m.month and coalesce(s.valid_to, '9999-12') > m.month
    group by m.month
)
select b.month, concat(b.provider_id, '-', b.elder_id, '-', b.kind) as balance_id, b.provider_id, l.name as provider_name,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       coalesce(e.person_id, b.elder_id) as elder_id, e.elder_name, b.kind, b.amount, b.held, b.amount - b.held as unheld, b.monthly_fee,
       coalesce(b.kind = '押金' and b.amount > r.months * b.monthly_fee, false) as deposit_over
from bed_prepayment as b
join month as m on m.month = b.month
left join elder_link as e on e.elder_id = b.elder_id
left join provider_place as l on l.provider_id = b.provider_id and l.month = b.month
left join rule as r on r.month = b.month
