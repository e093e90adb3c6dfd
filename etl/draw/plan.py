"""From the policy, the risks of a month and the inspectors to the list that is drawn from: how many of whom, and who must not meet."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from etl.draw.paper import Conflict, DrawError, DrawList, Inspector, Listed, Stratum
from etl.policy.oversight_model import InspectionVersion, RiskStratum

DUE = "应查必查"
_BETWEEN = re.compile(r"[、,，;；/\s]+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An operating provider at the end of the month before: its risk, whether it is due, where it is, who saw it last (names as recorded)."""

    id: str
    name: str
    stratum: str
    weight: int
    due: bool
    street: str
    last_team: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """An inspector; ``street``: the street that he or she works for or lives in, empty for none of the district's."""

    id: str
    name: str
    street: str = ""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why an inspector does not visit a provider; the reason stays inside the bureau."""

    provider: str
    inspector: str
    reason: str


def exclusions(candidates: Iterable[Candidate], people: Sequence[Person], declared: Iterable[tuple[str, str, str]]) -> list[Exclusion]:
    """Every pair that must not meet, once, with its reasons: declared (provider, inspector, reason), same street, was there last time."""
    found: dict[tuple[str, str], list[str]] = {}
    for provider, inspector, reason in declared:
        found.setdefault((provider, inspector), []).append(reason)
    listed = list(candidates)
    for candidate in listed:
        last = {name for name in _BETWEEN.split(candidate.last_team) if name}
        for person in people:
            if person.street and person.street == candidate.street:
                found.setdefault((candidate.id, person.id), []).append("同一街道")
            if person.name in last:
                found.setdefault((candidate.id, person.id), []).append("上次检查过该单位")
    here, known = {c.id for c in listed}, {p.id for p in people}
    return [
        Exclusion(provider, inspector, "、".join(dict.fromkeys(reasons)))
        for (provider, inspector), reasons in sorted(found.items()) if provider in here and inspector in known
    ]  # fmt: skip


def quotas(version: InspectionVersion, candidates: Sequence[Candidate]) -> tuple[tuple[Stratum, ...], int]:
    """What is drawn from each stratum and, after them, from all (see docs/policies.md, inspection.yaml, 3). DrawError where nobody is listed."""
    total, due = len(candidates), sum(c.due for c in candidates)
    if not total:
        raise DrawError("没有在营单位，无法编制抽查计划。")
    wanted = min(total, max(math.ceil(version.visits.share * total), version.visits.at_least))
    # Whatever is due, something is left to chance: nobody can be sure not to be drawn.
    rest = min(max(wanted - due, 1), total - due)
    random = math.ceil(version.random_share * rest)
    sizes = Counter(c.stratum for c in candidates if not c.due)
    takes = _shares(version.strata, rest - random, sizes)
    drawn = tuple(Stratum(s.stratum, takes[s.stratum]) for s in version.strata)
    return ((Stratum(DUE, due, whole=True), *drawn) if due else drawn), random


def _shares(strata: Sequence[RiskStratum], visits: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """Largest remainders, none above its stratum's size; what does not fit goes to the strata in their order."""
    exact = {s.stratum: s.share * visits for s in strata}
    takes = {name: math.floor(value + 1e-9) for name, value in exact.items()}
    by_rest = sorted(exact, key=lambda name: (-(exact[name] - takes[name]), list(exact).index(name)))
    for name in by_rest[: visits - sum(takes.values())]:
        takes[name] += 1
    takes = {name: min(take, sizes.get(name, 0)) for name, take in takes.items()}
    for name in takes:
        takes[name] += min(visits - sum(takes.values()), sizes.get(name, 0) - takes[name])
    return takes


def plan(
    version: InspectionVersion, candidates: Sequence[Candidate], people: Sequence[Person], barred: Sequence[Exclusion], *,
    plan_id: str, month: str, region: str, seed_source: str, seed_on: date,
) -> DrawList:  # fmt: skip
    """The list for a month. DrawError where there is nobody to visit; whether it can be committed to says :func:`etl.draw.problems`."""
    strata, random = quotas(version, candidates)
    return DrawList(
        plan=plan_id, month=month, region=region, policy=version.version, team=version.team, random=random, seed_source=seed_source.strip(),
        seed_on=seed_on, strata=strata,
        providers=tuple(Listed(c.id, c.name, DUE if c.due else c.stratum, c.weight) for c in sorted(candidates, key=lambda c: c.id)),
        inspectors=tuple(Inspector(p.id, p.name) for p in sorted(people, key=lambda p: p.id)),
        conflicts=tuple(Conflict(e.provider, e.inspector) for e in barred),
    )  # fmt: skip
