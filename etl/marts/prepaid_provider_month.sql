-- title: 单位预收费与存管（按月）
-- grain: one operating provider that owes prepayments at a month's end
-- short: less of it is held at the bank than the region asks for
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  单位所在社区代码
--   elders          涉及老年人
--   amount          预收费余额（元）
--   held            存管余额（元）
--   unheld          未存管（元）
--   share           存管比例（%）
--   required        存管比例应达到（%）
--   short           存管不足
with rule as (
    select m.month, max(s.value) as required
    from month as m
    join standard as s on s.standard = 'prepaid_held_share' and s.valid_from <= m.month and coalesce(s.valid_to, '9999-12') > m.month
    group by m.month
),
summed as (
    select month, provider_id, count(distinct elder_id) as elders, sum(amount) as amount, sum(held) as held
    from prepayment_month
    group by month, provider_id
)
select s.month, s.provider_id, l.name as provider_name, l.community_code, s.elders, s.amount, s.held, s.amount - s.held as unheld,
       cast(100.0 * s.held / nullif(s.amount, 0) as double) as share, r.required,
       coalesce(100.0 * s.held < r.required * s.amount, false) as short
from summed as s
join provider_place as l on l.provider_id = s.provider_id and l.month = s.month
left join rule as r on r.month = s.month
where l.operating
