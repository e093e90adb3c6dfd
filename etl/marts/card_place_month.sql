-- title: 商户所在社区的消费（按月）
-- grain: purchases of one kind at the merchants of one community in one part of the day, in a month; places not told count for the district
-- community_code: of the merchants, codes from before a merger brought to those in force; part_of_day by the hour of the purchase
-- area: community_code
-- time: month
-- columns:
--   month           月份
--   community_code  商户所在社区代码
--   category        消费类别
--   part_of_day     时段
--   purchases       消费笔数
--   amount          金额（元）
select month, community_code, category, part_of_day, count(*) as purchases, sum(amount) as amount
from (
    select month, coalesce(merchant_place, (select min(code) from area where level = 1)) as community_code, category,
           case
               when extract(hour from consumed_at) < 9 then '9 时前'
               when extract(hour from consumed_at) < 12 then '9–12 时'
               when extract(hour from consumed_at) < 17 then '12–17 时'
               else '17 时后'
           end as part_of_day,
           amount
    from card_fact
) as f
group by month, community_code, category, part_of_day
