-- title: 各数据表报送量（最近月份）
-- grain: one table of a module and, where its rows name a community or street, that place; in the last month of the calendar
-- read: rows of the deliveries in force; those of a place are its loaded and its rejected rows (of a superseded row nobody asks where)
-- area: area_code
-- time: month
-- columns:
--   month        月份
--   area_code    区划代码
--   module       模块
--   table_name   数据表
--   rows_read    读入行数
--   loaded       入库行数
--   quarantined  隔离行数
--   superseded   被取代行数
select (select max(month) from month) as month,
       coalesce(a.code, (select min(code) from area where level = 1)) as area_code,
       d.module, d.table_name,
       sum(d.loaded + d.quarantined + d.superseded) as rows_read,
       sum(d.loaded) as loaded, sum(d.quarantined) as quarantined, sum(d.superseded) as superseded
from state.delivered as d
left join area as a on a.code = d.place
group by all
