-- title: 同一分钟两地签到（步骤）
-- grain: one minute in which a steward signed in at two places more than a kilometre apart
-- columns:
--   steward_id  助老员编号
--   minute      分钟
select steward_id, date_trunc('minute', done_at) as minute
from volunteer_visit
where steward_id is not null and lng is not null
group by steward_id, date_trunc('minute', done_at)
having count(*) > 1
    and sqrt(
        power((max(lng) - min(lng)) * cos(radians(min(lat))) * 111.32, 2) + power((max(lat) - min(lat)) * 111.32, 2)
    ) > 1
