"""Conditions of caps and exit criteria: which facts meet them, since when, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from etl.policy.facts import facts
from etl.policy.model import Condition, Demerit
from etl.policy.sentences import fact_columns, lit, placeholders, sentence, where

BECAUSE = {
    "count": ("count", "number"), "sum": ("points", "number"), "first": ("first_on", "date"), "last": ("last_on", "date"),
    "items": ("items", "text"),
}
_MET = """
create or replace temp table {name} (rule_id text, provider_id text, month text, happened_on date, since date,
    source_table text, row_key text, points double, sentence text);
create or replace temp table {name}_rule (rule_id text, measure text, at_least double);
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition under the id that its results carry; ``version`` limits it to the months of that policy version."""

    rule_id: str
    version: str
    condition: Condition
    because: str
    reset: bool = False


def figure_codes(where: Mapping[str, Any]) -> list[str]:
    """The indicators that a condition on figures names."""
    named = where.get("indicator")
    return [code for code in (named if isinstance(named, list) else [named]) if isinstance(code, str)]


def lay_fact(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """The temporary table ``policy_fact_<name>``: the fact file's rows with their age."""
    con.execute(
        f"create or replace temp table policy_fact_{name} as "
        f"select f.*, m.idx - (year(f.happened_on) * 12 + month(f.happened_on)) as age from ({facts()[name].sql}) f "
        "join policy_month m on m.month = f.month where f.happened_on is not null and f.provider_id is not null"
    )


def _filter(condition: Condition) -> str:
    terms = [where(facts()[condition.facts], condition.where)]
    if condition.window:
        terms.append(f"f.age < {condition.window}")
    if condition.kinds:
        terms.append(f"s.kind in ({', '.join(lit(k) for k in condition.kinds)})")
    return " and ".join(terms)


def lay_demerits(con: duckdb.DuckDBPyConnection, version_column: str, demerits: Iterable[tuple[str, Demerit]]) -> None:
    """The temporary table ``policy_demerit`` from (version, demerit) pairs; their facts must have been laid."""
    con.execute(
        "create or replace temp table policy_demerit (month text, provider_id text, happened_on date, "
        "source_table text, row_key text, points double, sentence text, demerit_rule text)"
    )
    for version, item in demerits:
        fact = facts()[item.facts]
        con.execute(
            f"insert into policy_demerit select f.month, f.provider_id, f.happened_on, f.source_table, f.row_key, "
            f"{lit(item.points)}, {sentence(item.row, fact_columns(fact))}, {lit(item.rule)} "
            f"from policy_fact_{item.facts} f join policy_month m on m.month = f.month and m.{version_column} = {lit(version)} "
            f"where {where(fact, item.where)}"
        )


def meet(con: duckdb.DuckDBPyConnection, name: str, version_column: str, rules: list[Rule]) -> None:
    """Lay ``<name>`` (facts behind met rules) and ``<name>_met`` (rule_id, provider_id, month, because, reached_on, …).

    ``reached_on`` is the day of the fact with which the threshold was reached.
    """
    con.execute(_MET.format(name=name))
    for rule in rules:
        condition = rule.condition
        columns = fact_columns(facts()[condition.facts])
        points = "f.points" if condition.measure == "points" else "1"
        reset = "(x.restored_on is null or f.happened_on > x.restored_on)" if rule.reset else "true"
        con.execute(
            f"insert into {name} select {lit(rule.rule_id)}, f.provider_id, f.month, f.happened_on, "
            f"coalesce(f.{condition.since}, f.happened_on), "
            f"f.source_table, f.row_key, {points}, "
            f"{sentence(condition.row, columns)} from policy_fact_{condition.facts} f "
            f"join policy_month m on m.month = f.month and m.{version_column} = {lit(rule.version)} "
            "join policy_standing s on s.provider_id = f.provider_id and s.month = f.month "
            "left join policy_restored x on x.provider_id = f.provider_id and x.month = f.month "
            f"where {_filter(condition)} and {reset}"
        )
        con.execute(f"insert into {name}_rule values (?, ?, ?)", [rule.rule_id, condition.measure, condition.at_least])
    because = "case t.rule_id " + " ".join(
        f"when {lit(r.rule_id)} then {sentence(r.because, {k: (f't.{c}', t) for k, (c, t) in BECAUSE.items()})}" for r in rules
    ) + " end" if rules else "''"
    con.execute(f"""
        create or replace temp table {name}_met as
        with running as (
            select *, sum(points) over (partition by rule_id, provider_id, month order by since, source_table, row_key
                                        rows unbounded preceding) as so_far
            from {name}
        ), t as (
            select r.rule_id, r.provider_id, r.month, count(*) as count, sum(r.points) as points, min(r.happened_on) as first_on,
                   max(r.happened_on) as last_on, min(r.since) filter (where r.so_far >= k.at_least) as reached_on,
                   array_to_string(list(r.sentence order by r.happened_on desc, r.source_table, r.row_key)[1:3], '；')
                   || case when count(*) > 3 then '；等' || count(*) || '项' else '' end as items
            from running r join {name}_rule k using (rule_id)
            group by r.rule_id, r.provider_id, r.month, k.at_least
            having sum(r.points) >= k.at_least
        )
        select t.rule_id, t.provider_id, t.month, t.reached_on, t.count, {because} as because from t
    """)


def unknown_places(template: str, allowed: Iterable[str]) -> list[str]:
    """Placeholders of a template that have no value."""
    known = set(allowed)
    return [p for p in placeholders(template) if p not in known]
