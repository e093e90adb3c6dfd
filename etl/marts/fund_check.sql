-- title: 福彩资金核对
-- grain: one kind of money, income or expenditure, in a month: what the finance bureau states against the sum of its entries
-- differs: by more than the rounding of a total stated to 100 yuan
-- area: area_code
-- time: month
-- columns:
--   month       月份
--   area_code   区划代码
--   fund        资金类别
--   direction   收支
--   stated      汇总数（元）
--   counted     明细合计（元）
--   difference  差额（元）
--   entries     明细笔数
--   differs     汇总与明细不符
with booked as (
    select month, fund, direction, sum(amount) as counted, count(*) as entries
    from fund_fact
    group by month, fund, direction
),
told as (
    select t.month, t.fund, t.direction, t.amount as stated
    from fund_total as t
    join month as m on m.month = t.month
),
pair as (
    select month, fund, direction from booked
    union
    select month, fund, direction from told
)
select p.month, (select min(code) from area where level = 1) as area_code, p.fund, p.direction,
       t.stated,
       coalesce(b.counted, 0) as counted,
       coalesce(t.stated, 0) - coalesce(b.counted, 0) as difference,
       coalesce(b.entries, 0) as entries,
       abs(coalesce(t.stated, 0) - coalesce(b.counted, 0)) > 50 as differs
from pair as p
left join booked as b on b.month = p.month and b.fund = p.fund and b.direction = p.direction
left join told as t on t.month = p.month and t.fund = p.fund and t.direction = p.direction
