-- title: 互助同住结对（月末）
-- grain: one pair of an elder and a companion who live together on the last day of a month
-- both_verified: the platform has verified both of them, each by that day
-- area: community_code
-- time: month
-- key: pair_id
-- columns:
--   month                月份
--   pair_id              结对编号
--   scheme               形式
--   elder_id             老年人编号
--   elder_name           老年人 [name]
--   partner_name         同住人 [name]
--   partner_id_number    同住人身份证号 [id]
--   community_code       同住社区代码
--   elder_verified       老年人核验
--   elder_verified_on    老年人核验日期
--   partner_verified     同住人核验
--   partner_verified_on  同住人核验日期
--   started_on           开始日期
--   ended_on             结束日期
--   both_verified        双向核验通过
select m.month, p.pair_id, p.scheme, coalesce(e.person_id, p.elder_id) as elder_id, e.elder_name, p.partner_name, p.partner_id_number,
       p.community_code, p.elder_verified, p.elder_verified_on, p.partner_verified, p.partner_verified_on, p.started_on, p.ended_on,
       coalesce(p.elder_verified = '通过' and p.elder_verified_on <= m.last_day
                and p.partner_verified = '通过' and p.partner_verified_on <= m.last_day, false) as both_verified
from alliance_co_living as p
join month as m on p.started_on <= m.last_day and coalesce(p.ended_on, date '9999-12-31') > m.last_day
left join elder_link as e on e.elder_id = p.elder_id
where p.status <> '待核验'
