-- title: 长期护理保险待遇
-- grain: one long-term-care benefit of one person, in the month that it is for
-- community_code: where the elder lives; where the person is not on the register, of the institution
-- first_of_month: the first benefit of that person in the month, so that receivers are counted once; after_death: died before the month began
-- area: community_code
-- time: month
-- provider: provider_id
-- key: benefit_no
-- columns:
--   month           月份
--   benefit_no      结算编号
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   community_code  老年人常住社区代码
--   level           失能等级
--   form            护理方式
--   provider_id     单位编号
--   provider_name   定点机构
--   amount          支付金额（元）
--   paid_on         支付日期
--   first_of_month  当月首笔
--   after_death     死亡后享受
with holder as (
    select id_number, person_id, elder_name, community_code, died_on
    from (
        select e.id_number, l.person_id, l.elder_name, l.community_code, case when p.status = '死亡' then p.status_on end as died_on,
               row_number() over (partition by e.id_number order by e.updated_at desc, e.elder_id) as position
        from registry_elder as e
        join elder_link as l on l.elder_id = e.elder_id
        join registry_elder as p on p.elder_id = l.person_id
        where e.id_number in (select id_number from insurance_benefit)
    ) as ranked
    where position = 1
)
select b.month, b.benefit_no, e.person_id as elder_id, e.elder_name,
       coalesce(e.community_code, l.community_code, (select min(code) from area where level = 1)) as community_code,
       b.level, b.form, w.provider_id, w.provider_name, b.amount, b.paid_on, b.position = 1 as first_of_month,
       coalesce(e.died_on < m.first_day, false) as after_death
from (
    select *, row_number() over (partition by month, id_number order by benefit_no) as position
    from insurance_benefit
) as b
join month as m on m.month = b.month
left join holder as e on e.id_number = b.id_number
left join employer as w on w.credit_code = b.credit_code
left join provider_place as l on l.provider_id = w.provider_id and l.month = b.month
