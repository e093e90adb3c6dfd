-- title: 补贴发放
-- grain: one payment, in the month it is paid for
-- paid: the bank carried it out; returned: the bank sent it back
-- community_code: where the elder lives or of the provider's main site; else the street that filed the application; else the district
-- days_to_pay: from the district's approval to the first payment of the application; null for every later payment, and where the
-- approval lies before the first month on record (its first payment may not be on record either)
-- area: community_code
-- time: month
-- monthly: subsidy_payment provider_place
-- keyed: subsidy_payment.elder_id elder_link.elder_id
-- rows: subsidy_payment.payment_id
-- provider: provider_id
-- key: payment_id
-- columns:
--   month           月份
--   payment_id      发放编号
--   application_id  申报编号
--   programme       项目编码
--   programme_name  项目名称
--   payee           发放对象类别
--   elder_id        老年人编号
--   elder_name      老年人 [name]
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  所属区划代码
--   amount          金额（元）
--   paid_on         发放日期
--   account_hash    账户校验码 [account]
--   bank_result     银行结果
--   paid            已到账
--   returned        已退回
--   days_to_pay     审批到发放天数
select m.month, p.payment_id, p.application_id, p.programme, g.name as programme_name, p.payee,
       coalesce(e.person_id, p.elder_id) as elder_id, e.elder_name, p.provider_id, l.name as provider_name,
       coalesce(e.community_code, l.community_code, a.street_code, (select min(code) from area where level = 1)) as community_code,
       p.amount, p.paid_on, p.account_hash, p.bank_result,
       p.bank_result = '成功' as paid, p.bank_result = '退回' as returned,
       f.days_to_pay
from subsidy_payment as p
join month as m on m.month = p.month
left join subsidy_programme as g on g.programme = p.programme
left join elder_link as e on e.elder_id = p.elder_id and p.payee = 'elder'
left join provider_place as l on l.provider_id = p.provider_id and l.month = m.month and p.payee = 'provider'
left join subsidy_application as a on a.application_id = p.application_id
left join payment_first as f on f.payment_id = p.payment_id
