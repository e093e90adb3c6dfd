-- title: 专职人员配备要求（月末）
-- grain: one street, or one community with many purchased-service elders, for which a number of dedicated workers is laid down
-- The numbers and thresholds are the region's own (table standard, from policies/standards.yaml).
-- area: area_code
-- time: month
-- columns:
--   month         月份
--   area_code     区划代码
--   area_name     街道或社区
--   level         层级
--   ageing_share  60 岁及以上占户籍人口（%）
--   served        政府购买服务对象
--   required      应配专职人员
--   present       在任专职人员
--   met           已按标准配备
with rule as (
    select m.month,
           max(case when s.standard = 'street_ageing_share' then s.value end) as ageing_share,
           max(case when s.standard = 'street_staff' then s.value end) as street_staff,
           max(case when s.standard = 'street_staff_aged' then s.value end) as street_staff_aged,
           max(case when s.standard = 'community_served_elders' then s.value end) as served,
           max(case when s.standard = 'community_staff' then s.value end) as community_staff
    from month as m
    join standard as s on s.valid_from <= m.month and coalesce(s.valid_to, '9999-12') > m.month
    group by m.month
),
elders as (
    select month, community_code, count(*) as elders, count(*) filter (where purchased_service) as served
    from elder_month
    group by month, community_code
),
street as (
    select p.month, a.street_code as area_code,
           100.0 * sum(coalesce(e.elders, 0)) / nullif(sum(p.registered_population), 0) as ageing_share,
           sum(coalesce(e.served, 0)) as served
    from population_month as p
    join area as a on a.code = p.community_code
    left join elders as e on e.month = p.month and e.community_code = p.community_code
    group by p.month, a.street_code
),
need as (
    select s.month, s.area_code, s.ageing_share, s.served,
           case when s.ageing_share < r.ageing_share then r.street_staff else r.street_staff_aged end as required
    from street as s
    join rule as r on r.month = s.month
    where s.ageing_share is not null
    union all
    select e.month, e.community_code as area_code, null as ageing_share, e.served, r.community_staff as required
    from elders as e
    join rule as r on r.month = e.month
    where e.served >= r.served
),
office as (
    select month, area_code, count(*) as present from staff_month group by month, area_code
)
select n.month, n.area_code, a.short_name as area_name, a.level, n.ageing_share, n.served, n.required,
       coalesce(o.present, 0) as present,
       coalesce(o.present, 0) >= n.required as met
from need as n
join area as a on a.code = n.area_code
left join office as o on o.month = n.month and o.area_code = n.area_code
where n.required is not null
