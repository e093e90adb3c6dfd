"""Conditions of caps and exit criteria: which facts meet them, since when, and the sentence that says so."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from etl.policy.facts import facts
from etl.policy.lay import fill
from etl.policy.model import Condition, Demerit
from etl.policy.sentences import fact_columns, lit, placeholders, sentence, where

BECAUSE = {
    "count": ("count", "number"), "sum": ("points", "number"), "first": ("first_on", "date"), "last": ("last_on", "date"),
    "items": ("items", "text"),
}
_MET = """
create or replace temp table {name} (rule_id enum {ids}, provider_id text, month text, happened_on date, since date,
    source_table text, row_key text, points double, sentence text);
create or replace temp table {name}_rule (rule_id enum {ids}, measure text, at_least double);
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition under the id that its results carry; ``version`` limits it to the months of that policy version.

    ``reset``: a restoration wipes the facts before it; ``repairable``: a repair of credit wipes the row that it is about.
    """

    rule_id: str
    version: str
    condition: Condition
    because: str
    reset: bool = False
    repairable: bool = False


def figure_codes(where: Mapping[str, Any]) -> list[str]:
    """The indicators that a condition on figures names."""
    named = where.get("indicator")
    return [code for code in (named if isinstance(named, list) else [named]) if isinstance(code, str)]


LAZY = ("figure", "star")
"""Facts of which conditions ask for a small part: they lie as views, so that the others are never written down."""


def lay_fact(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """The temporary table (or view, see LAZY) ``policy_fact_<name>``: the fact file's rows about providers registered by then, with their
    age, the kind of the provider and the day of its latest restoration.
    """
    con.execute(
        f"create or replace temp {'view' if name in LAZY else 'table'} policy_fact_{name} as "
        "select f.*, s.idx - (year(f.happened_on) * 12 + month(f.happened_on)) as age, s.kind as provider_kind, x.restored_on "
        f"from ({facts()[name].sql}) f join policy_standing s on s.provider_id = f.provider_id and s.month = f.month "
        "left join policy_restored x on x.provider_id = f.provider_id and x.month = f.month where f.happened_on is not null"
    )


def _filter(condition: Condition) -> str:
    terms = [where(facts()[condition.facts], condition.where)]
    if condition.window:
        terms.append(f"f.age < {condition.window}")
    if condition.kinds:
        terms.append(f"f.provider_kind in ({', '.join(lit(k) for k in condition.kinds)})")
    return " and ".join(terms)


def lay_demerits(con: duckdb.DuckDBPyConnection, version_column: str, demerits: Iterable[tuple[str, Demerit]]) -> None:
    """The temporary table ``policy_demerit`` from (version, demerit) pairs; their facts must have been laid."""
    con.execute(
        "create or replace temp table policy_demerit (month text, provider_id text, happened_on date, "
        "source_table text, row_key text, points double, sentence text, demerit_rule text)"
    )
    selects = []
    for version, item in demerits:
        fact = facts()[item.facts]
        selects.append(
            f"select f.month, f.provider_id, f.happened_on, f.source_table, f.row_key, "
            f"{lit(item.points)}, {sentence(item.row, fact_columns(fact))}, {lit(item.rule)} "
            f"from policy_fact_{item.facts} f join policy_month m on m.month = f.month and m.{version_column} = {lit(version)} "
            f"where {where(fact, item.where)}"
        )
    if selects:
        con.execute("insert into policy_demerit " + " union all ".join(selects))


def meet(con: duckdb.DuckDBPyConnection, name: str, version_column: str, rules: list[Rule], told: bool = True) -> None:
    """Lay ``<name>`` (facts behind met rules) and ``<name>_met`` (rule_id, provider_id, month, because, reached_on, …).

    ``reached_on`` is the day of the fact with which the threshold was reached. ``told`` false: the facts get no sentence each, only what
    ``because`` says of them.
    """
    con.execute(_MET.format(name=name, ids=_listed(r.rule_id for r in rules)))  # of a type of its own: a rule's long name is not hashed for every row
    listing = [r.rule_id for r in rules if "items" in placeholders(r.because)]
    selects = [_facts_of(rule, version_column, told or rule.rule_id in listing) for rule in rules]
    if selects:
        con.execute(f"insert into {name} " + " union all ".join(selects))
    fill(con, f"{name}_rule", [(r.rule_id, r.condition.measure, r.condition.at_least) for r in rules])
    because = "case t.rule_id " + " ".join(
        f"when {lit(r.rule_id)} then {sentence(r.because, {k: (f't.{c}', t) for k, (c, t) in BECAUSE.items()})}" for r in rules
    ) + " end" if rules else "''"
    # The threshold is reached by the n-th fact of those that are counted; only points need a running sum.
    summed = _listed(r.rule_id for r in rules if r.condition.measure != "count")
    counts = sorted({math.ceil(r.condition.at_least) for r in rules if r.condition.measure == "count" and r.condition.at_least > 1})
    nth = " ".join(f"when k.nth = {n} then (min(r.since, {n}) filter (where k.nth = {n}))[{n}]" for n in counts)
    con.execute(f"""
        create or replace temp table {name}_met as
        with k as (
            select *, case when rule_id in {summed} then 0 else greatest(1, ceil(at_least))::int end as nth from {name}_rule
        ), running as (
            select *, null::double as so_far from {name} where rule_id not in {summed}
            union all
            select *, sum(points) over (partition by rule_id, provider_id, month order by since, source_table, row_key rows unbounded preceding)
            from {name} where rule_id in {summed}
        ), met as (
            select r.rule_id, r.provider_id, r.month, count(*) as count, sum(r.points) as points, min(r.happened_on) as first_on,
                   max(r.happened_on) as last_on,
                   case {nth} when k.nth = 1 then min(r.since) else min(r.since) filter (where r.so_far >= k.at_least) end as reached_on
            from running r join k using (rule_id)
            group by r.rule_id, r.provider_id, r.month, k.at_least, k.nth
            having sum(r.points) >= k.at_least
        ), told as (  -- only of rules that say it: a list in order is dear
            select rule_id, provider_id, month, array_to_string(list(sentence order by happened_on desc, source_table, row_key)[1:3], '；')
                   || case when count(*) > 3 then '；等' || count(*) || '项' else '' end as items
            from {name} where rule_id in {_listed(listing)}
            group by rule_id, provider_id, month
        ), t as (
            select m.*, w.items
            from met m left join told w on w.rule_id = m.rule_id and w.provider_id = m.provider_id and w.month = m.month
        )
        select t.rule_id, t.provider_id, t.month, t.reached_on, t.count, {because} as because from t
    """)


def _facts_of(rule: Rule, version_column: str, told: bool) -> str:
    """SQL: the facts of a rule in the months of its version."""
    condition = rule.condition
    terms = [_filter(condition)]
    if rule.reset:
        terms.append("(f.restored_on is null or f.happened_on > f.restored_on)")
    if rule.repairable:
        terms.append(
            "not exists (from policy_in_ledger_repair r where r.provider_id = f.provider_id and r.source_table = f.source_table "
            "and r.row_key = f.row_key and r.decided_on <= m.last_day)"
        )
    return (
        f"select {lit(rule.rule_id)}, f.provider_id, f.month, f.happened_on, coalesce({_first_met(condition)}, f.happened_on), f.source_table, "
        f"f.row_key, {'f.points' if condition.measure == 'points' else '1'}, "
        f"{sentence(condition.row, fact_columns(facts()[condition.facts])) if told else 'null'} from policy_fact_{condition.facts} f "
        f"join policy_month m on m.month = f.month and m.{version_column} = {lit(rule.version)} where {' and '.join(terms)}"
    )


def _first_met(condition: Condition) -> str:
    """SQL: the day from which a fact weighs. A state of so many days weighs from the day that makes the number full, not from its first day."""
    columns = facts()[condition.facts].columns
    least = [wanted["min"] for name, wanted in condition.where.items()
             if isinstance(wanted, dict) and "min" in wanted and name in columns and columns[name].counts_from == condition.since]
    return f"f.{condition.since} + {math.ceil(max(least)) - 1}" if least and max(least) > 1 else f"f.{condition.since}"


def _listed(rule_ids: Iterable[str]) -> str:
    return f"({', '.join(lit(r) for r in dict.fromkeys(('', *rule_ids)))})"


def unknown_places(template: str, allowed: Iterable[str]) -> list[str]:
    """Placeholders of a template that have no value."""
    known = set(allowed)
    return [p for p in placeholders(template) if p not in known]
