"""The rating engine: lays a policy file as tables and runs rating.sql over them; see docs/policies.md for what the file says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import duckdb

from etl.indicators.base import Indicator
from etl.policy.conditions import Rule, lay_fact, meet
from etl.policy.model import FindingsPart, IndicatorPart, Need, RatingPolicy, RatingVersion
from etl.policy.sentences import lit, sentence

VETO = "一票否决"
_INFINITY = 1e308
_TABLES = """
create or replace temp table policy_part (part_id text, version text, domain text, what text, code text, weight double,
    window_months int, min_whole double, shrink double, scale double, all_kinds boolean, rule text, name text, unit text,
    decimals int, window_text text, basis text);
create or replace temp table policy_part_kind (part_id text, kind text);
create or replace temp table policy_part_field (part_id text, field text);
create or replace temp table policy_curve (part_id text, lo double, hi double, y double, slope double, anchor double);
create or replace temp table policy_domain (version text, domain text, position int, weight double);
create or replace temp table policy_points (version text, severity text, scope text, points double);
create or replace temp table policy_decay (version text, age_from int, age_to int, share double);
create or replace temp table policy_repeat (version text, failed_from int, failed_to int, share double);
create or replace temp table policy_overdue (version text, share double, horizon int);
create or replace temp table policy_need (version text, need_id text, test text, ordinal int, measure text, code text,
    window_months int, at_least double);
create or replace temp table policy_cut (version text, method text, score_cut double, share_cut double, minimum_group int);
create or replace temp macro policy_round1(x) as floor(x * 10 + 0.500001) / 10;
create or replace temp macro policy_one(x) as format('{:.1f}', cast(policy_round1(x) as double));
create or replace temp macro policy_number(x) as case when abs(x - round(x)) < 0.05 then format('{:,}', cast(round(x) as bigint))
    else format('{:,.1f}', cast(x as double)) end;
create or replace temp macro policy_figure_text(x, d) as case d when 0 then format('{:,.0f}', cast(x as double))
    when 1 then format('{:,.1f}', cast(x as double)) else format('{:,.2f}', cast(x as double)) end;
"""


def rate(
    con: duckdb.DuckDBPyConnection,
    policy: RatingPolicy | None,
    catalogue: Mapping[str, Indicator],
    progress: Callable[[str], None] | None = None,
) -> set[str]:
    """Lay ``policy_rating``, ``policy_domain_score``, ``policy_evidence``, ``policy_veto_evidence``.

    Without a policy nobody is rated. Returns the names of the facts laid.
    """
    con.execute(_TABLES)
    versions = policy.versions if policy else []
    for v, version in enumerate(versions):
        _lay_version(con, v, version, catalogue)
    laid = {"finding", "inspection"} | {c.when.facts for version in versions for c in version.caps}
    for name in sorted(laid):
        lay_fact(con, name)
    con.execute("create or replace temp table policy_missing (provider_id text, month text, ordinal int, text text)")
    for step in (Path(__file__).with_name("rating.sql")).read_text(encoding="utf-8").split("-- step: ")[1:]:
        title, sql = step.split("\n", 1)
        if progress:
            progress(title)
        if title == "星级":
            for version in versions:
                _missing(con, version)
        con.execute(sql)
    caps = [Rule(f"{ver.version}/{cap.rule}", ver.version, cap.when, cap.because) for ver in versions for cap in ver.caps]
    meet(con, "policy_veto", "rating_version", caps)
    con.execute("create or replace temp table policy_cap (rule_id text, rule text, cap int, basis text, position int)")
    rows: list[tuple[object, ...]] = [(f"{ver.version}/{c.rule}", c.rule, c.cap, c.basis, i) for ver in versions
                                      for i, c in enumerate(ver.caps)]
    _fill(con, "policy_cap", rows)
    con.execute(_confidence(versions))
    con.execute(_RATING)
    return laid


def _fill(con: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        con.execute(f"insert into {table} values " + ", ".join("(" + ", ".join(lit(v) for v in row) + ")" for row in rows))


def _lay_version(con: duckdb.DuckDBPyConnection, v: int, version: RatingVersion, catalogue: Mapping[str, Indicator]) -> None:
    name = version.version
    for d, domain in enumerate(version.domains):
        _fill(con, "policy_domain", [(name, domain.domain, d, domain.weight)])
        for p, part in enumerate(domain.parts):
            part_id = f"{v}.{d}.{p}"
            if isinstance(part, IndicatorPart):
                _lay_indicator(con, part_id, name, domain.domain, part, catalogue[part.indicator])
            else:
                _lay_findings(con, part_id, name, domain.domain, part)
            _fill(con, "policy_part_kind", [(part_id, kind) for kind in part.kinds or []])
    rule = version.deduction
    _fill(con, "policy_points", [(name, s, c, x) for s, scopes in rule.points.items() for c, x in scopes.items()])
    starts = [0] + [step.months for step in rule.decay]
    _fill(con, "policy_decay", [(name, a, step.months, step.share) for a, step in zip(starts, rule.decay, strict=False)])
    last = len(rule.repeat)
    _fill(con, "policy_repeat", [(name, i, 2**30 if i == last else i + 1, share) for i, share in enumerate(rule.repeat, 1)])
    _fill(con, "policy_overdue", [(name, rule.overdue, rule.horizon)])
    tests: list[tuple[str, int, Need]] = [("minimum", i, n) for i, m in enumerate(version.minimum) for n in m.any_of]
    tests += [(c.level, i, n) for i, c in enumerate(version.confidence) for n in c.all_of]
    _fill(con, "policy_need", [
        (name, f"{v}.{k}", test, i, n.measure, n.indicator, n.window, n.at_least) for k, (test, i, n) in enumerate(tests)
    ])
    stars = version.stars
    score_cuts = stars.cuts if stars.method == "fixed" else stars.fallback or []
    _fill(con, "policy_cut", [
        (name, stars.method, s, x, stars.minimum_group)
        for s, x in zip(score_cuts, stars.cuts if stars.method == "distribution" else [None] * 4, strict=True)
    ])


def _lay_indicator(
    con: duckdb.DuckDBPyConnection, part_id: str, version: str, domain: str, part: IndicatorPart, about: Indicator
) -> None:
    # an indicator whose name says its own period needs no other before it
    window = "" if about.name.startswith("近") else "月末" if part.window == 1 and about.semantics == "stock" else "本月" if part.window == 1 else f"近{part.window}个月"
    _fill(con, "policy_part", [(
        part_id, version, domain, "indicator", part.indicator, part.weight, part.window, part.min_whole, part.shrink, about.scale,
        part.kinds is None, part.indicator, about.name, about.unit, about.decimals, window, part.basis,
    )])
    points = part.curve
    segments: list[tuple[object, ...]] = [(part_id, -_INFINITY, points[0][0], points[0][1], 0.0, points[0][0])]
    for (x0, y0), (x1, y1) in pairwise(points):
        segments.append((part_id, x0, x1, y0, (y1 - y0) / (x1 - x0), x0))
    segments.append((part_id, points[-1][0], _INFINITY, points[-1][1], 0.0, points[-1][0]))
    _fill(con, "policy_curve", segments)


def _lay_findings(con: duckdb.DuckDBPyConnection, part_id: str, version: str, domain: str, part: FindingsPart) -> None:
    _fill(con, "policy_part", [(
        part_id, version, domain, "findings", None, part.weight, 1, 1, 0, 1, part.kinds is None, "findings", "检查发现", "分", 1,
        "", part.basis,
    )])
    _fill(con, "policy_part_field", [(part_id, field) for field in part.findings])


def _missing(con: duckdb.DuckDBPyConnection, version: RatingVersion) -> None:
    """Fill ``policy_missing`` with the sentence of each minimum that no alternative of it reaches."""
    for i, minimum in enumerate(version.minimum):
        columns = {}
        for need in minimum.any_of:
            same = f"p.measure = {lit(need.measure)} and p.code is not distinct from {lit(need.indicator)}"
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
    qualify row_number() over (partition by v.provider_id, v.month order by k.cap, k.position) = 1
), missing as (
    select provider_id, month, array_to_string(list(text order by ordinal), '；') as text from policy_missing group by all
), counted as (
    select provider_id, month, count(*) as n from policy_evidence group by all
), vetoed as (
    select provider_id, month, count(*) as n from policy_veto v
    where exists (from policy_veto_met t where t.rule_id = v.rule_id and t.provider_id = v.provider_id and t.month = v.month)
    group by all
)
select s.provider_id, s.month, case when c.cap < r.star then c.cap else r.star end::int as star,
       t.score, r.star::int as uncapped_star, c.rule as cap_rule, c.because as cap_because,
       case when s.rating_version is null then '当月没有生效的评级政策'
            when m.text is not null then m.text
            when t.score is null then '没有任何可用于评分的数据' end as missing,
       case when r.star is not null then coalesce(f.level, '低') end as confidence,
       coalesce(e.n, 0) + coalesce(v.n, 0) as evidence_count, s.rating_version as policy_version
from policy_subject s
left join policy_total t on t.provider_id = s.provider_id and t.month = s.month
left join policy_star r on r.provider_id = s.provider_id and r.month = s.month
left join capped c on c.provider_id = s.provider_id and c.month = s.month
left join missing m on m.provider_id = s.provider_id and m.month = s.month
left join policy_confidence f on f.provider_id = s.provider_id and f.month = s.month
left join counted e on e.provider_id = s.provider_id and e.month = s.month
left join vetoed v on v.provider_id = s.provider_id and v.month = s.month;

create or replace temp table policy_veto_evidence as
select v.provider_id, v.month, '{VETO}' as domain, k.rule, k.basis, null as metric, null::double as value, 0.0 as points,
       v.sentence || '，星级不高于' || k.cap || '星' as sentence, v.source_table, v.row_key, v.happened_on
from policy_veto v
join policy_veto_met t on t.rule_id = v.rule_id and t.provider_id = v.provider_id and t.month = v.month
join policy_cap k on k.rule_id = v.rule_id
join policy_subject s on s.provider_id = v.provider_id and s.month = v.month;
"""
