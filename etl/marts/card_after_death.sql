-- title: 持卡人去世后的消费
-- grain: one person whose card was used in a month after its holder's death
-- area: community_code
-- time: month
-- key: elder_id
-- columns:
--   month           月份
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   community_code  老年人常住社区代码
--   purchases       消费笔数
--   amount          金额（元）
select f.month, f.elder_id, e.elder_name, f.community_code, f.purchases, f.amount
from (
    select month, elder_id, community_code, count(*) as purchases, sum(amount) as amount
    from card_fact
    where after_death
    group by month, elder_id, community_code
) as f
left join elder_link as e on e.elder_id = f.elder_id
