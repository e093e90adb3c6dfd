-- title: 准入申请
-- grain: one application for admission, in the month in which it was filed
-- pending: not decided; lacking: materials that are not there or did not pass
-- area: area_code
-- time: month
-- columns:
--   month           月份
--   application_id  申请编号
--   area_code       区划代码
--   provider_name   申请单位
--   kind            单位类别
--   applied_on      申请日期
--   decided_on      审批日期
--   outcome         结果
--   reason          原因
--   materials       材料件数
--   lacking         未通过或未提交件数
--   days            审批天数
with filed as (
    select application_id, count(*) as materials,
           count(*) filter (where verdict <> '合格' or submitted_on is null) as lacking
    from provider_material
    group by application_id
)
select m.month, a.application_id, (select min(code) from area where level = 1) as area_code, a.provider_name, a.kind, a.applied_on,
       a.decided_on, a.outcome, a.reason,
       coalesce(f.materials, 0) as materials,
       coalesce(f.lacking, 0) as lacking,
       date_diff('day', a.applied_on, a.decided_on) as days
from provider_admission as a
join month as m on a.applied_on between m.first_day and m.last_day
left join filed as f on f.application_id = a.application_id
