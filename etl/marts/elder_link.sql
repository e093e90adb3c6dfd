-- title: 老年人编号归并
-- grain: one elder number of the register
-- One person may be registered twice (two spellings, with or without ID number): the newest record stands for the person, the other
-- numbers point to it, so that nobody is counted twice and no assessment, order or payment is lost. Doubtful links join nobody.
-- gone_on: the day on which the person died or moved away; null while alive and resident
-- columns:
--   elder_id        老年人编号
--   person_id       归并后编号
--   elder_name      姓名 [name]
--   community_code  常住社区
--   gone_on         去世或迁出日期
select e.elder_id, coalesce(l.person_id, e.elder_id) as person_id,
       coalesce(p.name, e.name) as elder_name,
       coalesce(p.community_code, e.community_code) as community_code,
       case when coalesce(p.status, e.status) <> '正常'
            then coalesce(p.status_on, cast(p.updated_at as date), e.status_on, cast(e.updated_at as date)) end as gone_on
from registry_elder as e
left join person_link as l on l.elder_id = e.elder_id and l.certain
left join registry_elder as p on p.elder_id = l.person_id
