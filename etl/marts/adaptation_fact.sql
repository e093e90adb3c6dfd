-- title: 适老化改造
-- grain: one home adaptation, in the month in which it was accepted
-- area: community_code
-- time: month
-- key: project_no
-- columns:
--   month           月份
--   project_no      项目编号
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   community_code  所在社区代码
--   household       住址 [address]
--   items           改造内容
--   applied_on      申请日期
--   accepted_on     验收日期
--   days            申请到验收天数
--   cost            改造费用（元）
--   subsidy         补贴金额（元）
--   over_cost       补贴超过费用
select m.month, h.project_no, coalesce(l.person_id, h.elder_id) as elder_id, l.elder_name, h.community_code, h.household, h.items,
       h.applied_on, h.accepted_on, date_diff('day', h.applied_on, h.accepted_on) as days, h.cost, h.subsidy,
       coalesce(h.subsidy > h.cost, false) as over_cost
from adaptation_home as h
join month as m on h.accepted_on between m.first_day and m.last_day
left join elder_link as l on l.elder_id = h.elder_id
