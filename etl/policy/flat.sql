-- From the cells of a table given to `yiguan rate` to the score of each part. policy_cell: provider × month × column, number or null.

-- step: 表格各列
create or replace temp table policy_observed as
with own as (
    select a.part_id, a.provider_id, a.month, a.kind, p.min_whole, p.shrink, v.number as value, w.number as whole
    from policy_applied a
    join policy_part p on p.part_id = a.part_id and p.what in ('indicator', 'column')
    join policy_cell v on v.name = p.code and v.provider_id = a.provider_id and v.month = a.month
    left join policy_cell w on w.name = p.code || '_whole' and w.provider_id = a.provider_id and w.month = a.month
    where v.number is not null
), pooled as (
    select *, sum(value * whole) over peers / nullif(sum(whole) over peers, 0) as mean
    from own
    window peers as (partition by part_id, month, kind)
)
select part_id, provider_id, month, whole, value as raw, mean,
       case when whole is null then value  -- a value without its sample is taken as it is
            when whole >= min_whole and whole > 0 then (value * whole + shrink * coalesce(mean, 0)) / (whole + shrink) end as value
from pooled;

create or replace temp table policy_finding as
select null::text as part_id, null::text as provider_id, null::text as month, null::date as happened_on, null::text as inspection,
       null::text as description, null::text as severity, null::text as scope, null::text as clause, null::double as base,
       null::double as decay, null::int as age, null::double as repeat_share, null::int as failed_reinspections,
       null::double as overdue_share, null::int as days_overdue, null::double as points, null::text as row_key
where false;
create or replace temp table policy_inspected as
select null::text as provider_id, null::text as month, null::bigint as inspections where false;

-- step: 分周期累加
create or replace temp table policy_cycle_points as
with counted as (
    select y.part_id, y.cycle, y.prefix, y.weight, c.provider_id, c.month, sum(c.number * k.points) as points,
           array_to_string(list(k.class || '×' || policy_number(c.number) order by k.position)
                           filter (where c.number > 0), '、') as classes
    from policy_cycle y
    join policy_class k using (part_id)
    join policy_cell c on c.name = y.prefix || k.class and c.number is not null
    group by all
), surcharged as (
    select n.*, coalesce(r.number, 0) as repeats, coalesce(s.share, 0) as surcharge
    from counted n
    left join policy_cycle_repeat x using (part_id)
    left join policy_cell r on r.name = n.prefix || x.column_name and r.provider_id = n.provider_id and r.month = n.month
    left join policy_surcharge s on s.part_id = n.part_id and r.number >= s.failed_from and r.number < s.failed_to
)
select s.*, s.weight / sum(s.weight) over (partition by s.part_id, s.provider_id, s.month) as share
from surcharged s join policy_applied a on a.part_id = s.part_id and a.provider_id = s.provider_id and a.month = s.month;

insert into policy_given
select part_id, provider_id, month, sum(points * (1 + surcharge) * share) from policy_cycle_points group by all
union all
select a.part_id, a.provider_id, a.month, greatest(0, 100 - sum(c.number))
from policy_applied a
join policy_part_field f using (part_id)
join policy_cell c on c.name = 'points_' || f.field and c.provider_id = a.provider_id and c.month = a.month and c.number is not null
group by all;

-- step: 表格各列的依据
insert into policy_given_evidence
select c.provider_id, c.month, c.part_id, c.domain, p.rule, p.basis, y.prefix, y.points, round(y.points * (1 + y.surcharge) * y.share * c.share, 4),
       p.name || ' ' || y.prefix || '：' || case when coalesce(y.classes, '') = '' then '没有计分的问题' else y.classes || '，合计' || policy_number(y.points) || '分' end
       || case when y.surcharge > 0 then '，复查' || policy_number(y.repeats) || '次加' || policy_number(y.surcharge * 100) || '%' else '' end
       || '，按' || policy_one(y.share * 100) || '%计，得' || policy_one(y.points * (1 + y.surcharge) * y.share) || '分',
       null, y.prefix || '/' || c.provider_id || '/' || c.month, null
from policy_cycle_points y
join policy_component c on c.part_id = y.part_id and c.provider_id = y.provider_id and c.month = y.month
join policy_part p on p.part_id = y.part_id
union all
select c.provider_id, c.month, c.part_id, c.domain, p.rule, p.basis, 'points_' || f.field, v.number, round(-v.number * c.share, 4),
       f.field || '检查扣分' || policy_one(v.number) || '分，占本领域' || policy_one(c.share * 100) || '%，扣' || policy_one(v.number * c.share) || '分',
       null, 'points_' || f.field || '/' || c.provider_id || '/' || c.month, null
from policy_component c
join policy_part_field f using (part_id)
join policy_cell v on v.name = 'points_' || f.field and v.provider_id = c.provider_id and v.month = c.month and v.number is not null
join policy_part p on p.part_id = c.part_id
where p.what = 'findings' and c.available;

-- step: 证据量
create or replace temp table policy_needed as
select s.provider_id, s.month, n.need_id, n.test, n.ordinal, n.at_least,
       coalesce(case when n.measure = 'domains' then t.domains else c.number end, 0) as value
from policy_subject s
join policy_need n on n.version = s.rating_version
left join policy_total t on t.provider_id = s.provider_id and t.month = s.month
left join policy_cell c on c.provider_id = s.provider_id and c.month = s.month
     and c.name = case n.measure when 'indicator' then n.code || '_whole' when 'column' then n.code else n.measure end;

-- step: 封顶
create or replace temp table policy_veto as
select f.rule_id, c.provider_id, c.month, null::date as happened_on, null::date as since, null::text as source_table,
       f.name || '/' || c.provider_id || '/' || c.month as row_key, 1.0::double as points,
       replace(f.because, '{value}', coalesce(c.given, '')) as sentence
from policy_flag f
join policy_subject s on s.rating_version = f.version
join policy_cell c on c.name = f.name and c.provider_id = s.provider_id and c.month = s.month
where case when f.equals_text is not null then c.given = f.equals_text
           when f.equals_number is not null then c.number = f.equals_number
           when f.at_least is not null then c.number >= f.at_least
           else c.number <= f.at_most end;
create or replace temp table policy_veto_met as
select distinct rule_id, provider_id, month, null::date as reached_on, 1 as count, sentence as because from policy_veto;
