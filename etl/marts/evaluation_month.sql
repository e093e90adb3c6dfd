-- title: 服务评价（近 12 个月）
-- grain: one operating provider that was evaluated within the twelve months up to the last day of a month, with its latest score
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  所在社区代码
--   kind            单位类别
--   round           评价轮次
--   setting         环境设施
--   management      运营管理
--   service         服务质量
--   voice           服务对象评价
--   score           总分
--   assessor        评价机构
--   evaluated_on    评价日期
with ranked as (
    select m.month, e.provider_id, s.round, s.setting, s.management, s.service, s.voice, s.score, s.assessor, s.evaluated_on,
           row_number() over (partition by m.month, e.provider_id order by s.evaluated_on desc, s.evaluation_no) as position
    from evaluation_score as s
    join employer as e on e.credit_code = s.credit_code
    join month as m on s.evaluated_on <= m.last_day and s.evaluated_on > m.last_day - interval 12 month
)
select r.month, r.provider_id, l.name as provider_name, l.community_code, p.kind, r.round, r.setting, r.management, r.service,
       r.voice, r.score, r.assessor, r.evaluated_on
from ranked as r
join provider_place as l on l.provider_id = r.provider_id and l.month = r.month and l.operating
join provider_provider as p on p.provider_id = r.provider_id
where r.position = 1
