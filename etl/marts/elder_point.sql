-- title: 上门服务签到位置
-- grain: one elder who was served at home at least twice in a month, by sign-ins with a position
-- lng, lat: mean of the positions, to about a hundred metres: enough to judge a walk, too coarse for a door
-- Summed as decimals, which add up alike in any order. Escorts (助行, 助医) begin elsewhere and do not count.
-- area: community_code
-- time: month
-- monthly: order_order.ordered_at!
-- keyed: elder_link.person_id
-- rows: elder_id
-- columns:
--   month           月份
--   elder_id        老年人编号
--   community_code  常住社区代码
--   visits          有签到位置的服务次数
--   lng             经度（约百米） [address]
--   lat             纬度（约百米） [address]
select p.month, p.elder_id, p.community_code, p.visits, round(p.lng / p.visits, 3) as lng, round(p.lat / p.visits, 3) as lat
from (
    select strftime(v.first_day, '%Y-%m') as month, v.elder_id, v.community_code, v.visits, v.lng, v.lat
    from (
        select date_trunc('month', o.ordered_at) as first_day, l.person_id as elder_id, l.community_code,
               count(*) as visits, sum(cast(o.lng as decimal(10, 6))) as lng, sum(cast(o.lat as decimal(10, 6))) as lat
        from order_order as o
        join elder_link as l on l.elder_id = o.elder_id
        where o.lng is not null and o.lat is not null and o.status = '已完成'
            and o.item_code not in (select item_code from order_item where category in ('助行', '助医'))
        group by date_trunc('month', o.ordered_at), l.person_id, l.community_code
        having count(*) >= 2
    ) as v
) as p
where p.month in (select month from month)
