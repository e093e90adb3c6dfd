"""Which months have to be rated again: those from the first on whose facts, figures or providers differ from what they were rated by.

A month rests on what was known at its end and on months before it, never on a later one: facts are laid by month, figures are added up
backwards, the stars of the last twelve months and the length of a state look back.  So everything before the first month that differs
stays as it is, and everything from it on is done again as if nothing had been kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TypeVar

import duckdb

from etl.indicators.base import Indicator
from etl.policy.conditions import LAZY
from etl.policy.model import ExitPolicy, RatingPolicy
from etl.policy.oversight_model import CreditPolicy, InspectionPolicy

P = TypeVar("P", RatingPolicy | None, ExitPolicy | None, InspectionPolicy | None, CreditPolicy | None)

_MADE = """
create schema if not exists state;
create table if not exists state.policy_input (definition text, month text, what text, rows bigint, hash text);
"""
# What a month is rated by, beside the facts: who is there, the figures, the repairs decided by then.
_GROUNDS = {
    "standing": "select month, t from policy_standing t",
    "subject": "select month, t from policy_subject t",
    "figure": "select month, t from policy_figure t",
    "repair": "select m.month, t from policy_month m join policy_in_ledger_repair t on t.decided_on <= m.last_day",
}


def fingerprint(definition: str, known: Mapping[str, Indicator]) -> str:
    """A hash over what holds for every month: the policies' definition, what the sentences say of indicators, DuckDB's own version."""
    said = [(i.code, i.name, i.unit, i.decimals, i.scale, i.semantics, i.better, i.kind, i.whole is None) for i in known.values()]
    return hashlib.sha256(repr((definition, sorted(said), duckdb.__version__)).encode()).hexdigest()[:24]


def differs_from(con: duckdb.DuckDBPyConnection, definition: str, facts: Iterable[str]) -> str | None:
    """The first month whose grounds are not those it was rated by; '' where there is none; None: everything is to be done.

    Lays ``policy_signature``. Needs months, subjects, figures and ``facts`` laid for all months.
    """
    con.execute(_MADE)
    grounds = _GROUNDS | {f"fact {name}": f"select month, t from policy_fact_{name} t" for name in sorted(facts)}
    con.execute("create or replace temp table policy_signature as " + " union all ".join(
        f"select month, '{what}' as what, count(*) as rows, cast(sum(hash(t)) as text) as hash from ({sql}) group by month" for what, sql in grounds.items()
    ))  # fmt: skip
    kept = con.execute("select distinct definition from state.policy_input").fetchall()
    there = con.execute(
        "select count(*) from duckdb_tables() where database_name = current_database() and schema_name = 'marts' and table_name in ('rating', 'exit_status')"
    ).fetchall()
    if kept != [(definition,)] or there != [(2,)]:
        return None
    gone = con.execute(
        "select 1 from (select month from marts.rating union all select month from marts.exit_status) where month not in (select month from policy_month) limit 1"
    ).fetchall()
    if gone:
        return None
    first, began = con.execute("""
        select min(m.month), (select min(month) from policy_month) from policy_month m where m.month >= (
            select min(month) from (select * exclude (definition) from state.policy_input) k full join policy_signature s using (month, what)
            where k.hash is distinct from s.hash or k.rows is distinct from s.rows)
    """).fetchall()[0]
    if first is None:
        return ""
    # What would change a star is told of the last month in which anybody operates: that month has to be there.
    last = con.execute("select max(month) from policy_subject").fetchall()[0][0]
    first = min(first, last or first)
    return None if first == began else str(first)


def keep_from(con: duckdb.DuckDBPyConnection, month: str, facts: Iterable[str]) -> None:
    """Of what has been laid keep only this month and those after it; the states before go into ``policy_exit_before``."""
    for table in ("standing", "subject", *(f"fact_{name}" for name in facts if name not in LAZY)):
        con.execute(f"delete from policy_{table} where month < ?", [month])
    con.execute("create or replace temp table policy_exit_before as select e.provider_id, m.idx, e.state, e.since "
                "from marts.exit_status e join policy_month m using (month) where e.month < ?", [month])  # fmt: skip


def in_force_from(policy: P, month: str) -> P:
    """The policy with the versions that hold in this month or later: what the others say costs the planning of all their rules, and meets nothing."""
    if policy is None:
        return policy
    first = sum(version.valid_from <= month for version in policy.versions)
    return policy.model_copy(update={"versions": policy.versions[max(0, first - 1) :]})


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """What is kept is about to change; inside its transaction."""
    con.execute(_MADE + "delete from state.policy_input")


def remember(con: duckdb.DuckDBPyConnection, definition: str) -> None:
    """Everything rests on the grounds as they are now; inside the transaction that ends the work."""
    con.execute("insert into state.policy_input select ?, month, what, rows, hash from policy_signature", [definition])
