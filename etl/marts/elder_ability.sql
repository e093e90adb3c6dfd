-- title: 能力评估有效期
-- grain: one assessment of a person, in force until the next one (a step of elder_month)
-- columns:
--   person_id    老年人编号 [id]
--   level        能力等级
--   dementia     认知障碍
--   assessed_on  评估日期
--   valid_until  有效期至
--   next_on      下次评估日期
select l.person_id, a.level, a.dementia, a.assessed_on,
       coalesce(a.valid_until, date '9999-12-31') as valid_until,
       coalesce(
           lead(a.assessed_on) over (partition by l.person_id order by a.assessed_on, a.assessment_id), date '9999-12-31'
       ) as next_on
from assessment_assessment as a
join elder_link as l on l.elder_id = a.elder_id
