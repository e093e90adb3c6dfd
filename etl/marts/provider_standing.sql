-- title: 服务单位登记状态
-- grain: one provider registered by the last day of a month, whether operating or not
-- star, score: the supervision rating of the month; null where the provider is not rated
-- exit_state: normal, watch, rectifying, exit_candidate (meets the criteria, nobody has decided), exit_proposed (told in writing), exited
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   provider_id     单位编号
--   name            服务单位
--   kind            单位类别
--   community_code  所在社区代码
--   operating       在营
--   star            监管星级
--   score           监管得分
--   confidence      可信度
--   exit_state      退出监管状态
--   since           进入该状态日期
--   because         原因
select l.month, l.provider_id, l.name, p.kind, l.community_code, l.operating,
       r.star, r.score, r.confidence, coalesce(e.state, 'normal') as exit_state, e.since, e.because
from provider_place as l
join provider_provider as p on p.provider_id = l.provider_id
left join rating as r on r.provider_id = l.provider_id and r.month = l.month
left join exit_status as e on e.provider_id = l.provider_id and e.month = l.month
