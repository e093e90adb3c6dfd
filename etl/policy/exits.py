"""The exit engine: each provider's state at each month end, with the rule, its basis, the facts, and since when.

A proposed exit that the data alone give is a state of its own, ``exit_candidate``; people decide, and the sentence says so (the policy's ``notice``).
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from etl.policy.conditions import Rule, lay_demerits, lay_fact, meet
from etl.policy.lay import fill
from etl.policy.model import STATES, ExitPolicy


def judge(
    con: duckdb.DuckDBPyConnection, policy: ExitPolicy | None, laid: set[str], progress: Callable[[str], None] | None = None
) -> set[str]:
    """Lay ``policy_exit_status`` and ``policy_exit_reason``; needs ``policy_rating``. Without a policy nobody has a state.

    ``laid``: the facts that the rating has laid already. Returns the names of all that lie now.
    """
    versions = policy.versions if policy else []
    if progress:
        progress("退出条件")
    demerits = [(version.version, item) for version in versions for item in version.demerits]
    used = facts_of(policy)
    for name in sorted(used - laid - {"demerit"}):
        lay_fact(con, name)
    lay_demerits(con, "exit_version", demerits)
    lay_fact(con, "demerit")
    rules = [
        Rule(f"{ver.version}/{c.rule}", ver.version, c.when, c.because, reset=c.reset) for ver in versions for c in ver.criteria
    ]
    meet(con, "policy_exit", "exit_version", rules)
    con.execute(
        "create or replace temp table policy_criterion "
        "(rule_id text, rule text, state text, gravity int, position int, basis text, notice text)"
    )
    fill(con, "policy_criterion", [
        (f"{v.version}/{c.rule}", c.rule, c.gives, STATES.index(c.gives), i, c.basis, "" if c.decided else v.notice.get(c.state, ""))
        for v in versions for i, c in enumerate(v.criteria)
    ])  # fmt: skip
    con.execute(_BEFORE + _STATUS)
    return laid | used | {"demerit"}


def facts_of(policy: ExitPolicy | None) -> set[str]:
    """The facts that states rest on."""
    versions = policy.versions if policy else []
    return {d.facts for v in versions for d in v.demerits} | {c.when.facts for v in versions for c in v.criteria}


# States of months that are not judged again, where only the later ones are: a state that goes on keeps its first day.
_BEFORE = "create temp table if not exists policy_exit_before (provider_id text, idx bigint, state text, since date);"
_STATUS = """
create or replace temp table policy_exit_status as
with worst as (
    select m.provider_id, m.month, k.state, k.rule, k.basis, m.because || k.notice as because, m.reached_on
    from policy_exit_met m join policy_criterion k using (rule_id)
    qualify row_number() over (partition by m.provider_id, m.month order by k.gravity desc, k.position) = 1
), each_month as (
    select s.provider_id, s.month, s.idx, s.first_day, s.registered_on, s.exit_version, coalesce(w.state, 'normal') as state,
           w.rule, w.basis, w.because, w.reached_on
    from policy_standing s left join worst w on w.provider_id = s.provider_id and w.month = s.month
    where s.exit_version is not null and (s.operating or w.state is not null)
), runs as (
    select *, idx - row_number() over (partition by provider_id, state order by idx) as run from each_month
), starts as (
    select provider_id, state, run, min(idx) as start_idx from runs group by all
), first_seen as (
    select provider_id, min(idx) as first_idx
    from (select provider_id, idx from each_month union all select provider_id, idx from policy_exit_before) group by all
), entered as (
    select r.provider_id, r.state, r.run, r.month, r.first_day, r.registered_on, r.reached_on,
           r.idx = f.first_idx as from_the_start, b.state is not null as goes_on, b.since as since_before
    from runs r
    join starts t on t.provider_id = r.provider_id and t.state = r.state and t.run = r.run and t.start_idx = r.idx
    join first_seen f on f.provider_id = r.provider_id
    left join policy_exit_before b on b.provider_id = r.provider_id and b.idx = r.idx - 1 and b.state = r.state
)
select r.provider_id, r.month, r.state,
       case when e.goes_on then e.since_before
            when r.state = 'normal' and e.from_the_start then coalesce(e.registered_on, e.first_day)
            when r.state = 'normal' then e.first_day
            when e.from_the_start then e.reached_on
            else greatest(e.reached_on, e.first_day) end as since,
       r.rule, r.basis, r.because, r.exit_version as policy_version
from runs r join entered e on e.provider_id = r.provider_id and e.state = r.state and e.run = r.run;

create or replace temp table policy_exit_reason as
select x.provider_id, x.month, k.rule, k.basis, x.sentence, x.source_table, x.row_key
from policy_exit x
join policy_exit_met t on t.rule_id = x.rule_id and t.provider_id = x.provider_id and t.month = x.month
join policy_criterion k on k.rule_id = x.rule_id;
"""
