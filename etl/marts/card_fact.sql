-- grain: one purchase with a service card
-- community_code: where the elder lives; where the card is not on the register, of the merchant
-- after_death: the card's holder had died before that day
-- area: community_code
-- time: month
-- columns:
--   month           月份
--   transaction_no  交易流水号
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   community_code  老年人常住社区代码
--   category        消费类别
--   merchant        商户名称
--   merchant_place  商户所在社区代码
--   lng             经度
--   lat             纬度
--   consumed_at     交易时间
--   amount          金额（元）
--   after_death     死亡后用卡
select p.month, p.transaction_no, e.person_id as elder_id, e.elder_name,
       coalesce(e.community_code, p.community_code, (select min(code) from area where level = 1)) as community_code,
       p.category, p.merchant, p.community_code as merchant_place, p.lng, p.lat, p.consumed_at, p.amount,
       coalesce(cast(p.consumed_at as date) > e.died_on, false) as after_death
from (select *, strftime(consumed_at, '%Y-%m') as month from card_consumption) as p
left join card_link as e on e.card_no = p.card_no
where p.month in (select month from month)
