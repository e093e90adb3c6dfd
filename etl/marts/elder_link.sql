-- grain: one elder number of the register
-- One person may be registered twice (two spellings, one ID number): the newest record stands for the person, the other
-- numbers point to it, so that nobody is counted twice and no assessment, order or payment is lost.
-- columns:
--   elder_id        老年人编号
--   person_id       归并后编号
--   elder_name      姓名 [name]
--   community_code  常住社区
select elder_id,
       first_value(elder_id) over (partition by id_number order by updated_at desc, elder_id) as person_id,
       first_value(name) over (partition by id_number order by updated_at desc, elder_id) as elder_name,
       first_value(community_code) over (partition by id_number order by updated_at desc, elder_id) as community_code
from registry_elder
