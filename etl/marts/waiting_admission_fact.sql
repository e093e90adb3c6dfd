-- title: 轮候入住
-- grain: one admission from the waiting list of a public institution, in the month of admission
-- overtaken: persons of the same priority class who had applied to the institution more than 30 days earlier and were still waiting on that
-- day. Who gave up is not counted (a bed may have been offered); nor is who stands in doubt as to which person it is (docs/linking.md).
-- jumped: as many were overtaken as the region's standard says, and the one admitted stands beyond doubt. A question to the institution (a bed of
-- another type, a reunion of a couple …), not a finding.
-- community_code: of the institution
-- area: community_code
-- time: month
-- provider: provider_id
-- key: waiting_id
-- columns:
--   month           月份
--   waiting_id      轮候编号
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   community_code  机构所在社区代码
--   provider_id     单位编号
--   provider_name   入住机构
--   priority        优先等级
--   applied_on      申请日期
--   admitted_on     入住日期
--   days_waited     轮候天数
--   overtaken       越过的人数
--   jumped          疑似插队
with doubt as (
    select person_id as elder_id from person_link where not certain
    union
    select elder_id from person_link where not certain
),
queue as (
    select w.waiting_id, w.provider_id, w.priority, w.applied_on, w.outcome, coalesce(w.closed_on, date '9999-12-31') as closed_on,
           coalesce(e.person_id, w.elder_id) as elder_id, e.elder_name, d.elder_id is not null as doubtful
    from bed_waiting as w
    left join elder_link as e on e.elder_id = w.elder_id
    left join doubt as d on d.elder_id = coalesce(e.person_id, w.elder_id)
),
passed as (
    select a.waiting_id, count(distinct b.elder_id) as overtaken
    from queue as a
    join queue as b on b.provider_id = a.provider_id and b.priority = a.priority and b.elder_id <> a.elder_id
    where a.outcome = '已入住' and b.outcome <> '已放弃' and not b.doubtful and b.closed_on > a.closed_on
      and date_diff('day', b.applied_on, a.applied_on) > 30
    group by a.waiting_id
)
select m.month, a.waiting_id, a.elder_id, a.elder_name, coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       a.provider_id, l.name as provider_name, a.priority, a.applied_on, a.closed_on as admitted_on,
       date_diff('day', a.applied_on, a.closed_on) as days_waited, coalesce(p.overtaken, 0) as overtaken,
       coalesce(not a.doubtful and p.overtaken >= (
           select max(s.value) from standard as s where s.standard = 'waiting_overtaken' and s.valid_from <= m.month
              and (s.valid_to is null or m.month < s.valid_to)), false) as jumped
from queue as a
join month as m on a.closed_on between m.first_day and m.last_day
left join passed as p on p.waiting_id = a.waiting_id
left join provider_place as l on l.provider_id = a.provider_id and l.month = m.month
where a.outcome = '已入住'
