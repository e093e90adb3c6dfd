-- title: 例会议定事项（月末）
-- grain: one matter decided in a regular meeting by the last day of a month
-- area_code: of the street where a street is responsible, else the district's
-- due: its term has ended by the last day; done: by that day; in_time: within its term; overdue: due and not done
-- area: area_code
-- time: month
-- columns:
--   month        月份
--   decision_id  事项编号
--   content      议定事项
--   task_id      任务编号
--   task         任务
--   department   责任部门
--   area_code    所属区划代码
--   met_on       例会日期
--   due_on       办结时限
--   done_on      办结日期
--   due          已到期
--   done         已办结
--   in_time      按期办结
--   overdue      逾期未办结
select m.month, d.decision_id, d.content, d.task_id, t.name as task, d.department,
       coalesce(s.code, (select min(code) from area where level = 1)) as area_code,
       d.met_on, d.due_on, d.done_on,
       coalesce(d.due_on <= m.last_day, false) as due,
       coalesce(d.done_on <= m.last_day, false) as done,
       coalesce(d.done_on <= d.due_on, false) as in_time,
       coalesce(d.due_on <= m.last_day, false) and not coalesce(d.done_on <= m.last_day, false) as overdue
from task_decision as d
join month as m on d.met_on <= m.last_day
join task_task as t on t.task_id = d.task_id
left join area as s on s.level = 2 and s.name = d.department
