"""The rating engine: lays a policy file as tables and runs its SQL over them; see docs/policies.md for what the file says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb

from etl.indicators.base import Indicator
from etl.policy.conditions import Rule, lay_fact, meet
from etl.policy.lay import lay_versions
from etl.policy.model import Condition, RatingPolicy, RatingVersion
from etl.policy.sentences import digit, lit, sentence
from etl.policy.stars import give_stars

VETO = "一票否决"
Progress = Callable[[str], None]


def rate(
    con: duckdb.DuckDBPyConnection,
    policy: RatingPolicy | None,
    catalogue: Mapping[str, Indicator],
    progress: Progress | None = None,
    laid: frozenset[str] = frozenset(),
) -> set[str]:
    """Lay ``policy_rating``, ``policy_domain_score``, ``policy_evidence``, ``policy_veto_evidence``.

    Without a policy nobody is rated. ``laid``: the facts that have been laid already. Returns the names of all that lie now.
    """
    versions = list(policy.versions) if policy else []
    lay_policy(con, versions, catalogue)
    for name in sorted(facts_of(policy) - laid):
        lay_fact(con, name)
    run_steps(con, "rating", progress)
    caps = [Rule(f"{ver.version}/{cap.rule}", ver.version, cap.when, cap.because) for ver in versions for cap in ver.caps
            if isinstance(cap.when, Condition)]
    meet(con, "policy_veto", "rating_version", caps)
    run_steps(con, "evidence", progress)
    run_steps(con, "needs", progress)
    conclude(con, versions, progress)
    return facts_of(policy) | laid


def facts_of(policy: RatingPolicy | None) -> set[str]:
    """The facts that a rating rests on."""
    return {"finding", "inspection"} | {c.when.facts for v in (policy.versions if policy else []) for c in v.caps if isinstance(c.when, Condition)}


def lay_policy(con: duckdb.DuckDBPyConnection, versions: list[RatingVersion], catalogue: Mapping[str, Indicator]) -> None:
    """Lay all versions of a policy as tables."""
    lay_versions(con, versions, catalogue)


def run_steps(
    con: duckdb.DuckDBPyConnection, name: str, progress: Progress | None = None, only: tuple[str, ...] = ()
) -> None:
    """Run a file of steps, or those of the titles ``only``; ``progress`` hears the title of each."""
    for step in Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8").split("-- step: ")[1:]:
        title, sql = step.split("\n", 1)
        if only and title not in only:
            continue
        if progress:
            progress(title)
        con.execute(sql)


def conclude(con: duckdb.DuckDBPyConnection, versions: list[RatingVersion], progress: Progress | None = None) -> None:
    """From domain scores, volumes of evidence (policy_needed) and caps met (policy_veto) to ``policy_rating``."""
    for version in versions:
        _missing(con, version)
    run_steps(con, "stars", progress)
    give_stars(con, versions)
    con.execute(_confidence(versions))
    con.execute(_RATING)


def _missing(con: duckdb.DuckDBPyConnection, version: RatingVersion) -> None:
    """Fill ``policy_missing`` with the sentence of each minimum that no alternative of it reaches."""
    for i, minimum in enumerate(version.minimum):
        columns = {}
        for need in minimum.any_of:
            same = f"p.measure = {lit(need.measure)} and p.code is not distinct from {lit(need.indicator or need.column)}"
            columns[need.key] = (f"max(n.value) filter (where {same})", "number")
        con.execute(
            f"insert into policy_missing select n.provider_id, n.month, {i}, {sentence(minimum.missing, columns)} "
            "from policy_needed n join policy_need p using (need_id) "
            f"where n.test = 'minimum' and n.ordinal = {i} and p.version = {lit(version.version)} "
            "group by n.provider_id, n.month having not bool_or(n.value >= n.at_least)"
        )


def _confidence(versions: list[RatingVersion]) -> str:
    order = " ".join(f"when {lit(level)} then {i}" for i, level in enumerate(("高", "中")))
    return f"""
        create or replace temp table policy_confidence as
        with reached as (
            select provider_id, month, test from policy_needed where test <> 'minimum'
            group by provider_id, month, test having bool_and(value >= at_least)
        )
        select provider_id, month, arg_min(test, case test {order} end) as level from reached group by all
    """


_RATING = f"""
create or replace temp table policy_rating as
with capped as (
    select v.provider_id, v.month, k.rule, k.cap, v.because
    from policy_veto_met v join policy_cap k using (rule_id)
    where k.domain is null
    qualify row_number() over (partition by v.provider_id, v.month order by k.cap, k.position) = 1
), missing as (
    select provider_id, month, array_to_string(list(text order by ordinal), '；') as text from policy_missing group by all
), counted as (
    select provider_id, month, sum(rows)::bigint as n from policy_given_sum group by all
), stepped as (
    select provider_id, month, count(*) as n from policy_step group by all
), vetoed as (
    select provider_id, month, count(*) as n from policy_veto v
    where exists (from policy_veto_met t where t.rule_id = v.rule_id and t.provider_id = v.provider_id and t.month = v.month)
    group by all
)
select s.provider_id, s.month, case when c.cap < r.star then c.cap else r.star end::int as star,
       t.score, r.star::int as uncapped_star, c.rule as cap_rule, c.because as cap_because,
       case when s.rating_version is null then '当月没有生效的评级政策'
            when m.text is not null then m.text
            when t.score is null and t.domains > 0 then '评星所依据的领域没有数据'
            when t.score is null then '没有任何可用于评分的数据' end as missing,
       case when r.star is not null then coalesce(f.level, '低') end as confidence,
       coalesce(e.n, 0) + coalesce(v.n, 0) + coalesce(p.n, 0) as evidence_count, s.rating_version as policy_version
from policy_subject s
left join policy_total t on t.provider_id = s.provider_id and t.month = s.month
left join policy_star r on r.provider_id = s.provider_id and r.month = s.month
left join capped c on c.provider_id = s.provider_id and c.month = s.month
left join missing m on m.provider_id = s.provider_id and m.month = s.month
left join policy_confidence f on f.provider_id = s.provider_id and f.month = s.month
left join counted e on e.provider_id = s.provider_id and e.month = s.month
left join vetoed v on v.provider_id = s.provider_id and v.month = s.month
left join stepped p on p.provider_id = s.provider_id and p.month = s.month;

create or replace temp table policy_veto_evidence as
select v.provider_id, v.month, '{VETO}' as domain, k.rule, k.basis, null as metric, null::double as value, 0.0 as points,
       v.sentence || '，' || coalesce(k.domain, '')
       || case when q.graded then '等级不高于' || q.words[k.cap] else '星级不高于' || {digit('k.cap')} || '星' end as sentence, v.source_table, v.row_key, v.happened_on
from policy_veto v
join policy_veto_met t on t.rule_id = v.rule_id and t.provider_id = v.provider_id and t.month = v.month
join policy_cap k on k.rule_id = v.rule_id
join policy_subject s on s.provider_id = v.provider_id and s.month = v.month
join policy_rule q on q.version = s.rating_version;
"""
