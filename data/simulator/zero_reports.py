"""The monthly word of houses that nothing happened: most of it true, some of it not, and some houses that say nothing at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from data.simulator.accidents import Accidents
from data.simulator.providers import Provider
from data.simulator.world import World

MONTHLY = frozenset({"养老机构", "照料中心", "嵌入式微型机构"})  # these report every month
FORGETS, BESIDES, SILENT, SPELL, IN_WORDS = 0.012, 0.004, 3, 5, 0.1


@dataclass(frozen=True)
class Filed:
    """One zero report: provider index, when it came in (seconds since 1970), and whether the month is written out in words."""

    firm: int
    second: int
    in_words: bool


@dataclass(frozen=True)
class ZeroReports:
    """``filed`` by month of the period; ``irregular``: what is wrong with them, by kind (provider_id, month)."""

    filed: list[list[Filed]]
    irregular: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def hand_in(world: World, firms: list[Provider], accidents: Accidents) -> ZeroReports:
    """Zero reports of the whole period.

    Planted: ``zero_report_false`` (somebody outside has a record of what the house kept to itself in that month; a family's complaint does not
    count, it names neither elder nor day), ``zero_report_beside_report``, ``incident_return_missing`` (neither report nor zero report).
    """
    rng = world.rng("incident zero reports")
    silent = _silent_houses(world, firms, rng)
    found = ZeroReports([], {kind: [] for kind in ("zero_report_false", "zero_report_beside_report", "incident_return_missing")})
    outside = ~accidents.told & (accidents.hospital | accidents.called | accidents.alarmed)
    for month, name in enumerate(world.months):
        reported = set(accidents.firm[accidents.within(world, month, accidents.told)].tolist())
        hidden = set(accidents.firm[accidents.within(world, month, outside)].tolist())
        filed: list[Filed] = []
        for p in firms:
            if p.kind not in MONTHLY or p.registered >= world.first_day(month) or not p.open_in(world, month):
                continue
            draw, hours, in_words = rng.random(), int(rng.integers(8, 9 * 24)), bool(rng.random() < IN_WORDS)
            plant = {"provider_id": p.id, "month": name}
            if p.index in reported:
                if draw >= BESIDES:
                    continue
                found.irregular["zero_report_beside_report"].append(plant)
            elif month in silent.get(p.index, ()) or draw < FORGETS:
                found.irregular["incident_return_missing"].append(plant)
                continue
            elif p.index in hidden:
                found.irregular["zero_report_false"].append(plant)
            filed.append(Filed(p.index, (world.last_day(month) + 1) * 86_400 + hours * 3600, in_words))
        found.filed.append(filed)
    return found


def _silent_houses(world: World, firms: list[Provider], rng: Any) -> dict[int, range]:
    """The houses that hand in nothing at all for some months, badly run ones rather: provider index → months."""
    last = len(world.months) - 1
    able = [p for p in firms if p.kind in MONTHLY and p.open_in(world, 0) and p.open_in(world, last)]
    score = {p.index: float(p.bad.mean()) + 0.3 * rng.gumbel() for p in able}
    number = max(1, round(SILENT * min(1.0, world.provider_factor)))
    found = {}
    for index in sorted(sorted(score, key=lambda i: -score[i])[:number]):
        first = int(rng.integers(0, max(1, last - SPELL)))
        found[index] = range(first, min(last + 1, first + SPELL))
    return found
