-- title: 床位报送核对（按月）
-- grain: one provider that reported its beds for a month
-- staying: stays that run on the last day of the month; differs: the reported number is away from them by more than two persons
-- and by more than five percent of the larger of the two
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  所在社区代码
--   occupied        填报入住数
--   staying         入住记录在住人数
--   difference      填报多出人数
--   differs         填报与入住记录不符
with report as (
    select m.month, b.provider_id, b.provider_name, b.community_code, sum(b.occupied) as occupied
    from bed_month as b
    join month as m on m.month = b.month and m.month = b.reported_month
    group by m.month, b.provider_id, b.provider_name, b.community_code
),
resident as (
    select m.month, s.provider_id, count(distinct s.elder_id) as staying
    from bed_stay as s
    join month as m on s.admitted_on <= m.last_day and coalesce(s.left_on, date '9999-12-31') > m.last_day
    group by m.month, s.provider_id
),
compared as (
    select r.month, r.provider_id, r.provider_name, r.community_code, r.occupied, coalesce(s.staying, 0) as staying
    from report as r
    left join resident as s on s.month = r.month and s.provider_id = r.provider_id
)
select month, provider_id, provider_name, community_code, occupied, staying, occupied - staying as difference,
       abs(occupied - staying) > 2 and abs(occupied - staying) > 0.05 * greatest(occupied, staying) as differs
from compared
