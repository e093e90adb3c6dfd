-- title: 街道设施（月末）
-- grain: one street at the end of a month
-- has_street_centre: a street-level home-care centre is open in the street on the last day of the month
-- area: street_code
-- time: month
-- columns:
--   month              月份
--   street_code        街道代码
--   street             街道
--   street_centres     街道级照料中心数
--   has_street_centre  已有街道级照料中心
select m.month, a.code as street_code, a.short_name as street,
       count(s.site_id) as street_centres,
       count(s.site_id) > 0 as has_street_centre
from month as m
cross join area as a
left join (
    select o.month, o.site_id, c.street_code
    from site_month as o
    join area as c on c.code = o.community_code
    where o.street_level and o.kind = '照料中心'
) as s on s.month = m.month and s.street_code = a.code
where a.level = 2
group by m.month, a.code, a.short_name
