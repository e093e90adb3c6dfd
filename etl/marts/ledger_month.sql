-- title: 平台办理记录（按月）
-- grain: one kind of action taken in the product in a month
-- area: area_code
-- time: month
-- columns:
--   month      月份
--   area_code  区划代码
--   action     操作种类
--   events     次数
--   accounts   操作账号数
select m.month, (select min(code) from area where level = 1) as area_code, e.action, e.events, e.accounts
from ledger_event as e
join month as m on m.month = e.month
