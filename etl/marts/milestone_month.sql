-- title: 任务里程碑（月末已到期）
-- grain: one milestone of a task that is due by the last day of a month
-- done: by that day; in_time: by its own due date
-- area: area_code
-- time: month
-- columns:
--   month         月份
--   milestone_id  里程碑编号
--   title         里程碑
--   task_id       任务编号
--   task          任务
--   area_code     区划代码
--   due_on        计划完成日期
--   done_on       实际完成日期
--   done          已完成
--   in_time       按期完成
select m.month, s.milestone_id, s.title, s.task_id, t.name as task,
       (select min(code) from area where level = 1) as area_code,
       s.due_on, s.done_on,
       coalesce(s.done_on <= m.last_day, false) as done,
       coalesce(s.done_on <= s.due_on, false) as in_time
from task_milestone as s
join month as m on s.due_on <= m.last_day
join task_task as t on t.task_id = s.task_id
