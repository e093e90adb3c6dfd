"""What a single field of a policy file cannot show: names of indicators, facts, columns and placeholders, order of versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from etl.indicators.base import Indicator
from etl.policy.conditions import BECAUSE, figure_codes, unknown_places
from etl.policy.facts import facts
from etl.policy.load import Loc, Problem
from etl.policy.model import (
    Cap,
    ColumnCondition,
    ColumnPart,
    Condition,
    CyclesPart,
    Demerit,
    ExitPolicy,
    IndicatorPart,
    Need,
    RatingPolicy,
    RatingVersion,
    Stars,
    Version,
)
from etl.policy.sentences import fact_columns, where_problems

GRAVE = ("严重", "重大")
GRAVE_CAP = 3
"""With an open finding of the two gravest severities a provider has so many stars at most."""

# What asks to be looked at and proves nothing: it may guide an inspection, never lower a star or open an exit.
QUESTIONS = ("incident",)


def version_problems(versions: list[Version]) -> Iterator[Problem]:
    """Versions named twice, or not in the order of their months."""
    seen: set[str] = set()
    for i, version in enumerate(versions):
        if version.version in seen:
            yield Problem(("versions", i, "version"), f"版本号“{version.version}”重复")
        seen.add(version.version)
        if i and version.valid_from <= versions[i - 1].valid_from:
            yield Problem(("versions", i, "valid_from"), f"应晚于上一版本的生效月份（{versions[i - 1].valid_from}）")


def _facts(
    loc: Loc, name: str, where: Mapping[str, object], row: str, catalogue: Mapping[str, Indicator], forbidden: tuple[str, ...]
) -> Iterator[Problem]:
    fact = facts().get(name)
    if fact is None or name in forbidden:
        usable = [n for n in facts() if n not in forbidden]
        yield Problem((*loc, "facts"), f"没有“{name}”这类事实（可用：{'、'.join(usable)}）")
        return
    for column, message in where_problems(fact, where):
        yield Problem((*loc, "where", column), message)
    if name == "figure":
        yield from _figure((*loc, "where"), where, catalogue)
    for place in unknown_places(row, fact_columns(fact)):
        yield Problem((*loc, "row"), f"句中的 {{{place}}} 没有对应的列（可用：{'、'.join(fact_columns(fact))}）")


def _figure(loc: Loc, where: Mapping[str, object], catalogue: Mapping[str, Indicator]) -> Iterator[Problem]:
    codes = figure_codes(where)
    if not codes or "months" not in where:
        yield Problem(loc, "指标条件须写明 indicator（指标代码）和 months（累计月数 1、3、6 或 12）")
    for code in codes:
        indicator = catalogue.get(code)
        if indicator is None:
            yield Problem((*loc, "indicator"), f"没有“{code}”这个指标，请核对指标代码")
        elif indicator.ranked or (indicator.semantics == "stock" and where.get("months") != 1):
            yield Problem((*loc, "months"), f"“{indicator.name}”是月末存量、中位数或分位数，不能累计，months 应为 1")


def condition_problems(
    loc: Loc, condition: Condition, because: str, catalogue: Mapping[str, Indicator], forbidden: tuple[str, ...] = (), key: str = "when",
) -> Iterator[Problem]:  # fmt: skip
    """What is wrong with a condition that stands under ``key`` of ``loc`` (itself at ``loc`` where empty), and with its sentences."""
    at: Loc = (*loc, key) if key else loc
    yield from _facts(at, condition.facts, condition.where, condition.row, catalogue, forbidden)
    fact = facts().get(condition.facts)
    if condition.measure == "points" and fact is not None and "points" not in fact.columns:
        yield Problem((*at, "measure"), f"“{fact.title}”没有分值，不能按 points 累计")
    if fact is not None and condition.since != "happened_on":
        column = fact.columns.get(condition.since)
        if column is None or column.type != "date":
            dates = [c.name for c in fact.columns.values() if c.type == "date"]
            yield Problem((*at, "since"), f"应为“{fact.title}”的日期列（可用：{'、'.join(['happened_on', *dates])}）")
    for place in unknown_places(because, BECAUSE):
        yield Problem((*loc, "because"), f"句中的 {{{place}}} 没有对应的值（可用：{'、'.join(BECAUSE)}）")


def _need(loc: Loc, need: Need, catalogue: Mapping[str, Indicator], table: bool) -> Iterator[Problem]:
    if need.measure == "column":
        yield from _column((*loc, "column"), table)
    if need.indicator is not None and need.indicator not in catalogue:
        yield Problem((*loc, "indicator"), f"没有“{need.indicator}”这个指标，请核对指标代码")


def _part(loc: Loc, part: IndicatorPart, catalogue: Mapping[str, Indicator], better: str) -> Iterator[Problem]:
    indicator = catalogue.get(part.indicator)
    if indicator is None:
        yield Problem((*loc, "indicator"), f"没有“{part.indicator}”这个指标，请核对指标代码")
        return
    if indicator.whole is None or indicator.ranked:
        yield Problem((*loc, "indicator"), f"“{indicator.name}”没有可累加的分子分母，不能用于评分")
    first, last = part.shape[0][1], part.shape[-1][1]
    if better == "lower":  # points that are better few run the other way
        first, last = last, first
    if (indicator.better == "higher" and last < first) or (indicator.better == "lower" and last > first):
        word = "越高" if indicator.better == "higher" else "越低"
        yield Problem((*loc, "curve" if part.curve else "steps"), f"“{indicator.name}”{word}越好，得分的走向却相反")


def rating_check(catalogue: Mapping[str, Indicator], table: bool = False) -> Callable[[RatingPolicy], Iterable[Problem]]:
    """The check of a rating policy against the declared indicators; ``table``: it is for ``yiguan rate``, where columns may be named."""

    def check(policy: RatingPolicy) -> Iterator[Problem]:
        yield from version_problems(list(policy.versions))
        for v, version in enumerate(policy.versions):
            at: Loc = ("versions", v)
            yield from _domains(at, version, catalogue, table)
            yield from _grades(at, version, table)
            if version.stars is not None:
                yield from _cuts((*at, "stars"), version.stars, "higher", version)
            yield from _adjustments(at, version)
            needs = [((*at, "minimum", m, "any_of", n), need) for m, x in enumerate(version.minimum) for n, need in enumerate(x.any_of)]
            needs += [((*at, "confidence", c, "all_of", n), need) for c, x in enumerate(version.confidence) for n, need in enumerate(x.all_of)]
            for place, need in needs:
                yield from _need(place, need, catalogue, table)
            for m, minimum in enumerate(version.minimum):
                for named in unknown_places(minimum.missing, [n.key for n in minimum.any_of]):
                    yield Problem((*at, "minimum", m, "missing"), f"句中的 {{{named}}} 没有对应的值")
            yield from unique_problems((*at, "caps"), [c.rule for c in version.caps])
            for c, cap in enumerate(version.caps):
                if isinstance(cap.when, ColumnCondition):
                    yield from _column((*at, "caps", c, "when"), table)
                    for named in unknown_places(cap.because, ["value"]):
                        yield Problem((*at, "caps", c, "because"), f"句中的 {{{named}}} 没有对应的值（可用：value）")
                else:
                    yield from condition_problems((*at, "caps", c), cap.when, cap.because, catalogue, ("star", "demerit", *QUESTIONS))
                yield from _own_stars((*at, "caps", c, "domain"), cap.domain, version)
            if not table:
                yield from _no_contradiction((*at, "caps"), version)

    return check


def unexcluded(policy: RatingPolicy) -> list[str]:
    """For a table that is rated by any scheme: where a version lets four stars stand beside an open grave breach, in words."""
    found = [(v, [s for s in GRAVE if not any(_caps_open(cap, s) for cap in v.caps)]) for v in policy.versions]
    return [f"政策 {v.version} 版没有“有{'、'.join(missing)}问题未整改时星级不得高于 {GRAVE_CAP} 星”的封顶规则，四星、五星单位可能仍有此类问题" for v, missing in found if missing]


def _no_contradiction(loc: Loc, version: RatingVersion) -> Iterator[Problem]:
    """An open serious breach and four stars never stand together, whatever else a policy says: each grave severity needs its cap."""
    for severity in GRAVE:
        if not any(_caps_open(cap, severity) for cap in version.caps):
            text = f"缺少封顶规则：有“{severity}”问题未整改（where: {{severity: {severity}, open: true}}，不另设条件）时，星级不得高于 {GRAVE_CAP} 星"
            yield Problem(loc, text)


def _caps_open(cap: Cap, severity: str) -> bool:
    when = cap.when
    if not isinstance(when, Condition) or when.facts != "finding" or cap.domain is not None or cap.cap > GRAVE_CAP:
        return False
    asked = when.where.get("severity")
    named = severity in (asked if isinstance(asked, list) else [asked])
    return named and when.where.get("open") is True and set(when.where) == {"severity", "open"} and not (when.window or when.kinds) and when.at_least == 1


def _domains(at: Loc, version: RatingVersion, catalogue: Mapping[str, Indicator], table: bool) -> Iterator[Problem]:
    names = [d.domain for d in version.domains]
    for d, domain in enumerate(version.domains):
        if names.index(domain.domain) != d:
            yield Problem((*at, "domains", d, "domain"), f"领域“{domain.domain}”重复")
        for p, part in enumerate(domain.parts):
            loc: Loc = (*at, "domains", d, "parts", p)
            if isinstance(part, IndicatorPart):
                yield from _part(loc, part, catalogue, domain.better)
            elif isinstance(part, ColumnPart | CyclesPart):
                yield from _column(loc, table)
        if domain.stars is not None:
            yield from _cuts((*at, "domains", d, "stars"), domain.stars, domain.better, version)
        if domain.at_least_parts > len(domain.parts):
            yield Problem((*at, "domains", d, "at_least_parts"), f"本领域只有 {len(domain.parts)} 项")
    held: dict[str, str] = {}
    for group, codes in version.areas.items():
        for c, code in enumerate(codes):
            if code in held:
                yield Problem((*at, "areas", group, c), f"“{code}”已列入“{held[code]}”")
            held[code] = group


def _grades(at: Loc, version: RatingVersion, table: bool) -> Iterator[Problem]:
    """Names of grades, and stars or grades that a rule speaks of and the version does not have."""
    if version.grades is not None:
        if not table:
            yield Problem((*at, "grades"), "grades（自定等级）只用于 yiguan rate；本区评级为一星至五星")
        for i, name in enumerate(version.grades):
            if name in version.grades[:i]:
                yield Problem((*at, "grades", i), f"等级“{name}”重复")
    top = len(version.words)
    named: list[tuple[Loc, int | None]] = [((*at, "caps", i, "cap"), c.cap) for i, c in enumerate(version.caps)]
    named += [((*at, "limits", i, "base_at_most"), x.base_at_most) for i, x in enumerate(version.limits)]
    for i, a in enumerate(version.adjust):
        named += [((*at, "adjust", i, "star_at_least"), a.star_at_least), ((*at, "adjust", i, "star_at_most"), a.star_at_most)]
    yield from (Problem(loc, f"共有 {top} 个等级，应不大于 {top}，现为“{star}”") for loc, star in named if star is not None and star > top)


def _cuts(loc: Loc, stars: Stars, better: str, version: RatingVersion) -> Iterator[Problem]:
    top = len(version.words)
    if len(stars.cuts) != top - 1:
        yield Problem((*loc, "cuts"), f"{top} 个等级（{version.words[0]}至{version.words[-1]}）之间应有 {top - 1} 个分数线，现有 {len(stars.cuts)} 个")
        return
    wrong = stars.wrong_direction(better)
    if wrong:
        yield Problem((*loc, "cuts" if stars.method == "fixed" else "fallback"), wrong)


def _column(loc: Loc, table: bool) -> Iterator[Problem]:
    if not table:
        yield Problem(loc, "column、cycles 取自表格的列，只用于 yiguan rate；本区评级请用 indicator 或 findings")


def _own_stars(loc: Loc, domain: str | None, version: RatingVersion) -> Iterator[Problem]:
    if domain is None:
        return
    found = next((d for d in version.domains if d.domain == domain), None)
    if found is None:
        yield Problem(loc, f"没有“{domain}”这个领域（可用：{'、'.join(d.domain for d in version.domains)}）")
    elif found.stars is None:
        yield Problem(loc, f"领域“{domain}”没有自己的星级，请在该领域写 stars")


def _adjustments(at: Loc, version: RatingVersion) -> Iterator[Problem]:
    yield from _own_stars((*at, "base"), version.base, version)
    yield from unique_problems((*at, "adjust"), [a.rule for a in version.adjust])
    yield from unique_problems((*at, "limits"), [x.rule for x in version.limits])
    for i, item in enumerate(version.adjust):
        loc: Loc = (*at, "adjust", i, "domain")
        if item.on_star or item.domain not in [d.domain for d in version.domains]:
            yield from _own_stars(loc, item.domain, version)
        if item.domain == version.base:
            yield Problem(loc, f"“{item.domain}”已是评星的基础，不能再用来加减星")
    if version.limits and not version.adjust:
        yield Problem((*at, "limits"), "没有 adjust（加减星）时不必写 limits")


def unique_problems(loc: Loc, rules: list[str]) -> Iterator[Problem]:
    """Rules of one list that share a name."""
    for i, rule in enumerate(rules):
        if rules.index(rule) != i:
            yield Problem((*loc, i, "rule"), f"规则名“{rule}”重复")


def exit_check(catalogue: Mapping[str, Indicator]) -> Callable[[ExitPolicy], Iterable[Problem]]:
    """The check of an exit policy against the declared indicators."""
    return lambda policy: _exit(policy, catalogue)


def _exit(policy: ExitPolicy, catalogue: Mapping[str, Indicator]) -> Iterator[Problem]:
    yield from version_problems(list(policy.versions))
    for v, version in enumerate(policy.versions):
        at: Loc = ("versions", v)
        yield from unique_problems((*at, "demerits"), [d.rule for d in version.demerits])
        yield from unique_problems((*at, "criteria"), [c.rule for c in version.criteria])
        for d, item in enumerate(version.demerits):
            yield from _demerit((*at, "demerits", d), item, catalogue)
        for c, criterion in enumerate(version.criteria):
            yield from condition_problems((*at, "criteria", c), criterion.when, criterion.because, catalogue, QUESTIONS)
            if criterion.decided and criterion.when.facts not in ("action", "closure", "penalty"):
                at_fault: Loc = (*at, "criteria", c, "decided")
                yield Problem(at_fault, "只有措施（action）、注销（closure）、处罚（penalty）才是已作出的决定")


def _demerit(loc: Loc, item: Demerit, catalogue: Mapping[str, Indicator]) -> Iterator[Problem]:
    yield from _facts(loc, item.facts, item.where, item.row, catalogue, ("demerit", *QUESTIONS))
