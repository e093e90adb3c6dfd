-- title: 数据模块报送情况（最近月份）
-- grain: one module as it was delivered last, in the last month of the calendar (earlier months have no rows)
-- on_time: its delivery satisfied the cadence of its contract and could be read
-- hours_behind: from the end of the day of its data to the newest intake of any module
-- area: area_code
-- time: month
-- columns:
--   month         月份
--   area_code     区划代码
--   module        模块
--   status        状态
--   data_date     数据日期
--   loaded_at     入库时间
--   hours_behind  落后小时数
--   rows_read     读入行数
--   loaded        入库行数
--   quarantined   隔离行数
--   superseded    被取代行数
--   warned        提示行数
--   on_time       按时
select (select max(month) from month) as month,
       (select min(code) from area where level = 1) as area_code,
       s.module, s.status, d.data_date, d.loaded_at,
       case when d.data_date is not null then
           greatest(date_diff('hour', d.data_date + interval 1 day, (select max(loaded_at) from state.delivery)), 0)
       end as hours_behind,
       coalesce(d.rows_read, 0) as rows_read,
       coalesce(d.loaded, 0) as loaded,
       coalesce(d.quarantined, 0) as quarantined,
       coalesce(d.superseded, 0) as superseded,
       coalesce(d.warned, 0) as warned,
       s.status = 'ok' as on_time
from state.module as s
left join (
    select module, max(data_date) as data_date, max(loaded_at) as loaded_at, sum(read) as rows_read, sum(loaded) as loaded,
           sum(quarantined) as quarantined, sum(superseded) as superseded, sum(warned) as warned
    from state.delivery
    group by module
) as d on d.module = s.module
