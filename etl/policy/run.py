"""The step of the line that turns checked records and figures into ratings and exit states, by the region's policy files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import duckdb

from etl.clean import at_once
from etl.hands import hands
from etl.indicators.base import Indicator, catalogue
from etl.policy import increment, inputs
from etl.policy.check import exit_check, rating_check
from etl.policy.conditions import LAZY, figure_codes, lay_fact
from etl.policy.exits import facts_of as facts_of_exits
from etl.policy.exits import judge
from etl.policy.lay import fill
from etl.policy.load import PolicyError, Problem, load
from etl.policy.model import Condition, ExitPolicy, IndicatorPart, RatingPolicy, Version
from etl.policy.oversight import OUTPUT, SELECT, Policies, load_oversight, weigh
from etl.policy.oversight import facts_of as facts_of_oversight
from etl.policy.rating import facts_of as facts_of_rating
from etl.policy.rating import rate
from etl.policy.sentences import lit
from etl.policy.whatif import OUTPUT as CHANGES
from etl.policy.whatif import changes, hold

if TYPE_CHECKING:
    from etl.region import Region

Progress = Callable[[str], None]

_OUTPUT = {
    "rating": "provider_id text, month text, star int, score double, uncapped_star int, cap_rule text, cap_because text, "
    "missing text, confidence text, evidence_count int, policy_version text",
    "rating_domain": "provider_id text, month text, domain text, score double, weight double, applied_weight double, star int",
    "rating_evidence": "provider_id text, month text, domain text, rule text, basis text, metric text, value double, "
    "points double, sentence text, source_table text, row_key text, happened_on date",
    "exit_status": "provider_id text, month text, state text, since date, rule text, basis text, because text, "
    "policy_version text",
    "exit_reason": "provider_id text, month text, rule text, basis text, sentence text, source_table text, row_key text",
    **OUTPUT,
    **CHANGES,
}
_EVIDENCE = "provider_id, month, domain, rule, basis, metric, value, points, sentence, source_table, row_key, happened_on"
# Without an order: a snapshot is written sorted, and to sort two million rows of evidence here as well took a tenth of the engine's time.
_SELECT = {
    "rating": "select * from policy_rating",
    "rating_domain": "select d.provider_id, d.month, d.domain, d.score, d.weight, d.applied_weight, c.star from policy_domain_score d "
    "left join policy_cut_star c on c.provider_id = d.provider_id and c.month = d.month and c.domain = d.domain",
    "rating_evidence": f"select {_EVIDENCE} from (select {_EVIDENCE} from policy_evidence union all "
    f"select {_EVIDENCE} from policy_veto_evidence union all select {_EVIDENCE} from policy_step_evidence)",
    "exit_status": "select * from policy_exit_status",
    "exit_reason": "select * from policy_exit_reason",
    **SELECT,
    "rating_change": "select * from policy_change order by provider_id, direction, position",
}


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """What a run of the policies gave: rows per table, stars and states of the latest month, inputs that did not exist."""

    rows: dict[str, int]
    stars: dict[str, int]
    states: dict[str, int]
    versions: dict[str, list[str]]
    absent: list[str] = field(default_factory=list)
    seconds: float = 0.0


def load_policies(
    folder: Path, indicators: Mapping[str, Indicator] | None = None, approved: Path | None = None
) -> tuple[RatingPolicy | None, ExitPolicy | None]:
    """The rating and exit policies of a region's ``policies`` folder; None for a file that is not there.

    A file of the same name in ``approved`` takes its place: the region's versions with those approved since behind them. Raises
    `PolicyError` with the lines that are wrong, and where an approved file does not go on from the region's.
    """
    known = catalogue() if indicators is None else indicators
    return (
        _goes_on(folder, approved, "rating.yaml", lambda path: load(path, RatingPolicy, rating_check(known))),
        _goes_on(folder, approved, "exit.yaml", lambda path: load(path, ExitPolicy, exit_check(known))),
    )


P = TypeVar("P", RatingPolicy, ExitPolicy)


def _goes_on(folder: Path, approved: Path | None, name: str, read: Callable[[Path], P]) -> P | None:
    base = read(folder / name) if (folder / name).exists() else None
    if approved is None or not (approved / name).exists():
        return base
    found = read(approved / name)
    if base is not None and list(found.versions[: len(base.versions)]) != list(base.versions):
        text = f"已批准的版本与地区目录 {folder / name} 的版本对不上；请把地区目录恢复原样，或重新提出草案"
        raise PolicyError(approved / name, [Problem((), text)])
    return found


def run(
    con: duckdb.DuckDBPyConnection,
    region: Region,
    progress: Progress | None = None,
    *,
    indicators: Mapping[str, Indicator] | None = None,
    policies: tuple[RatingPolicy | None, ExitPolicy | None] | None = None,
    approved: Path | None = None,
    definition: str = "",
) -> PolicyResult:
    """Write rating, rating_domain, rating_evidence, exit_status, exit_reason and the tables of oversight.py into schema ``marts`` in one transaction.

    ``con`` holds the schemas ``checked`` and ``marts``; what a module never delivered reads as empty. ``policies``, where given,
    take the place of the region's files; ``approved`` is the folder of versions approved since. ``definition``, a hash over policies and
    engine: where it is the same as last time, only the months from the first on whose grounds have changed are done again (increment.py);
    without it all are, and nothing is remembered. Raises `PolicyError`.
    """
    began = time.perf_counter()
    known = catalogue() if indicators is None else indicators
    rating, leaving = load_policies(region.path / "policies", known, approved) if policies is None else policies
    oversight = load_oversight(region.path / "policies", known)
    absent = inputs.read(con)
    lay_for(con, rating, leaving, known)
    begins, facts = None, frozenset[str]()
    if definition:
        definition = increment.fingerprint(definition, known)
        facts = frozenset((facts_of_rating(rating) | facts_of_exits(leaving) | facts_of_oversight(oversight)) - _DERIVED)
        for name in sorted(facts):
            lay_fact(con, name)
        begins = increment.differs_from(con, definition, facts)
    if begins == "":
        rows = _count(con, _OUTPUT)
    else:
        rows = _judged(con, (rating, leaving, oversight), known, progress, definition, begins, facts)
    latest = "(select max(month) from policy_month)"
    count = f", count(*) from {{}} where month = {latest} group by 1 order by 1"
    stars = dict(con.execute("select coalesce(star::text, '暂不评级')" + count.format("marts.rating")).fetchall())
    states = dict(con.execute("select state" + count.format("marts.exit_status")).fetchall())
    _clean(con)
    versions = {name: [v.version for v in p.versions] for name, p in (("rating", rating), ("exit", leaving)) if p}
    return PolicyResult(rows, stars, states, versions, absent, time.perf_counter() - began)


_DERIVED = {"star", "demerit"}
"""Facts that follow from others and from ratings."""


def _judged(
    con: duckdb.DuckDBPyConnection, policies: tuple[RatingPolicy | None, ExitPolicy | None, Policies], known: Mapping[str, Indicator],
    progress: Progress | None, definition: str, begins: str | None, facts: frozenset[str],
) -> dict[str, int]:  # fmt: skip
    """Run the engines and write, from the month ``begins`` on or (None) all; the numbers of rows by table. ``facts`` have been laid."""
    rating, leaving, (inspection, credit) = policies
    if begins:
        increment.keep_from(con, begins, facts)
        rating, leaving = increment.in_force_from(rating, begins), increment.in_force_from(leaving, begins)
        inspection, credit = increment.in_force_from(inspection, begins), increment.in_force_from(credit, begins)
    laid = rate(con, rating, known, progress, facts)
    held = hold(con, rating, laid)
    con.execute(f"create or replace temp table policy_change ({CHANGES['rating_change']})")
    with hands(con, 1) as hand:  # what would change a star is asked beside the rest: many small statements leave a processor idle
        asked = hand(changes, held, rating, known) if held else None
        if begins:  # the stars of earlier months are facts of later ones
            con.execute("insert into policy_rating by name select * from marts.rating where month < ?", [begins])
        laid = judge(con, leaving, laid, progress)
        weigh(con, (inspection, credit), _version_of, laid, progress)
        con.execute("delete from policy_rating where month < ?", [begins or ""])
        _write(con, {t: c for t, c in _OUTPUT.items() if t not in CHANGES}, begins, lambda: increment.forget(con) if definition else None)
        if asked:
            con.register("policy_told", asked.result())
            con.execute("insert into policy_change from policy_told")
            con.unregister("policy_told")
    _write(con, CHANGES, None, lambda: increment.remember(con, definition) if definition else None)
    return _count(con, _OUTPUT)


def lay_for(
    con: duckdb.DuckDBPyConnection, rating: RatingPolicy | None, leaving: ExitPolicy | None, known: Mapping[str, Indicator]
) -> None:
    """Lay areas, months with the versions in force, subjects and figures: what both engines stand on. `inputs.read` comes before."""
    _lay_areas(con, rating)
    _lay_months(con, list(rating.versions) if rating else [], list(leaving.versions) if leaving else [])
    _lay_figures(con, rating, leaving, known)


def _version_of(versions: Sequence[Version]) -> str:
    """SQL: the name of the version in force in month ``m.month``."""
    cases = [f"when m.month >= {lit(v.valid_from)} then {lit(v.version)}" for v in reversed(versions)]
    return f"case {' '.join(cases)} end" if cases else "null::text"


def _lay_areas(con: duckdb.DuckDBPyConnection, rating: RatingPolicy | None) -> None:
    """The groups of areas that a policy names; where it names none, a provider's area is the street of its main site."""
    con.execute("create or replace temp table policy_area (version text, area text, code text)")
    for version in rating.versions if rating else []:
        fill(con, "policy_area", [(version.version, g, c.ljust(12, "0")) for g, codes in version.areas.items() for c in codes])


def _lay_months(con: duckdb.DuckDBPyConnection, rating: list[Version], leaving: list[Version]) -> None:
    """Months with the versions in force; providers registered by (and operating at) each month end; the latest restorations."""
    con.execute(f"""
        create or replace temp table policy_month as
        select m.month, m.first_day, m.last_day, year(m.last_day) * 12 + month(m.last_day) as idx,
               {_version_of(rating)} as rating_version, {_version_of(leaving)} as exit_version
        from policy_in_month m;
        create or replace temp table policy_standing as
        select m.*, p.provider_id, p.kind, p.registered_on, year(p.registered_on) * 12 + month(p.registered_on) as registered_idx,
               p.closed_on is null or p.closed_on > m.last_day as operating
        from policy_month m join policy_in_provider p on p.registered_on is null or p.registered_on <= m.last_day;
        create or replace temp table policy_subject as
        select s.*, coalesce(g.area, h.street) as area
        from policy_standing s
        left join (
            select provider_id, max(community_code) as community, max(left(community_code, 9)) || '000' as street
            from policy_in_site where main_site group by all
        ) h using (provider_id)
        left join policy_area g on g.version = s.rating_version and g.code in (h.community, h.street)
        where s.operating
        qualify row_number() over (partition by s.provider_id, s.month order by g.code desc) = 1;
        create or replace temp table policy_restored as
        select m.month, a.provider_id, max(a.decided_on) as restored_on
        from policy_month m join policy_in_action a on a.kind = '恢复' and a.decided_on <= m.last_day
        group by all;
    """)


def _lay_figures(
    con: duckdb.DuckDBPyConnection, rating: RatingPolicy | None, leaving: ExitPolicy | None, known: Mapping[str, Indicator]
) -> None:
    """The figures that the policies speak of; for conditions on figures, what turns part and whole into a value."""
    whens = [c.when for v in (rating.versions if rating else []) for c in v.caps]
    wheres = [w.where for w in whens if isinstance(w, Condition) and w.facts == "figure"]
    for version in leaving.versions if leaving else []:
        wheres += [c.when.where for c in version.criteria if c.when.facts == "figure"]
        wheres += [d.where for d in version.demerits if d.facts == "figure"]
    con.execute("create or replace temp table policy_indicator (code text, name text, scale double, has_whole boolean)")
    for code in sorted({code for where in wheres for code in figure_codes(where)}):
        about = known[code]
        con.execute("insert into policy_indicator values (?, ?, ?, ?)", [code, about.name, about.scale, about.whole is not None])
    used = {"", *(code for where in wheres for code in figure_codes(where))}
    for rules in rating.versions if rating else []:
        used |= {p.indicator for d in rules.domains for p in d.parts if isinstance(p, IndicatorPart)}
        needs = [n for m in rules.minimum for n in m.any_of] + [n for c in rules.confidence for n in c.all_of]
        used |= {n.indicator for n in needs if n.indicator}
    con.execute(f"""
        create or replace temp table policy_figure as
        select f.*, cast(left(f.month, 4) as int) * 12 + cast(right(f.month, 2) as int) as idx
        from policy_in_provider_figure f where f.indicator in ({", ".join(lit(code) for code in sorted(used))})
    """)


def _write(con: duckdb.DuckDBPyConnection, tables: Mapping[str, str], begins: str | None, also: Callable[[], None]) -> None:
    """The tables from the month ``begins`` on, or (None) whole, and what belongs into the same transaction."""
    with at_once(con):
        con.execute("create schema if not exists marts")
        for table, columns in tables.items():
            if begins:
                con.execute(f"delete from marts.{table} where month >= ?", [begins])
            else:
                con.execute(f"create or replace table marts.{table} ({columns})")
            con.execute(f"insert into marts.{table} {_SELECT[table]}")
        also()


def _count(con: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> dict[str, int]:
    return {table: int(con.execute(f"select count(*) from marts.{table}").fetchall()[0][0]) for table in tables}


def _clean(con: duckdb.DuckDBPyConnection) -> None:
    """Drop the engine's temporary views and tables, so that a long run does not carry them."""
    con.execute("drop view if exists temp.policy_in_provider_figure")
    for view in ("policy_evidence", "policy_evidence_points", "policy_taken", *(f"policy_fact_{name}" for name in LAZY)):
        if con.execute("from duckdb_views() where temporary and view_name = ?", [view]).fetchone():
            con.execute(f"drop view temp.{view}")
    names = con.execute(
        "select table_name from duckdb_tables() where temporary and starts_with(table_name, 'policy_')").fetchall()
    con.execute("; ".join(f"drop table temp.{name}" for (name,) in names))
