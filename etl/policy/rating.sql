-- Runs over the temporary tables that etl/policy/rating.py lays from the policy file (policy_part, policy_curve, policy_points, …).
-- Points are points of the domain (0-100): a domain's score is 100 plus all points of its evidence, so a star can be recomputed from it.

-- step: 各项指标适用的单位
create or replace temp table policy_applied as
select p.part_id, p.version, p.domain, p.what, p.code, p.weight, p.window_months, p.min_whole, p.shrink, p.scale,
       s.provider_id, s.month, s.idx, s.kind
from policy_subject s
join policy_part p on p.version = s.rating_version
where p.all_kinds or exists (from policy_part_kind k where k.part_id = p.part_id and k.kind = s.kind);

-- step: 指标值（按窗口累计，小样本向同类均值折算）
create or replace temp table policy_observed as
with summed as (
    select a.part_id, a.provider_id, a.month, a.kind, a.min_whole, a.shrink, a.scale, sum(coalesce(f.part, 0)) as part,
           sum(coalesce(f.whole, 0)) as whole
    from policy_applied a
    join policy_figure f on f.indicator = a.code and f.provider_id = a.provider_id and f.idx between a.idx - a.window_months + 1 and a.idx
    where a.what = 'indicator'  -- a month with a whole and no part has a part of nought
    group by all
), pooled as (
    select *, sum(part) over peers / nullif(sum(whole) over peers, 0) as mean
    from summed
    window peers as (partition by part_id, month, kind)
)
select part_id, provider_id, month, whole, scale * part / nullif(whole, 0) as raw, scale * mean as mean,
       case when whole >= min_whole and whole > 0 then scale * (part + shrink * coalesce(mean, 0)) / (whole + shrink) end as value
from pooled;

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
join policy_applied a on a.provider_id = f.provider_id and a.month = f.month and a.what = 'findings'
join policy_part_field pf on pf.part_id = a.part_id and pf.field = f.field
join policy_points p on p.version = a.version and p.severity = f.severity and p.scope = f.scope
join policy_decay d on d.version = a.version and f.age >= d.age_from and f.age < d.age_to
join policy_overdue o on o.version = a.version
left join policy_repeat r on r.version = a.version and f.failed_reinspections >= r.failed_from and f.failed_reinspections < r.failed_to;

-- step: 各项是否有数据与权重
create or replace temp table policy_inspected as
select s.provider_id, s.month, count(*) as inspections
from policy_subject s
join policy_overdue o on o.version = s.rating_version
join policy_fact_inspection i on i.provider_id = s.provider_id and i.month = s.month and i.age < o.horizon
group by all;

create or replace temp table policy_component as
with known as (
    select a.*, i.score, i.raw, i.whole, i.value, i.mean, n.inspections,
           case when a.what = 'findings' then n.inspections is not null else i.score is not null end as available
    from policy_applied a
    left join policy_indicator_score i on i.part_id = a.part_id and i.provider_id = a.provider_id and i.month = a.month
    left join policy_inspected n on n.provider_id = a.provider_id and n.month = a.month
)
select *, case when available
               then weight / sum(weight) filter (where available) over (partition by provider_id, month, domain) end as share
from known;

-- step: 评分依据
create or replace temp table policy_evidence as
with rows as (
    select c.provider_id, c.month, c.part_id, c.domain, p.rule, p.basis, c.code as metric, c.raw as value,
           round((c.score - 100) * c.share, 4) as points,
           p.window_text || p.name || policy_figure_text(c.raw, p.decimals) || p.unit
           || '（样本' || policy_number(c.whole) || case when c.shrink > 0
              then '，同类均值' || policy_figure_text(c.mean, p.decimals) || p.unit || '，按样本量折算为' || policy_figure_text(c.value, p.decimals) || p.unit
              else '' end || '），得' || policy_one(c.score) || '分，占本领域' || policy_one(c.share * 100) || '%'
           || case when c.score < 100 then '，扣' || policy_one((100 - c.score) * c.share) || '分' else '，不扣分' end as sentence,
           'provider_figure' as source_table, c.code || '/' || c.provider_id || '/' || c.month as row_key, null::date as happened_on
    from policy_component c join policy_part p using (part_id)
    where c.what = 'indicator' and c.available
    union all
    select f.provider_id, f.month, f.part_id, c.domain, p.rule, p.basis, f.severity || '·' || f.scope, f.points, round(-f.points * c.share, 4),
           strftime(f.happened_on, '%Y年%-m月%-d日') || case f.inspection when '复查' then '复查：' else coalesce(f.inspection, '') || '检查：' end || coalesce(f.description, '（无描述）')
           || '（' || f.severity || '·' || f.scope || coalesce('，' || f.clause, '') || '），' || policy_number(f.base) || '分'
           || case when f.decay <> 1 then '，距今' || f.age || '个月按' || policy_one(f.decay * 100) || '%计' else '' end
           || case when f.repeat_share > 0 then '，复查不合格' || f.failed_reinspections || '次加' || policy_one(f.repeat_share * 100) || '%' else '' end
           || case when f.overdue_share > 0 then '，逾期' || f.days_overdue || '天未整改加' || policy_one(f.overdue_share * 100) || '%' else '' end
           || '，占本领域' || policy_one(c.share * 100) || '%，扣' || policy_one(f.points * c.share) || '分',
           'inspection_finding', f.row_key, f.happened_on
    from policy_finding f
    join policy_component c on c.part_id = f.part_id and c.provider_id = f.provider_id and c.month = f.month
    join policy_part p on p.part_id = f.part_id
    where c.available
    union all
    select c.provider_id, c.month, c.part_id, c.domain, p.rule, p.basis, null, null, 0,
           '近' || o.horizon || '个月接受检查' || c.inspections || '次，本领域未发现计分的问题', 'inspection_inspection', null, null
    from policy_component c join policy_part p using (part_id) join policy_overdue o on o.version = c.version
    where c.what = 'findings' and c.available
      and not exists (from policy_finding f where f.part_id = c.part_id and f.provider_id = c.provider_id and f.month = c.month)
    union all
    select c.provider_id, c.month, c.part_id, c.domain, p.rule, p.basis, null, null, 0,
           case when c.what = 'findings' then '近' || o.horizon || '个月没有检查记录，本项不计，权重由其他项分担'
                when c.whole is null or c.whole = 0 then p.window_text || p.name || '没有数据，本项不计，权重由其他项分担'
                else p.window_text || p.name || '样本' || policy_number(c.whole) || '，不足' || policy_number(p.min_whole) || '，本项不计，权重由其他项分担' end,
           null, null, null
    from policy_component c join policy_part p using (part_id) join policy_overdue o on o.version = c.version
    where not c.available
), beyond as (
    select r.provider_id, r.month, r.part_id, any_value(r.domain), any_value(r.rule), any_value(r.basis), '封底', sum(-r.points),
           round(sum(-r.points) - 100 * any_value(c.share), 4), '检查扣分合计超过100分，按100分计', null, null, null
    from rows r join policy_component c on c.part_id = r.part_id and c.provider_id = r.provider_id and c.month = r.month
    where c.what = 'findings' and c.available
    group by r.provider_id, r.month, r.part_id
    having sum(-r.points) > 100 * any_value(c.share) + 0.00005
)
select * from rows union all select * from beyond;

-- step: 领域得分
create or replace temp table policy_domain_score as
with scored as (
    select provider_id, month, domain, policy_round1(greatest(0, least(100, 100 + sum(points)))) as score
    from policy_evidence e
    where exists (from policy_component c where c.part_id = e.part_id and c.provider_id = e.provider_id and c.month = e.month and c.available)
    group by all
), listed as (
    select s.provider_id, s.month, d.domain, d.position, d.weight, x.score
    from policy_subject s
    join policy_domain d on d.version = s.rating_version
    left join scored x on x.provider_id = s.provider_id and x.month = s.month and x.domain = d.domain
)
select provider_id, month, domain, position, score, weight,
       case when score is null then 0
            else 100 * weight / sum(weight) filter (where score is not null) over (partition by provider_id, month) end as applied_weight
from listed;

-- step: 总分与证据量
create or replace temp table policy_total as
select provider_id, month, policy_round1(sum(score * applied_weight) / 100) as score, count(score) as domains
from policy_domain_score group by all having count(score) > 0;

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

-- step: 星级
create or replace temp table policy_ranked as
select t.provider_id, t.month, s.kind, s.rating_version as version, t.score,
       count(*) over peers as peers, (rank() over (partition by t.month, s.kind order by t.score) - 1)::double / count(*) over peers as below
from policy_total t join policy_subject s on s.provider_id = t.provider_id and s.month = t.month
where not exists (from policy_missing x where x.provider_id = t.provider_id and x.month = t.month)
window peers as (partition by t.month, s.kind);

create or replace temp table policy_star as
select r.provider_id, r.month,
       1 + count(*) filter (where case when c.method = 'fixed' or r.peers < c.minimum_group then r.score >= c.score_cut
                                       else r.below >= c.share_cut end) as star
from policy_ranked r join policy_cut c on c.version = r.version
group by all;
