"""What would change a star: the engine run again on the latest month with one or two things different, for every rated provider.

Each such run is a *variant*: a provider under an id of its own whose facts and figures differ in one or two changes. All variants go
through the engine's own SQL at once. Peers stay as they are: the mean of the kind and the other providers' places do not move.
Result: ``rating_change``, the nearest changes that gain a star and those that would lose one, each as a sentence with what was computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from etl.indicators.base import Indicator
from etl.policy import nearest
from etl.policy.conditions import LAZY, Rule, meet
from etl.policy.lay import fill
from etl.policy.model import Condition, IndicatorPart, RatingPolicy, RatingVersion
from etl.policy.rating import lay_policy, run_steps
from etl.policy.sentences import lit
from etl.policy.stars import give_stars

OUTPUT = {
    "rating_change": "provider_id text, month text, direction text, position int, changes int, sentence text, star int, new_star int, "
    "score double, new_score double",
}
_HELD = "policy_held_"
_FIELDS = ("质量安全", "从业人员", "涉及资金", "运营秩序", "应急管理")


@dataclass(frozen=True, slots=True)
class Held:
    """What the engine laid for the latest month, to be asked about on a connection of its own: tables by name, without their prefix."""

    version: RatingVersion
    facts: frozenset[str]
    tables: Mapping[str, pa.Table]


def hold(con: duckdb.DuckDBPyConnection, policy: RatingPolicy | None, laid: set[str]) -> Held | None:
    """Keep what the engine laid for the latest month in which anybody operates; None where no policy holds then.

    ``laid``: the facts that lie as policy_fact_<name>.
    """
    month = con.execute("select max(month) from policy_subject").fetchall()[0][0]
    version = next((v for v in reversed(policy.versions) if month and v.valid_from <= month), None) if policy else None
    if version is None:
        return None
    facts = ({"finding", "inspection"} | {c.when.facts for c in version.caps if isinstance(c.when, Condition)}) & laid
    kept = ("month", "subject", "observed", "component", "domain_sum", "ranked", "rating", "veto_met", *(f"fact_{f}" for f in sorted(facts)))
    tables = {name: con.sql(f"select * from policy_{name} where month = {lit(month)}").to_arrow_table() for name in kept}
    points = f"select provider_id, part_id, domain, sum(points) as points from policy_evidence_points where month = {lit(month)} group by all"
    return Held(version, frozenset(facts), tables | {"points": con.sql(points).to_arrow_table()})


def changes(con: duckdb.DuckDBPyConnection, held: Held, policy: RatingPolicy, catalogue: Mapping[str, Indicator]) -> pa.Table:
    """The rows of ``rating_change``. ``con`` needs nothing but what is held, so that this goes on beside what else is made of the ratings."""
    lay_policy(con, list(policy.versions), catalogue)
    for name, table in held.tables.items():
        con.register("policy_handed", table)
        con.execute(f"create or replace temp table {'policy_month' if name == 'month' else _HELD + name} as from policy_handed")
        con.unregister("policy_handed")
    _lay_singles(con, held.version, catalogue, "permit" in held.facts)
    _run(con, held.version, held.facts)
    con.execute("create or replace temp table policy_outcome_single as select * from policy_outcome")
    for what in ("figure", "fix", "permit", "finding"):
        con.execute(f"create or replace temp table policy_s_{what} as from policy_v_{what}")
    con.execute(_PAIRS)
    _run(con, held.version, held.facts)
    nearest.shrink(con, lambda: _run(con, held.version, held.facts))
    return con.sql(_CHANGES.format(most=nearest.MOST)).to_arrow_table()


_VARIANT = """
create or replace temp table policy_variant (vid text, provider_id text, direction text, changes int, effort double, topic text, sentence text);
create or replace temp table policy_v_fix (vid text, row_key text);
create or replace temp table policy_v_permit (vid text, permit text, valid boolean);
create or replace temp table policy_v_figure (vid text, part_id text, raw double);
create or replace temp table policy_v_finding (vid text, field text, severity text);
create or replace temp table policy_rated as
select s.provider_id, s.month, r.star, r.score, r.star < r.uncapped_star as capped
from policy_held_subject s join policy_held_rating r using (provider_id) where r.star is not null;
"""
_FINDINGS = """
create or replace temp table policy_open as
select f.*, f.provider_id || '#f' || row_number() over (partition by f.provider_id order by f.row_key) as vid
from policy_held_fact_finding f semi join policy_rated r on r.provider_id = f.provider_id and r.star < 5
where f.open;
insert into policy_variant
select vid, provider_id, 'gain', 1, 10, 'fix', '完成整改：' || strftime(happened_on, '%Y年%-m月%-d日') || '检查发现的'
       || coalesce('“' || description || '”', '问题') || '（' || field || '·' || severity || '）'
from policy_open;
insert into policy_v_fix select vid, row_key from policy_open;
insert into policy_variant
select provider_id || '#fa', provider_id, 'gain', 1, 10 + 2 * count(*), 'fix', '完成全部' || count(*) || '项未整改问题的整改'
from policy_open group by provider_id having count(*) > 1;
insert into policy_v_fix
select provider_id || '#fa', row_key from policy_open where provider_id in (select provider_id from policy_open group by all having count(*) > 1);
"""
_NEW_FINDINGS = """
insert into policy_variant
select r.provider_id || '#n' || s.i || '.' || d.i, r.provider_id, 'lose', 1, 100 * s.i + d.i, 'finding',
       '如再查出一项' || s.severity || '问题（' || d.field || '）'
from policy_rated r cross join (values {severities}) s(i, severity) cross join (values {fields}) d(i, field) where r.star > 1;
insert into policy_v_finding
select r.provider_id || '#n' || s.i || '.' || d.i, d.field, s.severity
from policy_rated r cross join (values {severities}) s(i, severity) cross join (values {fields}) d(i, field) where r.star > 1;
"""
_PERMITS = """
insert into policy_variant
select p.provider_id || '#p' || p.permit, p.provider_id, case when p.valid then 'lose' else 'gain' end, 1, case when p.valid then 150 else 5 end,
       'permit', case when p.valid then '如' || p.permit || '到期未续'
                     else '补办' || p.permit || '（' || strftime(p.expires_on, '%Y年%-m月%-d日') || '到期）' end
from policy_held_fact_permit p semi join policy_rated r on r.provider_id = p.provider_id and case when p.valid then r.star > 1 else r.star < 5 end
where p.held and (p.valid or p.expires_on is not null);
insert into policy_v_permit
select p.provider_id || '#p' || p.permit, p.permit, not p.valid
from policy_held_fact_permit p semi join policy_rated r on r.provider_id = p.provider_id and case when p.valid then r.star > 1 else r.star < 5 end
where p.held and (p.valid or p.expires_on is not null);
"""
# Targets: the corners of the part's line, and one, two or three cases more or fewer where the sample is small. Where part and whole
# are counts a target is rounded to whole cases. What proves enough is cut down in nearest.py to what is just enough.
_FIGURES = """
insert into policy_variant
with own as (
    select o.part_id, o.provider_id, o.raw, o.whole, p.name, p.unit, p.decimals, p.scale, p.window_text, w.better, w.counted
    from policy_held_observed o
    join policy_part p using (part_id)
    join policy_way w using (part_id)
    semi join policy_rated r on r.provider_id = o.provider_id
    where o.value is not null
), wished as (
    select own.*, t.x from own join policy_corner t using (part_id)
    union all
    select own.*, raw + n * scale / whole from own, (values (-3), (-2), (-1), (1), (2), (3)) u(n) where counted and whole <= 50
), aimed as (
    select *, case when counted then greatest(0, least(whole, case when better = 'higher' then ceil(x * whole / scale - 1e-9)
                                                                   else floor(x * whole / scale + 1e-9) end)) end as cases
    from wished
), targets as (
    select part_id, provider_id, raw, whole, name, unit, decimals, scale, window_text, better, counted,
           coalesce(cases * scale / whole, x) as target
    from aimed
    where not counted or better = 'lower' or cases <= whole
), numbered as (
    select distinct on (t.provider_id, t.part_id, round(t.target, 6)) t.*,
           (t.target > t.raw) = (t.better = 'higher') as gains, abs(round((t.target - t.raw) * t.whole / t.scale)) as cases,
           abs(t.target - t.raw) > 3.5 * t.scale / t.whole or t.whole > 50 or not t.counted as corner
    from targets t join policy_rated r using (provider_id)
    where abs(t.target - t.raw) > 1e-6
      -- who has five stars gains none, who has one loses none, and a figure does not lift a cap
      and case when (t.target > t.raw) = (t.better = 'higher') then r.star < 5 and not r.capped else r.star > 1 end
), nearest as (  -- of the corners the next, and the best for a gain; single cases all
    select * from numbered
    qualify not corner or row_number() over (partition by provider_id, part_id, gains, corner order by abs(target - raw)) = 1
         or (gains and row_number() over (partition by provider_id, part_id, gains, corner order by abs(target - raw) desc) = 1)
)
select provider_id || '#i' || part_id || '@' || round(target, 6), provider_id, case when gains then 'gain' else 'lose' end, 1,
       {effort}, part_id,
       {told}
from nearest;
insert into policy_v_figure
select vid, topic, cast(split_part(vid, '@', 2) as double) from policy_variant where contains(vid, '#i');
"""


def _lay_singles(con: duckdb.DuckDBPyConnection, version: RatingVersion, catalogue: Mapping[str, Indicator], permits: bool) -> None:
    """One change each: a finding rectified, a permit renewed or lapsed, a figure at the next corner of its line, a new finding."""
    con.execute(_VARIANT + _FINDINGS)
    severities = ", ".join(f"({i}, '{s}')" for i, s in enumerate(("较重", "严重"), 1))
    fields = {f for d in version.domains for p in d.parts for f in getattr(p, "findings", ())}
    if fields:
        named = ", ".join(f"({i}, '{f}')" for i, f in enumerate(_FIELDS, 1) if f in fields)
        con.execute(_NEW_FINDINGS.format(severities=severities, fields=named))
    if permits:
        con.execute(_PERMITS)
    con.execute("create or replace temp table policy_way (part_id text, better text, counted boolean)")
    con.execute("create or replace temp table policy_corner (part_id text, x double)")
    rows = con.execute("select part_id, domain, code from policy_part where version = ? and what = 'indicator'", [version.version]).fetchall()
    parts = {(d.domain, p.indicator): p for d in version.domains for p in d.parts if isinstance(p, IndicatorPart)}
    for part_id, domain, code in rows:
        about, part = catalogue[code], parts[domain, code]
        fill(con, "policy_way", [(part_id, about.better, about.kind == "ratio" and about.scale == 100)])
        fill(con, "policy_corner", [(part_id, x) for x, _ in part.shape])
    con.execute(_FIGURES.format(effort=nearest.EFFORT, told=nearest.TOLD))


# Two changes together, for those whom no single one helps: of the best change of each topic (the one that lifts a cap before the one
# that gains points) the five most promising.
_PAIRS = """
create or replace temp table policy_first as
select o.vid, o.provider_id, o.topic, o.sentence, o.effort
from policy_outcome o
where o.direction = 'gain' and o.old_star < 5
  and o.provider_id not in (select provider_id from policy_outcome where direction = 'gain' and star > old_star)
qualify row_number() over (partition by o.provider_id, o.topic order by o.cap desc, o.score desc, o.effort, o.vid) = 1;
create or replace temp table policy_pair as
with best as (
    select f.*, row_number() over (partition by f.provider_id order by case when f.topic in ('fix', 'permit') then 0 else 1 end, o.score desc, f.vid) as n
    from policy_first f join policy_outcome o using (vid)
)
select a.provider_id, a.vid as one, b.vid as two, a.provider_id || '#2' || a.n || '.' || b.n as vid, a.effort + b.effort as effort,
       a.sentence || '，并' || b.sentence as sentence
from best a join best b on b.provider_id = a.provider_id and b.n > a.n and b.n <= 5;
create or replace temp table policy_one as select vid, one as part from policy_pair union all select vid, two from policy_pair;
create or replace temp table policy_v_fix as select o.vid, x.row_key from policy_one o join policy_v_fix x on x.vid = o.part;
create or replace temp table policy_v_permit as select o.vid, x.permit, x.valid from policy_one o join policy_v_permit x on x.vid = o.part;
create or replace temp table policy_v_figure as select o.vid, x.part_id, x.raw from policy_one o join policy_v_figure x on x.vid = o.part;
create or replace temp table policy_v_finding as select o.vid, x.field, x.severity from policy_one o join policy_v_finding x on x.vid = o.part;
create or replace temp table policy_variant as
select vid, provider_id, 'gain' as direction, 2 as changes, effort, 'two' as topic, sentence from policy_pair;
"""
# A change touches one or two parts of a provider, and availability, hence shares, of none: only those parts are scored again, the
# others keep their points. Facts are laid for those whose findings or permits change; the caps of the others are as they are.
_LAY = """
create or replace temp table policy_subject as
select v.vid as provider_id, s.* exclude (provider_id) from policy_held_subject s join policy_variant v using (provider_id);
create or replace temp table policy_altered as
select v.vid, v.provider_id from policy_variant v
where vid in (select vid from policy_v_fix union all select vid from policy_v_finding union all select vid from policy_v_permit);
create or replace temp table policy_touched as
with named as (
    select vid, part_id from policy_v_figure
    union
    select x.vid, p.part_id
    from policy_v_fix x
    join policy_variant v using (vid)
    join policy_held_fact_finding f on f.provider_id = v.provider_id and f.row_key = x.row_key
    join policy_part_field p on p.field = f.field
    union
    select x.vid, p.part_id from policy_v_finding x join policy_part_field p using (field)
)
select n.vid, v.provider_id as own, c.* exclude (provider_id)
from named n
join policy_variant v using (vid)
join policy_held_component c on c.provider_id = v.provider_id and c.part_id = n.part_id;
create or replace temp table policy_applied as
select t.part_id, t.domain, t.vid as provider_id, t.month, s.idx, s.kind
from policy_touched t join policy_held_subject s on s.provider_id = t.own;
create or replace temp table policy_observed as
select o.part_id, x.vid as provider_id, o.month, o.whole, x.raw, o.mean,
       (x.raw * o.whole + p.shrink * coalesce(o.mean, 0)) / (o.whole + p.shrink) as value
from policy_v_figure x
join policy_touched t on t.vid = x.vid and t.part_id = x.part_id
join policy_held_observed o on o.provider_id = t.own and o.part_id = x.part_id
join policy_part p on p.part_id = x.part_id;
create or replace temp table policy_fact_finding as
select v.vid as provider_id, f.* exclude (provider_id) replace (
           f.open and x.row_key is null as open, f.overdue and x.row_key is null as overdue,
           case when x.row_key is null then f.days_overdue else 0 end as days_overdue)
from policy_held_fact_finding f
join policy_altered v using (provider_id)
left join policy_v_fix x on x.vid = v.vid and x.row_key = f.row_key
union all by name
select n.vid as provider_id, s.month, s.last_day as happened_on, 'inspection_finding' as source_table, n.vid as row_key, n.field, n.severity,
       '个别' as scope, '双随机' as inspection, true as ordered, s.last_day as ordered_on, s.last_day + 30 as deadline, true as open,
       true as unverified, false as overdue, 0 as days_overdue, 0 as failed_reinspections, 0 as age, s.kind as provider_kind
from policy_v_finding n join policy_subject s on s.provider_id = n.vid;
"""
_COMPONENT = """
create or replace temp table policy_component as
select t.part_id, t.domain, t.vid as provider_id, t.month, coalesce(i.score, t.score) as score, coalesce(i.raw, t.raw) as raw, t.whole,
       coalesce(i.value, t.value) as value, t.mean, t.inspections, t.available, t.share
from policy_touched t
left join policy_indicator_score i on i.provider_id = t.vid and i.part_id = t.part_id;
"""
_SUMMED = """
create or replace temp table policy_domain_sum as
with touched as (
    select distinct vid, own, domain from policy_touched
), parts as (
    select provider_id as vid, domain, points from policy_evidence_points
    union all
    select t.vid, t.domain, h.points
    from touched t
    join policy_held_points h on h.provider_id = t.own and h.domain = t.domain
    anti join policy_touched x on x.vid = t.vid and x.part_id = h.part_id
), summed as (
    select vid, domain, sum(points) as points from parts group by all
)
select v.vid as provider_id, d.month, d.domain, d.parts, coalesce(s.points, d.points) as points
from policy_variant v
join policy_held_domain_sum d using (provider_id)
left join summed s on s.vid = v.vid and s.domain = d.domain;
"""
_OTHER_CAPS = """
insert into policy_veto_met
select h.rule_id, v.vid, h.* exclude (rule_id, provider_id)
from policy_held_veto_met h join policy_variant v using (provider_id) anti join policy_altered a on a.vid = v.vid;
"""
_PERMIT_FACTS = """
create or replace temp table policy_fact_permit as
select v.vid as provider_id, f.* exclude (provider_id) replace (
           coalesce(x.valid, f.valid) as valid, case when x.valid then 0 when not x.valid then 1 else f.days_void end as days_void)
from policy_held_fact_permit f
join policy_altered v using (provider_id)
left join policy_v_permit x on x.vid = v.vid and x.permit = f.permit;
"""
# As 排位 of stars.sql, among the others as they are.
_RANKED = """
create or replace temp table policy_ranked as
with scored as (
    select provider_id, month, domain, score from policy_domain_score where score is not null
    union all
    select provider_id, month, '', score from policy_total where score is not null
), cut as (
    select version, domain, any_value(better) as better, bool_or(method = 'distribution') as among, bool_or(by_kind) as by_kind,
           bool_or(by_area) as by_area
    from policy_cut group by all
), placed as (
    select x.*, s.rating_version as version, c.among, case c.better when 'higher' then x.score else -x.score end as goodness,
           v.provider_id as own, case when c.by_kind then s.kind else '' end as kind, case when c.by_area then s.area else '' end as area
    from scored x
    join policy_variant v on v.vid = x.provider_id
    join policy_subject s on s.provider_id = x.provider_id
    join cut c on c.version = s.rating_version and c.domain = x.domain
), level as (  -- how many of the others have at most so high a score
    select domain, kind, area, goodness, sum(n) over (partition by domain, kind, area order by goodness) as up_to
    from (select domain, coalesce(kind, '') as kind, coalesce(area, '') as area, goodness, count(*) as n from policy_held_ranked group by all)
), beaten as (
    select p.provider_id, p.domain, l.up_to
    from placed p asof join level l
      on l.domain = p.domain and l.kind = coalesce(p.kind, '') and l.area = coalesce(p.area, '') and p.goodness > l.goodness
    where p.among
)
select p.provider_id, p.month, p.domain, p.version, p.score, coalesce(h.peers, 1) as peers,
       (coalesce(b.up_to, 0) - case when p.among and h.goodness < p.goodness then 1 else 0 end)::double
       / greatest(coalesce(h.peers, 1), 1) as below
from placed p
left join policy_held_ranked h on h.provider_id = p.own and h.domain = p.domain
left join beaten b on b.provider_id = p.provider_id and b.domain = p.domain;
"""
_OUTCOME = """
create or replace temp table policy_outcome as
with capped as (
    select v.provider_id, min(k.cap) as cap from policy_veto_met v join policy_cap k using (rule_id) where k.domain is null group by all
)
select v.*, least(s.star, coalesce(c.cap, 5)) as star, coalesce(c.cap, 5) as cap, t.score, r.star as old_star, r.score as old_score, r.month
from policy_variant v
join policy_star s on s.provider_id = v.vid
join policy_total t on t.provider_id = v.vid
join policy_rated r on r.provider_id = v.provider_id
left join capped c on c.provider_id = v.vid;
"""
_CHANGES = """
with found as (
    select * from policy_outcome_single union all by name select * from policy_outcome_two union all by name select * from policy_outcome_near
), kept as (
    select *, case when direction = 'gain' then '若' else '' end || sentence || '：'
              || ['一', '二', '三', '四', '五'][old_star] || '星' || case when star > old_star then '升为' else '降为' end
              || ['一', '二', '三', '四', '五'][star] || '星（' || policy_one(old_score) || '分→' || policy_one(score) || '分）' as told
    from found
    where (direction = 'gain' and star > old_star) or (direction = 'lose' and star < old_star)
    -- of one topic the nearest: the smallest change that does it, and the least severe finding
    qualify row_number() over (partition by provider_id, direction, changes, case when topic in ('fix', 'permit', 'two') then vid else topic end
                               order by effort, vid) = 1
)
select provider_id, month, direction, row_number() over (partition by provider_id, direction order by changes, effort, vid)::int, changes, told,
       old_star, star, old_score, score
from kept
qualify row_number() over (partition by provider_id, direction order by changes, effort, vid) <= {most};
"""


def _run(con: duckdb.DuckDBPyConnection, version: RatingVersion, facts: Set[str]) -> None:
    """Put the variants in the place of the providers and run the engine over them: ``policy_outcome``."""
    con.execute(_LAY)
    for name in sorted(facts - {"finding"}):
        kind = "view" if name in LAZY else "table"
        con.execute(
            f"create or replace temp {kind} policy_fact_{name} as select v.vid as provider_id, f.* exclude (provider_id) "
            f"from {_HELD}fact_{name} f join policy_altered v using (provider_id)"
        )
    if "permit" in facts:
        con.execute(_PERMIT_FACTS)
    run_steps(con, "rating", only=("指标得分", "检查问题扣分"))
    con.execute(_COMPONENT)
    caps = [Rule(f"{version.version}/{c.rule}", version.version, c.when, "") for c in version.caps if isinstance(c.when, Condition)]
    meet(con, "policy_veto", "rating_version", caps, told=False)
    con.execute(_OTHER_CAPS)
    run_steps(con, "evidence", only=("各行分值",))
    con.execute(_SUMMED)
    run_steps(con, "evidence", only=("领域得分", "总分"))
    con.execute(_RANKED)
    run_steps(con, "stars", only=("星级",))
    give_stars(con, [version])
    con.execute(_OUTCOME)
