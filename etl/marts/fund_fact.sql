-- title: 福彩资金收支
-- grain: one entry of income or expenditure, in the month to which it is booked
-- elder_care: spent on elder care
-- area: area_code
-- time: month
-- columns:
--   month         月份
--   voucher_no    凭证号
--   area_code     区划代码
--   fund          资金类别
--   direction     收支
--   kind          类别
--   purpose       用途项目
--   payee         收款单位
--   amount        金额（元）
--   booked_on     入账日期
--   corrected_on  更正日期
--   elder_care    用于养老服务
with entry as (
    select month, voucher_no, fund, '收入' as direction, kind, null as purpose, null as payee, amount, booked_on, corrected_on,
           false as elder_care
    from fund_income
    union all
    select month, voucher_no, fund, '支出', kind, purpose, payee, amount, booked_on, corrected_on, kind = '养老服务'
    from fund_expenditure
)
select m.month, e.voucher_no, (select min(code) from area where level = 1) as area_code, e.fund, e.direction, e.kind, e.purpose,
       e.payee, e.amount, e.booked_on, e.corrected_on, e.elder_care
from entry as e
join month as m on m.month = e.month
