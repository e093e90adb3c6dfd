-- title: 在租康复辅具（月末）
-- grain: one aid that is rented out on the last day of a month (those reported lost are not)
-- community_code: where the elder lives; the district for an unknown elder
-- area: community_code
-- time: month
-- key: rental_no
-- columns:
--   month           月份
--   rental_no       租赁编号
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   community_code  所属区划代码
--   item            辅具名称
--   rented_on       租出日期
--   due_on          应还日期
--   deposit         押金（元）
--   subsidy         补贴金额（元）
--   overdue         逾期未还
select m.month, r.rental_no, coalesce(l.person_id, r.elder_id) as elder_id, l.elder_name,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       r.item, r.rented_on, r.due_on, r.deposit, r.subsidy,
       coalesce(r.due_on < m.last_day, false) as overdue
from adaptation_rental as r
join month as m on r.rented_on <= m.last_day and coalesce(r.returned_on, date '9999-12-31') > m.last_day
left join elder_link as l on l.elder_id = r.elder_id
where r.state <> '遗失'
