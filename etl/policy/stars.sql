-- From domain scores to stars: cuts among peers, stars of domains and their caps, the stars to begin with.
-- Adjustments, which follow one another, and the caps of the whole are in etl/policy/stars.py.

-- step: 排位
create or replace temp table policy_ranked as
with scored as (
    select provider_id, month, domain, score from policy_domain_score where score is not null
    union all
    select provider_id, month, '', score from policy_total where score is not null
), cut as (
    select distinct version, domain, better, by_kind, by_area from policy_cut
), placed as (
    select x.provider_id, x.month, x.domain, s.rating_version as version, x.score,
           case c.better when 'higher' then x.score else -x.score end as goodness,
           case when c.by_kind then s.kind else '' end as kind, case when c.by_area then s.area else '' end as area
    from scored x
    join policy_subject s on s.provider_id = x.provider_id and s.month = x.month
    join cut c on c.version = s.rating_version and c.domain = x.domain
    join policy_total t on t.provider_id = x.provider_id and t.month = x.month and t.score is not null
    where not exists (from policy_missing m where m.provider_id = x.provider_id and m.month = x.month)
)
select provider_id, month, domain, version, score, kind, area, goodness, count(*) over peers as peers,
       (rank() over (partition by month, domain, kind, area order by goodness) - 1)::double / count(*) over peers as below
from placed
window peers as (partition by month, domain, kind, area);

-- step: 星级
create or replace temp table policy_cut_star as
with cut as (
    select r.provider_id, r.month, r.domain,
           1 + count(*) filter (where case when c.method = 'fixed' or r.peers < c.minimum_group
                                           then case c.better when 'higher' then r.score >= c.score_cut else r.score <= c.score_cut end
                                           else r.below >= c.share_cut end) as star
    from policy_ranked r join policy_cut c on c.version = r.version and c.domain = r.domain
    group by all
), limited as (
    select v.provider_id, v.month, k.domain, min(k.cap) as cap
    from policy_veto_met v join policy_cap k using (rule_id)
    where k.domain is not null
    group by all
)
select c.provider_id, c.month, c.domain, c.star as cut_star, case when x.cap < c.star then x.cap else c.star end::int as star
from cut c left join limited x on x.provider_id = c.provider_id and x.month = c.month and x.domain = c.domain;

create or replace temp table policy_star as
select c.provider_id, c.month, r.version, c.star as base, c.star
from policy_cut_star c
join policy_subject s on s.provider_id = c.provider_id and s.month = c.month
join policy_rule r on r.version = s.rating_version
where c.domain = coalesce(r.base, '');
