-- title: 等级评定核对（月末）
-- grain: one operating provider that holds a grade of GB/T 37276 on the last day of a month
-- The grade is held against its own assessment: the score (360/450/570/780/900 of 1,000) and every section (环境 120, 设施设备 130, 运营管理 150,
-- 服务 600), which must reach 40/50/60/80/90 % of its full marks; and against the sections of the latest third-party evaluation of twelve months
-- by the same shares. The numbers are the region's standards.
-- total_short: the stated score is below the grade's least, or there is none. section_short: a section of the assessment is below the grade's least
-- share. evaluation_short: a section of the evaluation is.
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month              月份
--   provider_id        单位编号
--   provider_name      服务单位
--   community_code     所在社区代码
--   kind               单位类别
--   grade              评定等级
--   grade_score        评定得分
--   least_score        等级要求的总分
--   least_share        等级要求的分项得分率
--   setting_share      评定：环境得分率
--   facilities_share   评定：设施设备得分率
--   management_share   评定：运营管理得分率
--   service_share      评定：服务得分率
--   evaluated_setting_share     第三方评价：环境设施得分率
--   evaluated_management_share  第三方评价：运营管理得分率
--   evaluated_service_share     第三方评价：服务质量得分率
--   evaluated_on       第三方评价日期
--   total_short        总分不足
--   section_short      评定分项不足
--   evaluation_short   第三方评价分项不足
with graded as (
    select l.month, l.provider_id, l.name as provider_name, l.community_code, p.kind, p.grade, p.grade_score,
           p.grade_setting * 100.0 / (select max(s.value) from standard as s where s.standard = 'grade_full_setting'
            and s.valid_from <= l.month and (s.valid_to is null or l.month < s.valid_to)) as setting_share,
           p.grade_facilities * 100.0 / (select max(s.value) from standard as s where s.standard = 'grade_full_facilities'
            and s.valid_from <= l.month and (s.valid_to is null or l.month < s.valid_to)) as facilities_share,
           p.grade_management * 100.0 / (select max(s.value) from standard as s where s.standard = 'grade_full_management'
            and s.valid_from <= l.month and (s.valid_to is null or l.month < s.valid_to)) as management_share,
           p.grade_service * 100.0 / (select max(s.value) from standard as s where s.standard = 'grade_full_service'
            and s.valid_from <= l.month and (s.valid_to is null or l.month < s.valid_to)) as service_share,
           (select max(s.value) from standard as s where ((s.standard = 'grade_score_1' and p.grade = 1)
                 or (s.standard = 'grade_score_2' and p.grade = 2)
                 or (s.standard = 'grade_score_3' and p.grade = 3)
                 or (s.standard = 'grade_score_4' and p.grade = 4)
                 or (s.standard = 'grade_score_5' and p.grade = 5))
            and s.valid_from <= l.month and (s.valid_to is null or l.month < s.valid_to)) as least_score,
           (select max(s.value) from standard as s where ((s.standard = 'grade_section_1' and p.grade = 1)
                 or (s.standard = 'grade_section_2' and p.grade = 2)
                 or (s.standard = 'grade_section_3' and p.grade = 3)
                 or (s.standard = 'grade_section_4' and p.grade = 4)
                 or (s.standard = 'grade_section_5' and p.grade = 5))
            and s.valid_from <= l.month and (s.valid_to is null or l.month < s.valid_to)) as least_share
    from provider_place as l
    join provider_provider as p on p.provider_id = l.provider_id
    where l.operating and p.grade is not null
)
select g.month, g.provider_id, g.provider_name, g.community_code, g.kind, g.grade, g.grade_score, g.least_score, g.least_share,
       g.setting_share, g.facilities_share, g.management_share, g.service_share,
       e.setting * 100.0 / 25 as evaluated_setting_share, e.management * 100.0 / 25 as evaluated_management_share,
       e.service * 100.0 / 35 as evaluated_service_share, e.evaluated_on,
       coalesce(g.grade_score < g.least_score, g.grade_score is null) as total_short,
       coalesce(least(g.setting_share, g.facilities_share, g.management_share, g.service_share) < g.least_share - 0.000001, false) as section_short,
       coalesce(least(e.setting / 25.0, e.management / 25.0, e.service / 35.0) * 100 < g.least_share - 0.000001, false) as evaluation_short
from graded as g
left join evaluation_month as e on e.provider_id = g.provider_id and e.month = g.month
