"""A draft policy tried before it takes effect: what it would make of the latest published month, beside what that month was given.

The engine runs over a snapshot's own records in memory; nothing is written. Months before keep their versions, as they would.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from etl.indicators.base import Indicator, catalogue
from etl.policy import inputs
from etl.policy.check import exit_check, rating_check
from etl.policy.exits import judge
from etl.policy.impact import unpacked
from etl.policy.load import PolicyError, Problem, load
from etl.policy.model import ExitPolicy, RatingPolicy
from etl.policy.parts import CANDIDATE
from etl.policy.rating import rate
from etl.policy.run import lay_for
from etl.policy.served import months_counted, served

Subject = Literal["rating", "exit"]
SUBJECTS: dict[str, str] = {"rating": "评级办法", "exit": "退出监管办法"}
EXITING = (CANDIDATE, "exit_proposed")


@dataclass(frozen=True, slots=True)
class Moved:
    """One provider that would stand elsewhere. ``elders``: persons it served in the months that the impact policy counts (ninety days).

    ``because``: what brings other stars (a cap, a cap gone, the domains that moved, other cut points) or the other state.
    """

    provider_id: str
    name: str
    kind: str
    community_code: str
    star: int | None
    new_star: int | None
    score: float | None
    new_score: float | None
    state: str
    new_state: str
    because: str
    elders: int

    @property
    def opens(self) -> bool:
        """Whether the provider would newly meet the criteria for an exit."""
        return self.new_state in EXITING and self.state not in (*EXITING, "exited")


@dataclass(frozen=True, slots=True)
class Trial:
    """What a draft would change in a month. ``stars``: star ('' for none) → (now, then). ``elders``: different persons concerned."""

    month: str
    run_id: str
    version: str
    valid_from: str
    stars: dict[str, tuple[int, int]]
    moved: list[Moved]
    elders: int


def read_draft(path: Path, subject: Subject, indicators: Mapping[str, Indicator] | None = None) -> RatingPolicy | ExitPolicy:
    """A draft file, checked like the file in force. Raises `PolicyError` with the lines that are wrong."""
    known = catalogue() if indicators is None else indicators
    return load(path, RatingPolicy, rating_check(known)) if subject == "rating" else load(path, ExitPolicy, exit_check(known))


def check_draft(path: Path, draft: RatingPolicy | ExitPolicy, in_force: RatingPolicy | ExitPolicy, after: str) -> None:
    """A draft is the policy in force with one version more, valid from a month after ``after``; `PolicyError` says what is not so."""
    old, new = list(in_force.versions), list(draft.versions)
    problems: list[Problem] = []
    if len(new) != len(old) + 1:
        problems.append(Problem(("versions",), f"草案应为现行各版本之后再加一个新版本（现行 {len(old)} 个，草案共 {len(new)} 个）"))
    for a, b in zip(old, new, strict=False):
        if a != b:
            problems.append(Problem(("versions",), f"版本“{a.version}”已经生效，不能改动；请照原样保留，另加新版本"))
    if len(new) == len(old) + 1 and new[-1].valid_from <= after:
        problems.append(Problem(("versions",), f"新版本“{new[-1].version}”应自 {after} 之后的月份起生效（现写 {new[-1].valid_from}）"))
    if problems:
        raise PolicyError(path, problems)


def try_draft(
    snapshot: Path, subject: Subject, draft: RatingPolicy | ExitPolicy, rating: RatingPolicy | None, leaving: ExitPolicy | None,
    indicators: Mapping[str, Indicator] | None = None,
) -> Trial:  # fmt: skip
    """Apply the draft's last version to the snapshot's latest month. ``rating`` and ``leaving`` are the policies in force."""
    known = catalogue() if indicators is None else indicators
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as con:
        _copy(con, snapshot)
        row = con.execute("select max(month) from held_rating").fetchone()
        month = str(row[0]) if row else ""
        as_if = _as_if(draft, month)
        if isinstance(as_if, RatingPolicy):
            rating = as_if
        else:
            leaving = as_if
        inputs.read(con)
        con.execute("delete from policy_in_month where month <> ?", [month])
        lay_for(con, rating, leaving, known)
        laid = rate(con, rating, known)
        con.execute("insert into policy_rating by name select * from held_rating where month < ?", [month])
        judge(con, leaving, laid)
        return _compare(con, month, draft.versions[-1])


def _as_if(draft: RatingPolicy | ExitPolicy, month: str) -> RatingPolicy | ExitPolicy:
    """The draft with its last version in force from ``month`` on."""
    last = draft.versions[-1].model_copy(update={"valid_from": month})
    before = [v for v in draft.versions[:-1] if v.valid_from < month]
    return draft.model_copy(update={"versions": [*before, last]})


def _copy(con: duckdb.DuckDBPyConnection, snapshot: Path) -> None:
    """The policies' inputs, the month's results and who was served, into memory: a snapshot is never written to."""
    con.execute(f"attach '{str(snapshot).replace(chr(39), chr(39) * 2)}' as published (read_only)")
    there = {t for (t,) in con.execute("select table_name from duckdb_tables() where database_name = 'published'").fetchall()}
    con.execute("create schema checked; create schema marts")
    for table in inputs.TABLES:
        if table in there:
            home = "marts" if table in ("provider_figure", "month") else "checked"
            con.execute(f'create table {home}."{table}" as from published.main."{table}"')
    for table in ("rating", "rating_domain", "exit_status", "meta_snapshot"):
        con.execute(f"create temp table held_{table} as from published.main.{table}")
    con.execute("create temp table held_provider as select provider_id, name, kind, community_code, month from published.main.provider_month")
    row = con.execute("select max(month) from held_rating").fetchone()
    if row and row[0]:
        held = con.execute("select body from published.main.meta_policy where policy = 'impact'").fetchone() if "meta_policy" in there else None
        months = [m for (m,) in con.execute("select month from published.main.month order by month").fetchall()]
        counted = months_counted(unpacked(held[0]) if held else None, months, str(row[0]))
        con.execute(f"create temp table held_served as {served(there, 'published.main.')}", {"months": counted})
    con.execute("detach published")


_COMPARED = """
with now as (select r.provider_id, r.star, r.score, r.uncapped_star, r.cap_because, coalesce(e.state, 'normal') as state from held_rating r
             left join held_exit_status e on e.provider_id = r.provider_id and e.month = r.month where r.month = $month),
     later as (select r.provider_id, r.star, r.score, r.uncapped_star, r.cap_because, r.missing, coalesce(e.state, 'normal') as state, e.because
               from policy_rating r left join policy_exit_status e on e.provider_id = r.provider_id and e.month = r.month where r.month = $month),
     moved as (
         select provider_id, string_agg(format('{}{:.1f}→{:.1f}', domain, was, becomes), '、' order by abs(becomes - was) desc, domain) as domains
         from (select provider_id, domain, d.score as was, p.score as becomes
               from held_rating_domain d join policy_domain_score p using (provider_id, month, domain)
               where month = $month and abs(p.score - d.score) >= 0.05)
         group by provider_id),
     served as (select provider_id, count(*) as elders from held_served group by provider_id),
     told as (
         select provider_id, case
                when l.star is not distinct from n.star then null
                when l.star is null then l.missing
                when l.star < l.uncapped_star then l.cap_because
                when n.star < n.uncapped_star and l.cap_because is null then '原限制不再适用（' || n.cap_because || '）'
                when m.domains is not null then '分项得分变动：' || m.domains
                when l.score is distinct from n.score then '分项权重或组成变动，总分随之改变'
                else '得分未变，评星的分数线或加减星规则改变' end as stars,
                case when l.state <> n.state then case when l.state = 'normal' then '不再符合原状态的条件' else l.because end end as state
         from now n join later l using (provider_id) left join moved m using (provider_id))
select p.provider_id, p.name, p.kind, p.community_code, n.star, l.star, n.score, l.score, n.state, l.state,
       concat_ws('；', t.stars, t.state), coalesce(s.elders, 0)
from now n join later l using (provider_id) join told t using (provider_id)
join held_provider p on p.provider_id = n.provider_id and p.month = $month
left join served s on s.provider_id = n.provider_id
order by l.state in (select unnest($exiting)) and n.state not in (select unnest($exiting)) desc, coalesce(l.star, 0) - coalesce(n.star, 0), p.provider_id
"""


def _compare(con: duckdb.DuckDBPyConnection, month: str, version: Any) -> Trial:
    rows = con.execute(_COMPARED, {"month": month, "exiting": list(EXITING)}).fetchall()
    moved = [Moved(*r) for r in rows if r[4] != r[5] or r[8] != r[9]]
    keys = [*map(str, range(1, 6)), ""]
    stars = {k: (sum(str(r[4] or "") == k for r in rows), sum(str(r[5] or "") == k for r in rows)) for k in keys}
    con.execute("create temp table moved_provider (provider_id text)")
    if moved:
        con.executemany("insert into moved_provider values (?)", [[m.provider_id] for m in moved])
    counted = con.execute("select count(distinct elder_id) from held_served join moved_provider using (provider_id)").fetchone()
    run = con.execute("select run_id from held_meta_snapshot").fetchone()
    return Trial(month, str(run[0]) if run else "", version.version, version.valid_from, stars, moved, int(counted[0]) if counted else 0)
