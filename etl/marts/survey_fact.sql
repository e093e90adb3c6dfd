-- title: 满意度调查
-- grain: one satisfaction survey of one provider, in the month surveyed
-- community_code: of the provider's main site; the district where the provider is not known
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   survey_no       调查编号
--   provider_id     单位编号
--   provider_name   服务单位
--   community_code  所在社区代码
--   sent            发放份数
--   respondents     有效份数
--   satisfied       满意及以上
--   very_satisfied  其中很满意
--   surveyor        调查机构
select m.month, s.survey_no, e.provider_id, coalesce(e.provider_name, s.provider_name) as provider_name,
       coalesce(l.community_code, (select min(code) from area where level = 1)) as community_code,
       s.sent, s.respondents, s.satisfied, s.very_satisfied, s.surveyor
from evaluation_survey as s
join month as m on m.month = s.month
left join employer as e on e.credit_code = s.credit_code
left join provider_place as l on l.provider_id = e.provider_id and l.month = m.month
