-- title: 服务卡消费明细
-- grain: one purchase with a service card (a step of the card marts: what one person bought is nobody's business but their own)
-- community_code: where the elder lives; where the card is not on the register, of the merchant
-- after_death: the card's holder had died before that day
-- area: community_code
-- time: month
-- monthly: card_consumption.consumed_at!
-- keyed: card_consumption.card_no card_link.card_no
-- rows: card_consumption.transaction_no
-- columns:
--   month           月份
--   transaction_no  流水号
--   elder_id        老年人编号
--   community_code  老年人常住社区代码
--   category        消费类别
--   merchant_place  商户所在社区代码
--   consumed_at     交易时间
--   amount          金额（元）
--   after_death     死亡后用卡
select p.month, p.transaction_no, e.person_id as elder_id,
       coalesce(e.community_code, p.community_code, (select min(code) from area where level = 1)) as community_code,
       p.category, p.community_code as merchant_place, p.consumed_at, p.amount,
       coalesce(cast(p.consumed_at as date) > e.died_on, false) as after_death
from (select *, strftime(consumed_at, '%Y-%m') as month from card_consumption) as p
left join card_link as e on e.card_no = p.card_no
where p.month in (select month from month)
