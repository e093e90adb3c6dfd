-- title: 上门服务签到位置
-- grain: one elder who was served at home at least twice in a month, by sign-ins with a position
-- lng, lat: mean of the positions, to about a hundred metres: enough to judge a walk, too coarse for a door
-- Escorts (助行, 助医) begin elsewhere and do not count.
-- area: community_code
-- time: month
-- monthly: order_order.ordered_at!
-- columns:
--   month           月份
--   elder_id        老年人编号
--   community_code  常住社区代码
--   visits          有签到位置的服务次数
--   lng             经度（约百米） [address]
--   lat             纬度（约百米） [address]
select p.month, p.elder_id, p.community_code, sum(p.visits) as visits,
       round(sum(p.lng) / sum(p.visits), 3) as lng, round(sum(p.lat) / sum(p.visits), 3) as lat
from (
    select strftime(v.first_day, '%Y-%m') as month, l.person_id as elder_id, l.community_code, v.visits, v.lng, v.lat
    from (
        select date_trunc('month', ordered_at) as first_day, elder_id, count(*) as visits, sum(lng) as lng, sum(lat) as lat
        from order_order
        where lng is not null and lat is not null and status = '已完成'
            and item_code not in (select item_code from order_item where category in ('助行', '助医'))
        group by date_trunc('month', ordered_at), elder_id
    ) as v
    join elder_link as l on l.elder_id = v.elder_id
) as p
where p.month in (select month from month)
group by p.month, p.elder_id, p.community_code
having sum(p.visits) >= 2
