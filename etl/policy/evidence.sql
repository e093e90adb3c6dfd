-- From the scores of parts (policy_component) to evidence, domain scores and the total.
-- Points are points of the domain: its score is 100 (where it is a mean; 0 where a sum) plus all points of its evidence,
-- so that a star can be recomputed from what is shown.

-- step: 各行分值
-- What the findings of a part take, before a part can take no more than all it has.
create or replace temp view policy_taken as
select part_id, provider_id, month, round(sum(-points), 4) as taken  -- the order of adding up is not seen
from (
    select f.part_id, f.provider_id, f.month, policy_finding_points(f.points, k.share) as points
    from policy_finding f join policy_component k on k.part_id = f.part_id and k.provider_id = f.provider_id and k.month = f.month
    where k.available
    union all
    select part_id, provider_id, month, points from policy_given_evidence
)
group by all;

-- The points of policy_evidence without its words, each part with a row at least: where many variants are tried, planning the words would take longer.
create or replace temp view policy_evidence_points as
select c.provider_id, c.month, c.part_id, c.domain,
       case when c.available and p.what in ('indicator', 'column') then policy_part_points(c.score, c.share, p.method) else 0 end as points
from policy_component c join policy_part p using (part_id)
union all
select f.provider_id, f.month, f.part_id, c.domain, policy_finding_points(f.points, c.share)
from policy_finding f join policy_component c on c.part_id = f.part_id and c.provider_id = f.provider_id and c.month = f.month
where c.available
union all
select provider_id, month, part_id, domain, points from policy_given_evidence
union all
select r.provider_id, r.month, r.part_id, c.domain, round(r.taken - 100 * c.share, 4)
from policy_taken r
join policy_component c on c.part_id = r.part_id and c.provider_id = r.provider_id and c.month = r.month
join policy_part p on p.part_id = r.part_id
where p.what = 'findings' and c.available and r.taken > 100 * c.share + 0.00005;

-- step: 评分依据
-- concat, because a chain of || writes the text anew at each link.
-- A view: of most rows only the points are asked for here, and the sentences are written once, where they are to stay.
create or replace temp view policy_evidence as
select c.provider_id, c.month, c.part_id, c.domain, p.rule, p.basis, p.code as metric, c.raw as value,
       policy_part_points(c.score, c.share, p.method) as points,
       case when c.raw is not null then concat(p.window_text, p.name, policy_figure_text(c.raw, p.decimals), p.unit,
            case when p.shrink > 0 and c.whole is not null and c.mean is not null and c.value is not null
                 then concat('（样本', policy_number(c.whole), '，同类均值', policy_figure_text(c.mean, p.decimals), p.unit, '，按样本量折算为',
                             policy_figure_text(c.value, p.decimals), p.unit, '）')
                 when p.shrink = 0 and c.whole is not null then concat('（样本', policy_number(c.whole), '）') end,
            '，得', policy_one(c.score), '分',
            case when p.method = 'sum' and c.share <> 1 then concat('，折算为', policy_one(c.score * c.share), '分')
                 when p.method = 'sum' then ''
                 when c.score < 100 then concat('，占本领域', policy_one(c.share * 100), '%，扣', policy_one((100 - c.score) * c.share), '分')
                 else concat('，占本领域', policy_one(c.share * 100), '%，不扣分') end) end as sentence,
       p.source_table, concat(p.code, '/', c.provider_id, '/', c.month) as row_key, null::date as happened_on
from policy_component c join policy_part p using (part_id)
where p.what in ('indicator', 'column') and c.available
union all
select f.provider_id, f.month, f.part_id, c.domain, p.rule, p.basis, f.severity || '·' || f.scope, f.points, policy_finding_points(f.points, c.share),
       concat(strftime(f.happened_on, '%Y年%-m月%-d日'), case f.inspection when '复查' then '复查：' else concat(f.inspection, '检查：') end,
              coalesce(f.description, '（无描述）'), '（', f.severity, '·', f.scope, '，' || f.clause, '），', policy_number(f.base), '分',
              case when f.decay <> 1 then concat('，距今', f.age, '个月按', policy_one(f.decay * 100), '%计') end,
              case when f.repeat_share > 0 then concat('，复查不合格', f.failed_reinspections, '次加', policy_one(f.repeat_share * 100), '%') end,
              case when f.overdue_share > 0 then concat('，逾期', f.days_overdue, '天未整改加', policy_one(f.overdue_share * 100), '%') end,
              '，占本领域', policy_one(c.share * 100), '%，扣', policy_one(f.points * c.share), '分'),
       'inspection_finding', f.row_key, f.happened_on
from policy_finding f
join policy_component c on c.part_id = f.part_id and c.provider_id = f.provider_id and c.month = f.month
join policy_part p on p.part_id = f.part_id
where c.available
union all
select c.provider_id, c.month, c.part_id, c.domain, p.rule, p.basis, null, null, 0,
       '近' || o.horizon || '个月接受检查' || c.inspections || '次，本领域未发现计分的问题', 'inspection_inspection', null, null
from policy_component c join policy_part p using (part_id) join policy_overdue o on o.version = p.version
where p.what = 'findings' and c.available and c.inspections is not null
  and not exists (from policy_finding f where f.part_id = c.part_id and f.provider_id = c.provider_id and f.month = c.month)
union all
select c.provider_id, c.month, c.part_id, c.domain, p.rule, p.basis, null, null, 0,
       case when p.what = 'findings' and o.horizon is not null then '近' || o.horizon || '个月没有检查记录，本项不计，权重由其他项分担'
            when p.method = 'sum' then p.name || '没有数据，本项不计' || case when p.rescale then '，按其余各项满分折算' else '' end
            when c.whole is null or c.whole = 0 then p.window_text || p.name || '没有数据，本项不计，权重由其他项分担'
            else p.window_text || p.name || '样本' || policy_number(c.whole) || '，不足' || policy_number(p.min_whole) || '，本项不计，权重由其他项分担' end,
       null, null, null
from policy_component c join policy_part p using (part_id) left join policy_overdue o on o.version = p.version
where not c.available
union all
select provider_id, month, part_id, domain, rule, basis, metric, value, points, sentence, source_table, row_key, happened_on
from policy_given_evidence
union all
select r.provider_id, r.month, r.part_id, c.domain, p.rule, p.basis, '封底', r.taken, round(r.taken - 100 * c.share, 4),
       '检查扣分合计超过100分，按100分计', null, null, null
from policy_taken r
join policy_component c on c.part_id = r.part_id and c.provider_id = r.provider_id and c.month = r.month
join policy_part p on p.part_id = r.part_id
where p.what = 'findings' and c.available and r.taken > 100 * c.share + 0.00005;

-- step: 领域累计
create or replace temp table policy_given_sum as
select provider_id, month, domain, sum(points) as points, count(*) as rows from policy_evidence group by all;

create or replace temp table policy_domain_sum as
with known as (
    select provider_id, month, domain, count(*) as parts from policy_component where available group by all
)
select k.provider_id, k.month, k.domain, k.parts, g.points  -- what is not available has no points
from known k left join policy_given_sum g on g.provider_id = k.provider_id and g.month = k.month and g.domain = k.domain;

-- step: 领域得分
create or replace temp table policy_domain_score as
with listed as materialized (
    select s.provider_id, s.month, d.domain, d.position, d.weight, case when k.parts >= d.at_least_parts
           then policy_rounded(case d.method when 'sum' then k.points else greatest(0, least(100, 100 + k.points)) end, r.digits, r.mode)
           end as score
    from policy_subject s
    join policy_domain d on d.version = s.rating_version
    join policy_rule r on r.version = s.rating_version
    left join policy_domain_sum k on k.provider_id = s.provider_id and k.month = s.month and k.domain = d.domain
)
select l.provider_id, l.month, l.domain, l.position, l.score, l.weight,
       case when l.score is null then 0 else 100 * l.weight / k.weight end as applied_weight
from listed l
left join (  -- joined back: a window would sort all rows
    select provider_id, month, round(sum(weight), 9) as weight from listed where score is not null group by all
) k on k.provider_id = l.provider_id and k.month = l.month;

-- step: 总分
create or replace temp table policy_total as
select d.provider_id, d.month, count(d.score) as domains,
       policy_rounded(case when any_value(r.base) is null then sum(d.score * d.applied_weight) / 100
                           else max(d.score) filter (where d.domain = r.base) end, any_value(r.digits), any_value(r.mode)) as score
from policy_domain_score d
join policy_subject s on s.provider_id = d.provider_id and s.month = d.month
join policy_rule r on r.version = s.rating_version
group by all having count(d.score) > 0;
