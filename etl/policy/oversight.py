"""Credit grades from verified records, and the risk by which inspections are planned: two policies over the same facts as exits.

Both run after rating and exits in the same transaction; see docs/policies.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from etl.indicators.base import Indicator
from etl.policy.check import condition_problems, unique_problems, version_problems
from etl.policy.conditions import Rule, lay_fact, meet
from etl.policy.load import Loc, Problem, load
from etl.policy.model import Version
from etl.policy.oversight_model import GRADES, CreditPolicy, InspectionPolicy
from etl.policy.sentences import lit

# What a credit grade may rest on: what officials recorded or decided, never a complaint, a figure or a score alone.
VERIFIED = ("finding", "inspection", "penalty", "action", "permit")
Policies = tuple[InspectionPolicy | None, CreditPolicy | None]

OUTPUT = {
    "inspection_risk": "provider_id text, month text, score int, weight int, stratum text, due_rule text, due_because text, "
    "last_on date, last_inspection_id text, policy_version text",
    "inspection_risk_reason": "provider_id text, month text, rule text, basis text, points int, sentence text",
    "credit_grade": "provider_id text, month text, grade text, since date, rule text, basis text, because text, published boolean, "
    "policy_version text",
    "credit_reason": "provider_id text, month text, rule text, basis text, sentence text, source_table text, row_key text, "
    "repairable_on date",
}
SELECT = {
    "inspection_risk": "select * from policy_risk",
    "inspection_risk_reason": "select * from policy_risk_reason",
    "credit_grade": "select * from policy_credit_grade",
    "credit_reason": "select * from policy_credit_reason",
}


def load_oversight(folder: Path, known: Mapping[str, Indicator]) -> Policies:
    """The inspection and credit policies of a region's ``policies`` folder, None for a file that is not there. Raises `PolicyError`."""
    return load_inspection(folder, known), load_credit(folder, known)


def load_inspection(folder: Path, known: Mapping[str, Indicator]) -> InspectionPolicy | None:
    """``inspection.yaml``; None where it is not there. Raises `PolicyError`."""
    path = folder / "inspection.yaml"
    return load(path, InspectionPolicy, lambda p: _inspection_problems(p, known)) if path.exists() else None


def load_credit(folder: Path, known: Mapping[str, Indicator]) -> CreditPolicy | None:
    """``credit.yaml``; None where it is not there. Raises `PolicyError`."""
    path = folder / "credit.yaml"
    return load(path, CreditPolicy, lambda p: _credit_problems(p, known)) if path.exists() else None


def _inspection_problems(policy: InspectionPolicy, known: Mapping[str, Indicator]) -> Iterator[Problem]:
    yield from version_problems(list(policy.versions))
    for v, version in enumerate(policy.versions):
        at: Loc = ("versions", v)
        yield from unique_problems((*at, "factors"), [f.rule for f in version.factors])
        yield from unique_problems((*at, "due"), [d.rule for d in version.due])
        for f, factor in enumerate(version.factors):
            yield from condition_problems((*at, "factors", f), factor.when, factor.because, known, ("figure", "demerit"))
            if (factor.most is not None) != factor.each:
                yield Problem((*at, "factors", f), "each: true 时须写 most（最多加多少分），其他情形不写")
        for d, due in enumerate(version.due):
            if due.kinds is None and due.credit is None:
                yield Problem((*at, "due", d), "应写明 kinds（单位类别）或 credit（信用等级）")


def _credit_problems(policy: CreditPolicy, known: Mapping[str, Indicator]) -> Iterator[Problem]:
    yield from version_problems(list(policy.versions))
    barred = ("complaint", "figure", "star", "demerit", "closure")
    for v, version in enumerate(policy.versions):
        at: Loc = ("versions", v)
        yield from unique_problems((*at, "criteria"), [c.rule for c in version.criteria])
        for c, criterion in enumerate(version.criteria):
            yield from condition_problems((*at, "criteria", c), criterion.when, criterion.because, known, barred)
        for c, condition in enumerate(version.merit.all_of if version.merit else []):
            yield from condition_problems((*at, "merit", "all_of", c), condition, "", known, barred, key="")


def weigh(
    con: duckdb.DuckDBPyConnection, policies: Policies, version_of: Callable[[Sequence[Version]], str], laid: set[str],
    progress: Callable[[str], None] | None = None,
) -> None:  # fmt: skip
    """Lay ``policy_risk``, ``policy_risk_reason``, ``policy_credit_grade``, ``policy_credit_reason``; needs rating and exits laid.

    ``version_of`` gives the SQL of the version in force in month ``m``; ``laid``: the facts that have been laid already.
    """
    inspection, credit = policies
    if progress:
        progress("信用等级与检查风险")
    for column, versions in (("inspection_version", inspection), ("credit_version", credit)):
        found: Sequence[Version] = list(versions.versions) if versions else []
        con.execute(f"alter table policy_month add column {column} text; update policy_month as m set {column} = {version_of(found)}")
    for name in sorted(facts_of(policies) - laid):
        lay_fact(con, name)
    _risk_rules(con, inspection)
    _credit_rules(con, credit)
    con.execute(_CREDIT)
    con.execute(_RISK)


def facts_of(policies: Policies) -> set[str]:
    """The facts that credit and risk rest on."""
    inspection, credit = policies
    used = {f.when.facts for v in (inspection.versions if inspection else []) for f in v.factors}
    for version in credit.versions if credit else []:
        used |= {c.when.facts for c in version.criteria} | {c.facts for c in (version.merit.all_of if version.merit else [])}
    return used


def _insert(con: duckdb.DuckDBPyConnection, table: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
    con.execute(f"create or replace temp table {table} ({columns})")
    values = [f"({', '.join(lit(v) for v in row)})" for row in rows]
    if values:
        con.execute(f"insert into {table} values {', '.join(values)}")


def _risk_rules(con: duckdb.DuckDBPyConnection, policy: InspectionPolicy | None) -> None:
    versions = policy.versions if policy else []
    rules = [Rule(f"{v.version}/{f.rule}", v.version, f.when, f.because) for v in versions for f in v.factors]
    meet(con, "policy_risk_hit", "inspection_version", rules, told=False)
    _insert(con, "policy_factor", "rule_id text, rule text, basis text, points int, most int", (
        (f"{v.version}/{f.rule}", f.rule, f.basis, f.points, f.most if f.each else None) for v in versions for f in v.factors
    ))  # fmt: skip
    _insert(con, "policy_unseen", "version text, after_months int, points int, most int, basis text",
            ((v.version, v.unseen.after, v.unseen.points, v.unseen.most, v.unseen.basis) for v in versions if v.unseen))  # fmt: skip
    _insert(con, "policy_due", "version text, position int, rule text, every_months int, kinds text, grades text, because text", (
        (v.version, i, d.rule, d.every_months, "|".join(d.kinds or []), "|".join(d.credit or []), d.because)
        for v in versions for i, d in enumerate(v.due)
    ))  # fmt: skip
    _insert(con, "policy_stratum", "version text, stratum text, score int",
            ((v.version, s.stratum, s.score) for v in versions for s in v.strata))  # fmt: skip
    _insert(con, "policy_base", "version text, base int", ((v.version, v.base) for v in versions))
    _insert(con, "policy_counts", "version text, kind text", ((v.version, kind) for v in versions for kind in v.counts))


def _credit_rules(con: duckdb.DuckDBPyConnection, policy: CreditPolicy | None) -> None:
    """Criteria see only what has not been repaired by the month's end, and merits only what criteria see."""
    versions = policy.versions if policy else []
    rules = [Rule(f"{v.version}/{c.rule}", v.version, c.when, c.because, repairable=True) for v in versions for c in v.criteria]
    seen = {r.condition.facts for r in rules}
    merits = [
        Rule(f"{v.version}/merit/{i}", v.version, c, "", repairable=c.facts in seen)
        for v in versions if v.merit for i, c in enumerate(v.merit.all_of)
    ]  # fmt: skip
    meet(con, "policy_credit", "credit_version", rules)
    meet(con, "policy_merit", "credit_version", merits, told=False)
    _insert(con, "policy_credit_rule", "rule_id text, rule text, grade text, gravity int, position int, basis text, repair_after int", (
        (f"{v.version}/{c.rule}", c.rule, c.grade, GRADES.index(c.grade), i, c.basis, v.repair_after_months)
        for v in versions for i, c in enumerate(v.criteria)
    ))  # fmt: skip
    _insert(con, "policy_credit_version", "version text, usual text, merits int, merit_basis text, merit_because text, published text", (
        (v.version, v.usual, len(v.merit.all_of) if v.merit else None, v.merit and v.merit.basis, v.merit and v.merit.because, "|".join(v.publish))
        for v in versions
    ))  # fmt: skip


_CREDIT = """
create or replace temp table policy_credit_grade as
with worst as (
    select t.provider_id, t.month, k.grade, k.rule, k.basis, t.because, t.reached_on
    from policy_credit_met t join policy_credit_rule k using (rule_id)
    qualify row_number() over (partition by t.provider_id, t.month order by k.gravity desc, k.position) = 1
), merit as (
    select provider_id, month, count(*) as n from policy_merit_met group by all
), graded as (
    select s.provider_id, s.month, v.version, v.published, w.rule, w.reached_on,
           case when w.grade is not null then w.grade when coalesce(e.n, 0) >= v.merits then 'A' else v.usual end as grade,
           coalesce(w.basis, case when coalesce(e.n, 0) >= v.merits then v.merit_basis end) as basis,
           coalesce(w.because, case when coalesce(e.n, 0) >= v.merits then v.merit_because end) as because
    from policy_subject s
    join policy_month m on m.month = s.month
    join policy_credit_version v on v.version = m.credit_version
    left join worst w on w.provider_id = s.provider_id and w.month = s.month
    left join merit e on e.provider_id = s.provider_id and e.month = s.month
)
select provider_id, month, grade, reached_on as since, rule, basis, because, list_contains(string_split(published, '|'), grade) as published,
       version as policy_version
from graded;

create or replace temp table policy_credit_reason as
select x.provider_id, x.month, k.rule, k.basis, x.sentence, x.source_table, x.row_key,
       -- What has not been put right cannot be repaired: a finding not rectified by the month's end, a permit that is void.
       case when x.source_table = 'provider_permit' then null
            when x.source_table = 'inspection_finding' and not exists (
                from policy_in_rectification r join policy_month m on m.month = x.month
                where r.finding_id = x.row_key and r.done_on <= m.last_day) then null
            else cast(x.happened_on + to_months(k.repair_after) as date) end as repairable_on
from policy_credit x
join policy_credit_met t on t.rule_id = x.rule_id and t.provider_id = x.provider_id and t.month = x.month
join policy_credit_rule k on k.rule_id = x.rule_id;
"""
_RISK = """
create or replace temp table policy_seen as
with visited as (
    select c.version, i.provider_id, i.inspected_on, max(i.inspection_id) as inspection_id
    from policy_counts c join policy_in_inspection i on i.kind = c.kind
    group by all
)
select s.month, s.provider_id, v.inspected_on as last_on, v.inspection_id as last_id
from policy_subject s
join policy_month m on m.month = s.month
asof join visited v on v.version = m.inspection_version and v.provider_id = s.provider_id and v.inspected_on <= m.last_day;

create or replace temp table policy_risk_reason as
with gap as (
    select s.provider_id, s.month, u.*, n.last_on,
           m.idx - (year(coalesce(n.last_on, s.registered_on, m.first_day)) * 12 + month(coalesce(n.last_on, s.registered_on, m.first_day))) as months
    from policy_subject s
    join policy_month m on m.month = s.month
    join policy_unseen u on u.version = m.inspection_version
    left join policy_seen n on n.provider_id = s.provider_id and n.month = s.month
)
select t.provider_id, t.month, k.rule, k.basis, case when k.most is null then k.points else least(k.points * t.count, k.most) end::int as points,
       t.because as sentence
from policy_risk_hit_met t
join policy_factor k using (rule_id)
join policy_subject s on s.provider_id = t.provider_id and s.month = t.month
union all
select provider_id, month, 'unseen', basis, least((months - after_months) * points, most)::int,
       case when last_on is null then '登记' || months || '个月以来没有检查' else '距上次检查已' || months || '个月' end
from gap where months > after_months;

create or replace temp table policy_risk as
with risk as (
    select s.provider_id, s.month, s.kind, s.registered_on, m.idx, m.inspection_version as version, n.last_on, n.last_id,
           coalesce((select sum(points) from policy_risk_reason r where r.provider_id = s.provider_id and r.month = s.month), 0)::int as score
    from policy_subject s
    join policy_month m on m.month = s.month and m.inspection_version is not null
    left join policy_seen n on n.provider_id = s.provider_id and n.month = s.month
), placed as (
    select r.provider_id, r.month, k.stratum from risk r join policy_stratum k on k.version = r.version and k.score <= r.score
    qualify row_number() over (partition by r.provider_id, r.month order by k.score desc) = 1
), obliged as (
    select r.provider_id, r.month, d.rule, d.because
    from risk r
    join policy_due d on d.version = r.version
    left join policy_credit_grade g on g.provider_id = r.provider_id and g.month = r.month
    where (d.kinds = '' or list_contains(string_split(d.kinds, '|'), r.kind))
      and (d.grades = '' or coalesce(list_contains(string_split(d.grades, '|'), g.grade), false))
      and coalesce(r.idx + 1 - (year(coalesce(r.last_on, r.registered_on)) * 12 + month(coalesce(r.last_on, r.registered_on))) >= d.every_months, true)
    qualify row_number() over (partition by r.provider_id, r.month order by d.position) = 1
)
select r.provider_id, r.month, r.score, b.base + r.score as weight, p.stratum, o.rule as due_rule, o.because as due_because, r.last_on,
       r.last_id as last_inspection_id, r.version as policy_version
from risk r
join policy_base b on b.version = r.version
join placed p on p.provider_id = r.provider_id and p.month = r.month
left join obliged o on o.provider_id = r.provider_id and o.month = r.month;
"""
