-- title: 在册在世老年人（月末）
-- grain: one elder aged 60 or over who is alive, resident and registered on the last day of a month (the frame of elder_month)
-- area: community_code
-- time: month
-- keyed: registry_elder.elder_id elder_link.elder_id
-- rows: elder_id
-- columns:
--   month           月份
--   elder_id        老年人编号
--   community_code  常住社区代码
--   age             年龄
with person as (
    select e.elder_id, e.community_code, e.registered_on,
           cast(extract(year from e.birth_date) as integer) as birth_year,
           extract(month from e.birth_date) * 100 + extract(day from e.birth_date) as birthday,
           cast(e.birth_date + interval 60 year as date) as sixty_on,
           case when e.status = '正常' then date '9999-12-31' else coalesce(e.status_on, cast(e.updated_at as date)) end as gone_on
    from registry_elder as e
    join elder_link as l on l.elder_id = e.elder_id and l.person_id = e.elder_id
),
calendar as (
    select month, last_day, cast(extract(year from last_day) as integer) as year,
           extract(month from last_day) * 100 + extract(day from last_day) as today
    from month
)
select m.month, e.elder_id, e.community_code,
       m.year - e.birth_year - case when e.birthday > m.today then 1 else 0 end as age
from person as e
cross join calendar as m
where e.sixty_on <= m.last_day and e.registered_on <= m.last_day and e.gone_on > m.last_day
