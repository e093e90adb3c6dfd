-- From facts and figures to the score of each part; over the temporary tables that etl/policy/rating.py lays from the policy file.
-- What follows from the parts is in evidence.sql and stars.sql, which a table given to `yiguan rate` goes through as well.

-- step: 各项指标适用的单位
create or replace temp table policy_applied as
select p.part_id, p.domain, s.provider_id, s.month, s.idx, s.kind
from policy_subject s
join policy_part p on p.version = s.rating_version
where p.all_kinds or exists (from policy_part_kind k where k.part_id = p.part_id and k.kind = s.kind);

-- step: 指标值（按窗口累计，小样本向同类均值折算）
create or replace temp table policy_observed as
with summed as (
    select a.part_id, a.provider_id, a.month, any_value(a.kind) as kind, round(sum(coalesce(f.part, 0)), 6) as part,
           round(sum(coalesce(f.whole, 0)), 6) as whole  -- rounded, so that the order of adding up is not seen
    from policy_applied a
    join policy_part p on p.part_id = a.part_id and p.what = 'indicator'
    -- a month with a whole and no part has a part of nought
    join policy_figure f on f.indicator = p.code and f.provider_id = a.provider_id and f.idx between a.idx - p.window_months + 1 and a.idx
    group by a.part_id, a.provider_id, a.month
), peers as (
    select part_id, month, kind, round(sum(part), 6) / nullif(round(sum(whole), 6), 0) as mean from summed group by all
)
select s.part_id, s.provider_id, s.month, s.whole, p.scale * s.part / nullif(s.whole, 0) as raw, p.scale * k.mean as mean,
       case when s.whole >= p.min_whole and s.whole > 0 then p.scale * (s.part + p.shrink * coalesce(k.mean, 0)) / (s.whole + p.shrink) end as value
from summed s
join peers k on k.part_id = s.part_id and k.month = s.month and k.kind is not distinct from s.kind
join policy_part p on p.part_id = s.part_id;

-- step: 指标得分
create or replace temp table policy_indicator_score as
select o.part_id, o.provider_id, o.month, o.whole, o.raw, o.mean, o.value,
       round(c.y + c.slope * (o.value - c.anchor), 4) as score
from policy_observed o
left join policy_curve c on c.part_id = o.part_id and o.value >= c.lo and o.value < c.hi;

-- step: 检查问题扣分
create or replace temp table policy_finding as
select a.part_id, f.provider_id, f.month, f.row_key, f.happened_on, f.severity, f.scope, f.inspection, f.description, f.clause, f.age,
       f.overdue, f.days_overdue, f.failed_reinspections, p.points as base, d.share as decay,
       coalesce(r.share, 0) as repeat_share, case when f.overdue then o.share else 0 end as overdue_share,
       p.points * d.share * (1 + coalesce(r.share, 0) + case when f.overdue then o.share else 0 end) as points
from policy_fact_finding f
join policy_part_field pf on pf.field = f.field
join policy_applied a on a.provider_id = f.provider_id and a.month = f.month and a.part_id = pf.part_id
join policy_part t on t.part_id = a.part_id
join policy_points p on p.version = t.version and p.severity = f.severity and p.scope = f.scope
join policy_decay d on d.version = t.version and f.age >= d.age_from and f.age < d.age_to
join policy_overdue o on o.version = t.version
left join policy_repeat r on r.version = t.version and f.failed_reinspections >= r.failed_from and f.failed_reinspections < r.failed_to;

-- step: 接受检查次数
create or replace temp table policy_inspected as
select s.provider_id, s.month, count(*) as inspections
from policy_subject s
join policy_overdue o on o.version = s.rating_version
join policy_fact_inspection i on i.provider_id = s.provider_id and i.month = s.month and i.age < o.horizon
group by all;

-- step: 各项是否有数据与权重
create or replace temp table policy_component as
with applied as (
    select a.part_id, a.domain, a.provider_id, a.month, p.what, p.weight, p.most, p.method, p.rescale, g.score as given
    from policy_applied a
    join policy_part p on p.part_id = a.part_id
    left join policy_given g on g.part_id = a.part_id and g.provider_id = a.provider_id and g.month = a.month
), known as (
    select a.* exclude (what, given), coalesce(i.score, a.given) as score, i.raw, i.whole, i.value, i.mean, null::bigint as inspections,
           coalesce(i.score, a.given) is not null as available
    from applied a
    left join policy_indicator_score i on i.part_id = a.part_id and i.provider_id = a.provider_id and i.month = a.month
    where a.what <> 'findings'
    union all
    select a.* exclude (what, given), a.given, null, null, null, null, n.inspections, n.inspections is not null or a.given is not null
    from applied a
    left join policy_inspected n on n.provider_id = a.provider_id and n.month = a.month
    where a.what = 'findings'
), own as (  -- joined back: a window would carry every column through its sort
    select provider_id, month, domain, round(sum(weight) filter (where available), 9) as weight, round(sum(weight * most), 9) as most,
           round(sum(weight * most) filter (where available), 9) as most_available
    from known group by all
)
select k.part_id, k.domain, k.provider_id, k.month, k.score, k.raw, k.whole, k.value, k.mean, k.inspections, k.available,
       case when not k.available then null
            when k.method = 'mean' then k.weight / o.weight
            when k.rescale then k.weight * o.most / o.most_available
            else k.weight end as share
from known k
join own o on o.provider_id = k.provider_id and o.month = k.month and o.domain = k.domain;
