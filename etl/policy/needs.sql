-- The volumes of evidence that minimum and confidence ask for: provider × month × need.
-- step: 证据量
create or replace temp table policy_needed as
select s.provider_id, s.month, n.need_id, n.test, n.ordinal, n.at_least,
       coalesce(case n.measure
           when 'months_registered' then s.idx - s.registered_idx
           when 'domains' then (t.domains)
           when 'inspections' then i.volume
           else f.volume end, 0) as value
from policy_subject s
join policy_need n on n.version = s.rating_version
left join policy_total t on t.provider_id = s.provider_id and t.month = s.month
left join (
    select n.need_id, f.provider_id, f.month, count(*) as volume
    from policy_need n join policy_month m on m.rating_version = n.version
    join policy_fact_inspection f on f.month = m.month and f.age < n.window_months
    where n.measure = 'inspections' group by all
) i on i.need_id = n.need_id and i.provider_id = s.provider_id and i.month = s.month
left join (
    select n.need_id, f.provider_id, m.month, sum(coalesce(f.whole, f.part)) as volume
    from policy_need n join policy_month m on m.rating_version = n.version
    join policy_figure f on f.indicator = n.code and f.idx between m.idx - n.window_months + 1 and m.idx
    where n.measure = 'indicator' group by all
) f on f.need_id = n.need_id and f.provider_id = s.provider_id and f.month = s.month;
