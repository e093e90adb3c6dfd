-- title: 任务进度（按月）
-- grain: one task with one of its lead departments in a month for which the form was delivered
-- area_code: of the street where a street leads, else the district's
-- on_track: at least as much done as planned; a department that did not report is not on track
-- area: area_code
-- time: month
-- columns:
--   month            月份
--   task_id          任务编号
--   task             任务
--   key_task         重点任务
--   lead_department  牵头部门
--   area_code        所属区划代码
--   due_on           完成时限
--   reported         已填报
--   planned          计划进度（%）
--   done             累计完成（%）
--   stated           自评状态
--   on_track         按期推进
--   work             本月进展
--   trouble          存在问题
select m.month, t.task_id, t.name as task, t.key_task, d.department as lead_department,
       coalesce(s.code, (select min(code) from area where level = 1)) as area_code, t.due_on,
       p.task_id is not null as reported, p.planned, p.done, p.stated, coalesce(p.done >= p.planned, false) as on_track,
       p.work, p.trouble
from (select distinct month from task_progress) as f
join month as m on m.month = f.month
cross join task_duty as d
join task_task as t on t.task_id = d.task_id
left join task_progress as p on p.task_id = d.task_id and p.department = d.department and p.month = m.month
left join area as s on s.level = 2 and s.name = d.department
where d.role = '牵头'
