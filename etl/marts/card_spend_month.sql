-- title: 老年人所在社区的消费（按月）
-- grain: purchases of one kind by the elders of one community in a month
-- area: community_code
-- time: month
-- columns:
--   month           月份
--   community_code  老年人常住社区代码
--   category        消费类别
--   purchases       消费笔数
--   amount          金额（元）
select month, community_code, category, count(*) as purchases, sum(amount) as amount
from card_fact
group by month, community_code, category
