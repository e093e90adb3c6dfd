"""What happens to elders in the beds of providers: falls, pressure sores, choking; who outside the house comes to know of it.

The house's own report (``systems/incident.py``), the hospital's record, the call centre's log, a wristband's alarm and a family's
complaint are all written from this one list, so that one can be held against the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator.people import People
from data.simulator.providers import Provider
from data.simulator.world import World

KINDS = ("跌倒", "压疮", "走失", "噎食", "用药差错", "突发疾病", "其他")
SHARES = (0.52, 0.12, 0.04, 0.07, 0.06, 0.16, 0.03)
HARM = ("无伤害", "轻伤", "重伤", "死亡")
A_BED_MONTH = 0.03
STILL = 10**7
FALL, SORE, STRAY, CHOKE, DRUG, ILL, OTHER = range(7)
# Share of each kind that does no harm, little, grave; the rest is made a death only where the elder indeed died within two days.
HARMS = np.array([[0.48, 0.38, 0.14], [0.05, 0.75, 0.20], [0.70, 0.25, 0.05], [0.45, 0.33, 0.22],
                  [0.55, 0.37, 0.08], [0.10, 0.45, 0.45], [0.50, 0.40, 0.10]])  # fmt: skip
SENT = np.array([0.03, 0.42, 0.96, 0.96])
HOURS = np.array([3, 3, 3, 3, 4, 6, 8, 7, 5, 5, 5, 4, 4, 4, 4, 4, 4, 4, 5, 6, 6, 5, 4, 3], dtype=float)
UNDER, HONEST = 9, 0.96


@dataclass(frozen=True)
class Accidents:
    """Equally long arrays, one entry per accident in order of time; ``second`` since 1970, ``kind`` and ``harm`` indices, ``firm`` the provider.

    ``housed_from`` and ``housed_to`` (days, one entry per elder; from > to where never) say when an elder lived in a bed.
    ``told``: the house reports it itself. ``under``: provider index → the share that a provider reports where that is not nearly all.
    """

    elder: np.ndarray
    firm: np.ndarray
    second: np.ndarray
    kind: np.ndarray
    harm: np.ndarray
    sent: np.ndarray
    hospital: np.ndarray
    called: np.ndarray
    alarmed: np.ndarray
    complained: np.ndarray
    told: np.ndarray
    housed_from: np.ndarray
    housed_to: np.ndarray
    under: dict[int, float]

    @property
    def known(self) -> np.ndarray:
        """Whether somebody outside the house has a record of it."""
        return self.hospital | self.called | self.alarmed | self.complained

    def housed(self, elder: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Whether each elder lived in a bed at that moment."""
        on = second // 86_400
        return (self.housed_from[elder] <= on) & (on <= self.housed_to[elder])

    def within(self, world: World, month: int, mask: np.ndarray) -> np.ndarray:
        """Indices of the accidents of a month that satisfy a mask."""
        first, last = world.first_day(month) * 86_400, (world.last_day(month) + 1) * 86_400
        return np.flatnonzero(mask & (self.second >= first) & (self.second < last))


def happen(world: World, people: People, providers: list[Provider], stays: dict[str, np.ndarray]) -> Accidents:
    """All accidents of the period; badly run houses have more of them, and some of these keep quiet about every second one."""
    rng = world.rng("accidents")
    elder, firm = stays["elder"], stays["provider"]
    begin = np.maximum(stays["since"] + 1, world.start)
    end = np.minimum(np.minimum(stays["until"], people.gone[elder]) - 1, world.end)
    bad = np.array([p.bad.mean() for p in providers])
    days = np.maximum(0, end - begin + 1)
    times = rng.poisson(A_BED_MONTH / 30 * days * (0.7 + 0.9 * bad[firm]))
    stay = np.repeat(np.arange(len(elder)), times)
    n = len(stay)
    on = begin[stay] + (rng.random(n) * days[stay]).astype(np.int64)
    second = on * 86_400 + rng.choice(24, n, p=HOURS / HOURS.sum()) * 3600 + rng.integers(0, 60, n) * 60
    kind = rng.choice(len(KINDS), n, p=SHARES)
    draw = rng.random(n)
    harm = (draw[:, None] > np.cumsum(HARMS, axis=1)[kind][:, :2]).sum(axis=1)
    who = elder[stay]
    harm = np.where(people.dead[who] & (people.gone[who] - on <= 2), 3, harm)
    sent = rng.random(n) < SENT[harm]
    hospital = sent & (rng.random(n) < 0.93)
    called = sent & (rng.random(n) < 0.12)
    alarmed = (kind == FALL) & (rng.random(n) < 0.10)
    complained = (harm >= 2) & (rng.random(n) < 0.10 + 0.15 * bad[firm[stay]])
    under = _quiet_houses(world, providers, firm[stay], rng)
    told = rng.random(n) < np.array([under.get(i, HONEST) for i in range(len(providers))])[firm[stay]]
    order = np.argsort(second, kind="stable")
    pick = [a[order] for a in (who, firm[stay], second, kind, harm, sent, hospital, called, alarmed, complained, told)]
    since, until = np.full(people.n, STILL, dtype=np.int64), np.full(people.n, -1, dtype=np.int64)
    np.minimum.at(since, elder, stays["since"])
    np.maximum.at(until, elder, stays["until"])
    return Accidents(*pick, since, until, under)


def _quiet_houses(world: World, providers: list[Provider], firm: np.ndarray, rng: np.random.Generator) -> dict[int, float]:
    """The houses that report too little, badly run ones rather, and how much of it they report."""
    size = np.bincount(firm, minlength=len(providers))
    able = [p for p in providers if size[p.index]]
    score = {p.index: 2.2 * float(p.bad.mean()) + 0.5 * np.log(size[p.index]) + rng.gumbel(0, 0.5) for p in able}
    number = max(1, round(UNDER * min(1.0, world.provider_factor)))
    chosen = sorted(score, key=lambda i: -score[i])[:number]
    return {i: float(rng.uniform(0.3, 0.55)) for i in sorted(chosen)}
