-- title: 待核实的重复编号
-- grain: two elder numbers that may be one person, for the register's owner to look at (the last month only; merged numbers too)
-- Listed for review and for nothing else: no figure, warning or finding counts a doubtful link.
-- area: community_code
-- time: month
-- key: person_id
-- columns:
--   month           月份
--   person_id       编号
--   person_name     姓名 [name]
--   elder_id        另一编号
--   elder_name      另一姓名 [name]
--   community_code  常住社区代码
--   rule            依据
--   score           评分
--   certain         已归并
select (select max(month) from month) as month, l.person_id, p.name as person_name, l.elder_id, e.name as elder_name,
       p.community_code, l.rule, l.score, l.certain
from person_link as l
join registry_elder as p on p.elder_id = l.person_id
join registry_elder as e on e.elder_id = l.elder_id
