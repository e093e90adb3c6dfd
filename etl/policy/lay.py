"""From a rating policy to tables: what rating.sql, evidence.sql and stars.sql join with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import duckdb

from etl.indicators.base import Indicator
from etl.policy.model import Deduction, Need, RatingVersion
from etl.policy.parts import ColumnPart, Domain, FindingsPart, IndicatorPart, Part, Scaled
from etl.policy.sentences import lit

_INFINITY = 1e308
# policy_clear: small and not near a tie of rounding, so that a decimal, several times faster than a format, says the same.
TABLES = """
create or replace temp table policy_part (part_id text, version text, domain text, what text, code text, weight double,
    window_months int, min_whole double, shrink double, scale double, all_kinds boolean, rule text, name text, unit text,
    decimals int, window_text text, basis text, source_table text, method text, most double, rescale boolean);
create or replace temp table policy_part_kind (part_id text, kind text);
create or replace temp table policy_part_field (part_id text, field text);
create or replace temp table policy_curve (part_id text, lo double, hi double, y double, slope double, anchor double);
create or replace temp table policy_domain (version text, domain text, position int, weight double, method text, at_least_parts int);
create or replace temp table policy_rule (version text, digits int, mode text, base text, words text[], graded boolean);
create or replace temp table policy_adjust (version text, position int, rule text, basis text, domain text, change int, star_at_least int,
    star_at_most int, score_at_least double, score_at_most double, above_base boolean);
create or replace temp table policy_limit (version text, position int, rule text, basis text, base_at_most int, gain_at_most int);
create or replace temp table policy_cap (rule_id text, rule text, cap int, basis text, position int, domain text);
create or replace temp table policy_missing (provider_id text, month text, ordinal int, text text);
create or replace temp table policy_given (part_id text, provider_id text, month text, score double);
create or replace temp table policy_given_evidence (provider_id text, month text, part_id text, domain text, rule text, basis text,
    metric text, value double, points double, sentence text, source_table text, row_key text, happened_on date);
create or replace temp table policy_points (version text, severity text, scope text, points double);
create or replace temp table policy_decay (version text, age_from int, age_to int, share double);
create or replace temp table policy_repeat (version text, failed_from int, failed_to int, share double);
create or replace temp table policy_overdue (version text, share double, horizon int);
create or replace temp table policy_need (version text, need_id text, test text, ordinal int, measure text, code text,
    window_months int, at_least double);
create or replace temp table policy_cut (version text, domain text, better text, method text, score_cut double, share_cut double,
    minimum_group int, by_kind boolean, by_area boolean);
create or replace temp macro policy_round1(x) as floor(x * 10 + 0.500001) / 10;
create or replace temp macro policy_rounded(x, digits, mode) as case mode
    when 'half_up' then floor(x * pow(10, digits) + 0.500001) / pow(10, digits)
    when 'half_even' then round_even(round(x, digits + 6), digits)
    when 'down' then floor(x * pow(10, digits) + 0.000001) / pow(10, digits)
    else ceil(x * pow(10, digits) - 0.000001) / pow(10, digits) end;
create or replace temp macro policy_part_points(score, share, method) as round(case when method = 'sum' then score else score - 100 end * share, 4);
create or replace temp macro policy_finding_points(points, share) as round(-points * share, 4);
create or replace temp macro policy_one(x) as case when abs(x) < 1e15 then cast(cast(policy_round1(x) as decimal(18, 1)) as text)
    else format('{:.1f}', cast(policy_round1(x) as double)) end;
create or replace temp macro policy_number(x) as case
    when abs(x - round(x)) >= 0.05 then format('{:,.1f}', cast(x as double))
    when x >= 0 and x < 999 then cast(cast(round(x) as bigint) as text)
    else format('{:,}', cast(round(x) as bigint)) end;
create or replace temp macro policy_clear(x, tens) as x >= 0 and x < 999 and abs(x * tens - floor(x * tens) - 0.5) > 1e-6;
create or replace temp macro policy_figure_text(x, d) as case
    when d = 0 then case when policy_clear(x, 1) then cast(cast(x as int) as text) else format('{:,.0f}', cast(x as double)) end
    when d = 1 then case when policy_clear(x, 10) then cast(cast(x as decimal(9, 1)) as text) else format('{:,.1f}', cast(x as double)) end
    when policy_clear(x, 100) then cast(cast(x as decimal(9, 2)) as text) else format('{:,.2f}', cast(x as double)) end;
"""


def fill(con: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[object, ...]]) -> None:
    """Insert rows as literals: for the few rows of a policy, which this is several times faster for than executemany."""
    if rows:
        con.execute(f"insert into {table} values " + ", ".join("(" + ", ".join(lit(v) for v in row) + ")" for row in rows))


Rows = dict[str, list[tuple[object, ...]]]
"""Rows by table, gathered to be laid with one statement a table: each costs a millisecond, whatever its rows."""


def lay_versions(con: duckdb.DuckDBPyConnection, versions: Iterable[RatingVersion], catalogue: Mapping[str, Indicator]) -> None:
    """Make the tables above and lay all versions of a policy as their rows."""
    con.execute(TABLES)
    rows: Rows = {}
    for v, version in enumerate(versions):
        _version(rows, v, version, catalogue)
    for table, laid in rows.items():
        fill(con, table, laid)


def _version(rows: Rows, v: int, version: RatingVersion, catalogue: Mapping[str, Indicator]) -> None:
    """The rows of one version of the policy, the ``v``-th."""
    name = version.version
    for d, domain in enumerate(version.domains):
        _add(rows, "policy_domain", [(name, domain.domain, d, domain.weight, domain.method, domain.at_least_parts)])
        for p, part in enumerate(domain.parts):
            part_id = f"{v}.{d}.{p}"
            _add(rows, "policy_part", [_part(part_id, name, domain, part, catalogue)])
            _add(rows, "policy_part_kind", [(part_id, kind) for kind in part.kinds or []])
            if isinstance(part, FindingsPart):
                _add(rows, "policy_part_field", [(part_id, field) for field in part.findings])
            elif isinstance(part, Scaled):
                _add(rows, "policy_curve", _segments(part_id, part))
    _add(rows, "policy_rule", [
        (name, version.rounding.digits, version.rounding.mode, version.base, version.words, version.grades is not None)
    ])
    _add(rows, "policy_adjust", [
        (name, i, a.rule, a.basis, a.domain, a.by, a.star_at_least, a.star_at_most, a.score_at_least, a.score_at_most, a.above_base)
        for i, a in enumerate(version.adjust)
    ])
    _add(rows, "policy_limit", [(name, i, x.rule, x.basis, x.base_at_most, x.gain_at_most) for i, x in enumerate(version.limits)])
    _add(rows, "policy_cap", [(f"{name}/{c.rule}", c.rule, c.cap, c.basis, i, c.domain) for i, c in enumerate(version.caps)])
    if version.deduction is not None:
        _deduction(rows, name, version.deduction)
    _needs(rows, v, version)
    for domain_name, stars, better in version.cuts:
        shares: list[float] | list[None] = stars.cuts if stars.method == "distribution" else [None] * len(stars.score_cuts)
        by = ("kind" in stars.within, "area" in stars.within)
        _add(rows, "policy_cut", [
            (name, domain_name, better, stars.method, s, x, stars.minimum_group, *by) for s, x in zip(stars.score_cuts, shares, strict=True)
        ])


def _deduction(rows: Rows, name: str, rule: Deduction) -> None:
    _add(rows, "policy_points", [(name, s, c, x) for s, scopes in rule.points.items() for c, x in scopes.items()])
    starts = [0] + [step.months for step in rule.decay]
    _add(rows, "policy_decay", [(name, a, step.months, step.share) for a, step in zip(starts, rule.decay, strict=False)])
    last = len(rule.repeat)
    _add(rows, "policy_repeat", [(name, i, 2**30 if i == last else i + 1, share) for i, share in enumerate(rule.repeat, 1)])
    _add(rows, "policy_overdue", [(name, rule.overdue, rule.horizon)])


def _needs(rows: Rows, v: int, version: RatingVersion) -> None:
    tests: list[tuple[str, int, Need]] = [("minimum", i, n) for i, m in enumerate(version.minimum) for n in m.any_of]
    tests += [(c.level, i, n) for i, c in enumerate(version.confidence) for n in c.all_of]
    _add(rows, "policy_need", [
        (version.version, f"{v}.{k}", test, i, n.measure, n.indicator or n.column, n.window, n.at_least)
        for k, (test, i, n) in enumerate(tests)
    ])


def _add(rows: Rows, table: str, more: Iterable[tuple[object, ...]]) -> None:
    rows.setdefault(table, []).extend(more)


def _part(part_id: str, version: str, domain: Domain, part: Part, catalogue: Mapping[str, Indicator]) -> tuple[object, ...]:
    """A row of policy_part."""
    everyone, how = part.kinds is None, (domain.method, part.most if isinstance(part, Scaled) else 100.0, domain.rescale)
    if isinstance(part, IndicatorPart):
        about = catalogue[part.indicator]
        # an indicator whose name says its own period needs no other before it
        window = "" if about.name.startswith("近") else "月末" if part.window == 1 and about.semantics == "stock" else "本月" if part.window == 1 else f"近{part.window}个月"
        return (part_id, version, domain.domain, "indicator", part.indicator, part.weight, part.window, part.min_whole, part.shrink,
                about.scale, everyone, part.indicator, about.name, about.unit, about.decimals, window, part.basis, "provider_figure", *how)
    if isinstance(part, FindingsPart):
        return (part_id, version, domain.domain, "findings", None, part.weight, 1, 1, 0, 1, everyone, "findings", "检查发现", "分", 1, "",
                part.basis, None, *how)
    if isinstance(part, ColumnPart):
        return (part_id, version, domain.domain, "column", part.column, part.weight, 1, 1, 0, 1, everyone, part.column,
                part.name or part.column, "", 2, "", part.basis, None, *how)
    return (part_id, version, domain.domain, "cycles", None, part.weight, 1, 1, 0, 1, everyone, "cycles", part.name, "", 1, "",
            part.basis, None, *how)


def _segments(part_id: str, part: Scaled) -> list[tuple[object, ...]]:
    points = part.shape
    segments: list[tuple[object, ...]] = []
    if part.curve is not None:
        segments.append((part_id, -_INFINITY, points[0][0], points[0][1], 0.0, points[0][0]))
        segments += [(part_id, x0, x1, y0, (y1 - y0) / (x1 - x0), x0) for (x0, y0), (x1, y1) in pairwise(points)]
    else:  # below the first step nothing is given
        segments.append((part_id, -_INFINITY, points[0][0], 0.0, 0.0, points[0][0]))
        segments += [(part_id, x0, x1, y0, 0.0, x0) for (x0, y0), (x1, _) in pairwise(points)]
    return [*segments, (part_id, points[-1][0], _INFINITY, points[-1][1], 0.0, points[-1][0])]
