-- The volumes of evidence that minimum and confidence ask for: provider × month × need.
-- step: 证据量
create or replace temp table policy_needed as
with need as (
    select s.provider_id, s.month, n.need_id, n.test, n.ordinal, n.at_least, n.measure, s.idx - s.registered_idx as months_registered
    from policy_subject s join policy_need n on n.version = s.rating_version
), inspected as (
    select n.need_id, f.provider_id, f.month, count(*) as volume
    from policy_need n join policy_month m on m.rating_version = n.version
    join policy_fact_inspection f on f.month = m.month and f.age < n.window_months
    where n.measure = 'inspections' group by all
), counted as (
    select n.need_id, f.provider_id, m.month, sum(coalesce(f.whole, f.part)) as volume
    from policy_need n join policy_month m on m.rating_version = n.version
    join policy_figure f on f.indicator = n.code and f.idx between m.idx - n.window_months + 1 and m.idx
    where n.measure = 'indicator' group by all
)
select provider_id, month, need_id, test, ordinal, at_least, coalesce(months_registered, 0)::double as value
from need where measure = 'months_registered'
union all
select n.provider_id, n.month, n.need_id, n.test, n.ordinal, n.at_least, coalesce(t.domains, 0)
from need n left join policy_total t on t.provider_id = n.provider_id and t.month = n.month where n.measure = 'domains'
union all
select n.provider_id, n.month, n.need_id, n.test, n.ordinal, n.at_least, coalesce(i.volume, 0)
from need n left join inspected i on i.need_id = n.need_id and i.provider_id = n.provider_id and i.month = n.month
where n.measure = 'inspections'
union all
select n.provider_id, n.month, n.need_id, n.test, n.ordinal, n.at_least, coalesce(f.volume, 0)
from need n left join counted f on f.need_id = n.need_id and f.provider_id = n.provider_id and f.month = n.month
where n.measure not in ('months_registered', 'domains', 'inspections');
