-- title: 福彩资金当年累计支出
-- grain: one expenditure of the welfare-lottery funds in its month and in each later month of its year: what a year has spent so far
-- area: area_code
-- time: month
-- columns:
--   month         月份
--   voucher_no    凭证号
--   area_code     区划代码
--   booked_month  所属月份
--   kind          用途类别
--   purpose       用途项目
--   payee         收款单位
--   amount        金额（元）
--   elder_care    用于养老服务
select m.month, f.voucher_no, f.area_code, f.month as booked_month, f.kind, f.purpose, f.payee, f.amount, f.elder_care
from fund_fact as f
join month as m on m.month >= f.month and left(m.month, 4) = left(f.month, 4)
where f.fund = '福利彩票公益金' and f.direction = '支出'
