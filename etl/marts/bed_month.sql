-- title: 床位（月末）
-- grain: one bed type of one operating provider at the end of a month
-- A provider that has not reported for the month keeps its last report for up to two months; reported_month says of when it is.
-- institutional: beds of nursing homes and embedded micro-institutions
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  所在社区代码
--   kind            单位类别
--   ownership       运营性质
--   bed_type        床位类型
--   beds            床位数
--   occupied        入住数
--   institutional   机构床位
--   reported_month  填报月份
with report as (
    select provider_id, month, lead(month) over (partition by provider_id order by month) as next_month
    from (select distinct provider_id, month from bed_stock) as reported
)
select m.month, s.provider_id, p.name as provider_name, l.community_code, p.kind, p.ownership, s.bed_type, s.beds, s.occupied,
       p.kind in ('养老机构', '嵌入式微型机构') as institutional,
       s.month as reported_month
from month as m
join report as r
    on r.month <= m.month
    and coalesce(r.next_month, '9999-12') > m.month
    and r.month >= strftime(m.first_day - interval 2 month, '%Y-%m')
join bed_stock as s on s.provider_id = r.provider_id and s.month = r.month
join provider_place as l on l.provider_id = s.provider_id and l.month = m.month and l.operating
join provider_provider as p on p.provider_id = s.provider_id
