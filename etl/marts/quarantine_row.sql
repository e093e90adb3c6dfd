-- title: 隔离记录
-- grain: one rejected row of the deliveries in force, in the last month of the calendar (earlier months have no rows); a row
-- rejected for several reasons once
-- area: area_code
-- time: month
-- columns:
--   month       月份
--   area_code   区划代码
--   module      模块
--   table_name  数据表
--   source      来源
--   position    位置（文件中的行号）
--   row_key     记录编号（脱敏）
--   fields      字段
--   given       原值（脱敏）
--   sentence    原因
--   reasons     原因数
--   batch       批次
with rejected as (
    select module, table_name, source, position, batch, max(line) as line, max(row_key) as row_key, max(community_code) as place, count(*) as reasons,
           string_agg(distinct column_title, '、' order by column_title) as fields,
           string_agg(distinct value_masked, '、' order by value_masked) as given,
           string_agg(distinct sentence, '；' order by sentence) as sentence
    from state.quarantine
    group by module, table_name, source, position, batch
)
select (select max(month) from month) as month,
       coalesce(a.code, (select min(code) from area where level = 1)) as area_code,
       r.module, r.table_name, r.source, r.line as position, r.row_key, r.fields, r.given, r.sentence, r.reasons, r.batch
from rejected as r
left join area as a on a.code = r.place
