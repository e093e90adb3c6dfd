-- title: 专职工作人员（月末）
-- grain: one dedicated worker in office on the last day of a month
-- area_code: the community, the street or, for the district's centre, the district that the worker serves
-- area: area_code
-- time: month
-- key: worker_no
-- columns:
--   month      月份
--   worker_no  人员编号
--   name       姓名 [name]
--   level      层级
--   unit       所在单位
--   area_code  任职区划代码
--   post       岗位
--   since      任职日期
select month, worker_no, name, level, unit, area_code, post, since
from (
    select m.month, w.worker_no, w.name, w.level, w.unit, w.post, w.since,
           case
               when w.level = 3 then w.community_code
               when w.level = 2 then w.street_code
               else (select min(code) from area where level = 1)
           end as area_code,
           row_number() over (partition by m.month, w.worker_no order by w.since desc, w.unit) as position
    from month as m
    join staff_worker as w on w.since <= m.last_day and coalesce(w.until, date '9999-12-31') > m.last_day
) as present
where position = 1
