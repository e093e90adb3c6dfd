-- title: 社区人口（按月）
-- grain: one community in a month
-- registered_population: of the newest year on record that is not after the month's year
-- area: community_code
-- time: month
-- columns:
--   month                  月份
--   community_code         社区代码
--   community              社区
--   year                   基数年度
--   registered_population  户籍人口
select b.month, b.community_code, a.short_name as community, b.year, b.registered_population
from (
    select m.month, p.community_code, p.year, p.registered_population,
           row_number() over (partition by m.month, p.community_code order by p.year desc) as position
    from month as m
    join registry_population as p on p.year <= cast(left(m.month, 4) as integer)
) as b
left join area as a on a.code = b.community_code
where b.position = 1
