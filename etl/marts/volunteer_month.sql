-- title: 志愿者（月末）
-- grain: one volunteer registered and not withdrawn on the last day of a month; a person registered twice counts once
-- area: community_code
-- time: month
-- key: volunteer_id
-- columns:
--   month           月份
--   volunteer_id    志愿者编号
--   name            姓名 [name]
--   sex             性别
--   community_code  服务社区代码
--   registered_on   注册日期
select month, volunteer_id, name, sex, community_code, registered_on
from (
    select m.month, v.volunteer_id, v.name, v.sex, v.community_code, v.registered_on,
           row_number() over (partition by m.month, v.id_number order by v.updated_at desc, v.volunteer_id) as position
    from month as m
    join volunteer_volunteer as v
        on v.registered_on <= m.last_day and coalesce(v.left_on, date '9999-12-31') > m.last_day
) as present
where position = 1
