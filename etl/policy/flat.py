"""Rates any flat table by any policy file: the same engine, with the table's columns in the place of facts and figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from etl.indicators.base import Indicator
from etl.policy.lay import fill
from etl.policy.model import ColumnCondition, RatingPolicy, RatingVersion
from etl.policy.parts import CyclesPart
from etl.policy.rating import conclude, lay_policy, run_steps
from etl.policy.table import Row

ALWAYS = "9999-12"
_TOLD = re.compile(r"[（(]?\{\w+\}[项次个家天起件名条]?[）)]?")
_TABLES = """
create or replace temp table policy_flag (version text, rule_id text, name text, equals_text text, equals_number double,
    at_least double, at_most double, because text);
create or replace temp table policy_cycle (part_id text, cycle int, prefix text, weight double);
create or replace temp table policy_class (part_id text, class text, position int, points double);
create or replace temp table policy_cycle_repeat (part_id text, column_name text);
create or replace temp table policy_surcharge (part_id text, failed_from int, failed_to int, share double);
create or replace temp table policy_cell (provider_id text, month text, name text, given text, number double);
create or replace temp table policy_subject (provider_id text, month text, idx int, kind text, area text, rating_version text);
"""


@dataclass(frozen=True, slots=True)
class Step:
    """Why: one step on the way to the stars. ``name`` 领域, 领域得分, 总分, 评星, 星级调整, 一票否决 or 结果."""

    name: str
    rule: str
    basis: str
    points: float | None
    sentence: str


@dataclass(slots=True)
class Rated:
    """The stars of one row of the table, with the stars and scores of its domains, and every step."""

    provider_id: str
    month: str
    star: int | None
    score: float | None
    uncapped_star: int | None
    cap_rule: str | None
    missing: str | None
    confidence: str | None
    version: str | None
    grade: str | None = None
    """What the star is called by the version: 四星, or the name of its grade."""
    domains: dict[str, tuple[float | None, int | None]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


def rate_table(policy: RatingPolicy, rows: list[Row], catalogue: Mapping[str, Indicator]) -> list[Rated]:
    """Rate every row; peers are the other rows of the same month. In the order of the table."""
    versions = list(policy.versions)
    with duckdb.connect() as con:
        lay_policy(con, versions, catalogue)
        con.execute(_TABLES)
        for v, version in enumerate(versions):
            _lay(con, v, version)
        _lay_rows(con, versions, rows)
        run_steps(con, "rating", only=("各项指标适用的单位",))
        run_steps(con, "flat", only=("表格各列", "分周期累加"))
        run_steps(con, "rating", only=("指标得分", "各项是否有数据与权重"))
        run_steps(con, "flat", only=("表格各列的依据",))
        run_steps(con, "evidence")
        run_steps(con, "flat", only=("证据量", "封顶"))
        conclude(con, versions)
        return _collect(con, {v.version: v for v in versions}, rows)


def _lay(con: duckdb.DuckDBPyConnection, v: int, version: RatingVersion) -> None:
    for d, domain in enumerate(version.domains):
        for p, part in enumerate(domain.parts):
            if not isinstance(part, CyclesPart):
                continue
            part_id, last = f"{v}.{d}.{p}", len(part.repeat)
            fill(con, "policy_cycle", [(part_id, i, c.prefix, c.weight) for i, c in enumerate(part.cycles)])
            fill(con, "policy_class", [(part_id, name, i, points) for i, (name, points) in enumerate(part.points.items())])
            fill(con, "policy_cycle_repeat", [(part_id, part.repeat_column)] if part.repeat_column else [])
            fill(con, "policy_surcharge", [
                (part_id, i, 2**30 if i == last else i + 1, share) for i, share in enumerate(part.repeat, 1)
            ])
    for cap in version.caps:
        when = cap.when if isinstance(cap.when, ColumnCondition) else ColumnCondition(column=cap.rule, at_least=1)
        because = cap.because if isinstance(cap.when, ColumnCondition) else _cause(cap.because)
        word = isinstance(when.equals, str)
        fill(con, "policy_flag", [(
            version.version, f"{version.version}/{cap.rule}", when.column, when.equals if word else None,
            None if word else when.equals, when.at_least, when.at_most, because,
        )])


def _cause(because: str) -> str:
    """The cause of a cap without the facts that a table's yes or no cannot tell: 月末有{count}项严重问题未整改：{items} → 月末有严重问题未整改."""
    return _TOLD.sub("", because).strip("：:，,；;、 ") or because


def _lay_rows(con: duckdb.DuckDBPyConnection, versions: list[RatingVersion], rows: list[Row]) -> None:
    import pyarrow as pa

    def in_force(month: str) -> RatingVersion | None:
        return next((v for v in reversed(versions) if v.valid_from <= (month or ALWAYS)), None)

    groups = {v.version: {code: name for name, codes in v.areas.items() for code in codes} for v in versions}
    subjects: list[tuple[Any, ...]] = []
    for row in rows:
        version = in_force(row.month)
        area = groups[version.version].get(row.area, row.area) if version else row.area
        idx = int(row.month[:4]) * 12 + int(row.month[5:]) if row.month else 0
        subjects.append((row.provider_id, row.month, idx, row.kind, area, version and version.version))
    cells = [(r.provider_id, r.month, name, given, number) for r in rows for name, (given, number) in r.cells.items()]
    for target, data, names, types in (
        ("policy_subject", subjects, ("provider_id", "month", "idx", "kind", "area", "version"),
         (pa.string(), pa.string(), pa.int32(), pa.string(), pa.string(), pa.string())),
        ("policy_cell", cells, ("provider_id", "month", "name", "given", "number"),
         (pa.string(), pa.string(), pa.string(), pa.string(), pa.float64())),
    ):  # fmt: skip
        held = list(zip(*data, strict=True)) or [()] * len(names)
        arrays = {n: pa.array(list(column), type=t) for n, column, t in zip(names, held, types, strict=True)}
        con.register("laid", pa.table(arrays))
        con.execute(f"insert into {target} select * from laid")
        con.unregister("laid")


def _collect(con: duckdb.DuckDBPyConnection, versions: Mapping[str, RatingVersion], rows: list[Row]) -> list[Rated]:
    def fetch(sql: str) -> list[tuple[Any, ...]]:
        return con.execute(sql).fetchall()

    found: dict[tuple[str, str], Rated] = {}
    for *values, in fetch("select provider_id, month, star, score, uncapped_star, cap_rule, missing, confidence, policy_version from policy_rating"):
        rated = found[values[0], values[1]] = Rated(*values)
        if rated.version and not versions[rated.version].confidence:
            rated.confidence = None  # a scheme that does not speak of confidence gives none
        rated.grade = _word(versions, rated, rated.star)
    ranks = {(p, m, d): (peers, below) for p, m, d, peers, below in fetch("select provider_id, month, domain, peers, below from policy_ranked")}
    for p, m, domain, rule, basis, points, sentence in fetch(
        "select e.provider_id, e.month, e.domain, e.rule, e.basis, e.points, e.sentence from policy_evidence e "
        "join policy_domain d on d.domain = e.domain join policy_subject s on s.provider_id = e.provider_id and s.month = e.month "
        "and s.rating_version = d.version order by d.position, e.part_id, e.row_key"
    ):
        found[p, m].steps.append(Step(domain, rule, basis, points, sentence))
    for p, m, domain, score, star, cut_star in fetch(
        "select d.provider_id, d.month, d.domain, d.score, c.star, c.cut_star from policy_domain_score d left join policy_cut_star c "
        "on c.provider_id = d.provider_id and c.month = d.month and c.domain = d.domain order by d.position"
    ):
        rated = found[p, m]
        rated.domains[domain] = (score, star)
        if score is not None:
            said = f"{domain}得{score:g}分{_cut(ranks.get((p, m, domain)), _word(versions, rated, cut_star))}"
            rated.steps.append(Step("领域得分", domain, _basis(versions, rated, domain), score, said))
    for p, m, base in fetch("select provider_id, month, base from policy_star"):
        rated = found[p, m]
        version = versions[str(rated.version)]
        word = version.words[base - 1]
        named = f"以{version.base}的{word}为基础" if version.base else f"总分{rated.score:g}分{_cut(ranks.get((p, m, '')), word)}"
        rated.steps.append(Step("评星", version.base or "总分", version.basis, rated.score, named))
    for p, m, domain, rule, basis, sentence in fetch(
        "select provider_id, month, domain, rule, basis, sentence from (select *, position as place from policy_step_evidence union all by name "
        "select *, 1000 as place from policy_veto_evidence) order by place, rule"
    ):
        found[p, m].steps.append(Step(domain, rule, basis, None, sentence))
    for rated in found.values():
        said = f"暂不评级：{rated.missing}" if rated.star is None else f"评为{rated.grade}"
        said += f"，可信度{rated.confidence}" if rated.confidence else ""
        rated.steps.append(Step("结果", rated.cap_rule or "", rated.version or "", None, said))
    return [found[row.provider_id, row.month] for row in rows]


def _basis(versions: Mapping[str, RatingVersion], rated: Rated, domain: str) -> str:
    return versions[str(rated.version)].basis if rated.version else domain


def _word(versions: Mapping[str, RatingVersion], rated: Rated, star: int | None) -> str | None:
    return None if star is None or rated.version is None else versions[rated.version].words[star - 1]


def _cut(rank: tuple[int, float] | None, word: str | None) -> str:
    if word is None:
        return ""
    return f"，{word}" + (f"（同组{rank[0]}家中好于{rank[1] * 100:.1f}%）" if rank else "")
