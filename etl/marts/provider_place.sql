-- title: 服务单位所在地
-- grain: one provider registered by the last day of a month
-- community_code: of the site that is open on that day, the main site first; of the last site known where none is open;
-- the district's own code where no site is known, so that nothing drops out of the district's total
-- operating: registered and neither suspended nor closed on that day
-- area: community_code
-- time: month
-- provider: provider_id
-- columns:
--   month           月份
--   provider_id     单位编号
--   name            服务单位
--   community_code  所在社区代码
--   site_id         主站点编号
--   operating       在营
select month, provider_id, name, coalesce(site_community, (select min(code) from area where level = 1)) as community_code, site_id, operating
from (
    select m.month, p.provider_id, p.name, s.community_code as site_community, s.site_id,
           coalesce(p.closed_on, case when p.status = '在营' then date '9999-12-31' else p.registered_on end) > m.last_day as operating,
           row_number() over (
               partition by m.month, p.provider_id
               order by case when s.opened_on <= m.last_day and coalesce(s.closed_on, date '9999-12-31') > m.last_day then 0 else 1 end,
                        case when s.main_site then 0 else 1 end,
                        s.opened_on, s.site_id
           ) as position
    from month as m
    join provider_provider as p on p.registered_on <= m.last_day
    left join provider_site as s on s.provider_id = p.provider_id
) as placed
where position = 1
