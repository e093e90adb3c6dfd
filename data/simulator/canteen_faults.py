"""What goes wrong at the canteens, and what is put right late; every case is told to the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from data.simulator.providers import Provider
from data.simulator.world import iso
from data.simulator.writers import stamps

if TYPE_CHECKING:
    from data.simulator.systems import Stage

ORDINARY, CROWD, DEAD, TWICE = range(4)
OVER_SEATS, DEAD_EATERS, MISSING, CORRECTED = 6, 12, 3, 4
Subsidy = Callable[["Stage", np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass
class Meals:
    """Equally long arrays: canteen, month and elder as indices, seconds since 1970, 0 breakfast … 2 dinner, cents, what was planted."""

    kitchen: np.ndarray
    month: np.ndarray
    elder: np.ndarray
    at: np.ndarray
    kind: np.ndarray
    sent: np.ndarray
    price: np.ndarray
    subsidy: np.ndarray
    mark: np.ndarray

    def pick(self, index: np.ndarray) -> Meals:
        """The rows of an index or mask."""
        return Meals(*(getattr(self, f.name)[index] for f in fields(self)))

    @staticmethod
    def join(parts: list[Meals]) -> Meals:
        """Several after one another."""
        return Meals(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Meals)))

    def in_order(self) -> Meals:
        """By canteen, month and time."""
        return self.pick(np.lexsort((self.elder, self.at, self.month, self.kitchen)))


@dataclass(frozen=True)
class Correction:
    """Rows of one canteen and month that a later file replaces; ``void`` those that it withdraws."""

    kitchen: int
    month: int
    rows: np.ndarray
    void: np.ndarray


def plant(
    stage: Stage, kitchens: list[Provider], meals: Meals, seats: np.ndarray, subsidy: Subsidy
) -> tuple[Meals, set[tuple[int, int]], list[Correction]]:
    """The meals with what was planted, in order; the (canteen, month) that never arrive; the corrections."""
    rng = stage.world.rng("canteen faults")
    worst = sorted(range(len(kitchens)), key=lambda k: -float(kitchens[k].bad.mean()))
    meals = Meals.join(
        [
            meals,
            _crowds(stage, kitchens, meals, seats, subsidy, worst, rng),
            _dead(stage, kitchens, meals, subsidy, worst, rng),
            _twice(stage, kitchens, meals, rng),
        ]
    ).in_order()
    missing, corrected = _months(stage, kitchens, meals, rng)
    return meals, missing, corrected


def _crowds(
    stage: Stage, kitchens: list[Provider], meals: Meals, seats: np.ndarray, subsidy: Subsidy, worst: list[int], rng: np.random.Generator
) -> Meals:
    """Lunches for which far more meals are claimed than three sittings can hold: the cards of people who never come."""
    world, people = stage.world, stage.elders
    never = np.ones(people.n, dtype=bool)
    never[meals.elder] = False
    pool = np.flatnonzero(never & people.resident(world.end) & (people.registered < world.start) & ~people.elsewhere)
    parts = []
    for j in range(OVER_SEATS):
        k = worst[j % min(2, len(worst))]
        open_in = [m for m in range(len(world.months)) if kitchens[k].open_in(world, m) and kitchens[k].registered < world.first_day(m)]
        if not open_in:
            continue
        m = open_in[-1 - (j * 3) % len(open_in)]
        day = world.first_day(m) + 2 + j * 2
        day += (day + 3) % 7 == 6
        n = min(len(pool) // 3, int(seats[k] * (3 + rng.uniform(0.15, 0.6))))
        if n <= seats[k] * 3:
            continue
        elder = rng.choice(pool, n, replace=False)
        at = day * 86_400 + 40_200 + rng.integers(0, 1500, n)
        kind, price = np.ones(n, dtype=np.int64), np.full(n, 1400)
        parts.append(
            Meals(np.full(n, k), np.full(n, m), elder, at, kind, np.zeros(n, dtype=bool), price,
                  subsidy(stage, elder, kind, at), np.full(n, CROWD))
        )  # fmt: skip
        world.truth.irregular["meals_above_seats"].append(
            {"canteen_id": f"ST{k + 1:03d}", "provider_id": kitchens[k].id, "day": iso(day)[0], "meal": "午餐",
             "seats": int(seats[k]), "invented": n}
        )  # fmt: skip
    return Meals.join(parts) if parts else meals.pick(np.empty(0, dtype=np.int64))


def _dead(
    stage: Stage, kitchens: list[Provider], meals: Meals, subsidy: Subsidy, worst: list[int], rng: np.random.Generator
) -> Meals:
    """Somebody goes on eating with the card of one who has died."""
    world, people = stage.world, stage.elders
    died = np.flatnonzero(people.dead & (people.gone > world.start) & (people.gone < world.end - 45) & ~people.elsewhere)
    if not len(died):
        return meals.pick(died)
    parts = []
    for j, elder in enumerate(rng.choice(died, min(len(died), DEAD_EATERS), replace=False)):
        k = worst[j % min(3, len(worst))]
        days = people.gone[elder] + 2 + np.cumsum(rng.integers(1, 6, 14))
        days = days[(days <= world.end) & ((days + 3) % 7 < 6)]
        months = world.month_of(days)
        usable = np.array([kitchens[k].open_in(world, int(m)) and kitchens[k].registered < d for m, d in zip(months, days, strict=True)])
        days, months = days[usable], months[usable]
        n = len(days)
        if not n:
            continue
        at, kind = days * 86_400 + 42_000 + rng.integers(0, 3000, n), np.ones(n, dtype=np.int64)
        who = np.full(n, elder)
        paid = np.maximum(subsidy(stage, who, kind, at), 200)
        parts.append(
            Meals(np.full(n, k), months, who, at, kind, np.zeros(n, dtype=bool), np.full(n, 1400), paid, np.full(n, DEAD))
        )
        world.truth.irregular["meals_after_death"].append(
            {"elder_id": str(people.ids[elder]), "canteen_id": f"ST{k + 1:03d}", "provider_id": kitchens[k].id,
             "died_on": iso(people.gone[elder])[0], "meals": n, "subsidy": int(paid.sum()) / 100}
        )  # fmt: skip
    return Meals.join(parts) if parts else meals.pick(np.empty(0, dtype=np.int64))


def _twice(stage: Stage, kitchens: list[Provider], meals: Meals, rng: np.random.Generator) -> Meals:
    """A card read twice in one meal, now and then at another canteen; the badly run ones do it more."""
    world = stage.world
    bad = np.array([p.bad for p in kitchens])[meals.kitchen, meals.month]
    chosen = np.flatnonzero(rng.random(len(bad)) < 0.0002 + 0.0025 * bad)
    again = meals.pick(chosen)
    again.at = again.at + rng.integers(40, 900, len(chosen))
    again.mark = np.full(len(chosen), TWICE)
    if len(kitchens) > 1:
        other = (again.kitchen + 1) % len(kitchens)
        ready = np.array([[p.open_in(world, m) and p.registered < world.first_day(m) for m in range(len(world.months))] for p in kitchens])
        away = (rng.random(len(chosen)) < 0.15) & ready[other, again.month]
        again.kitchen = np.where(away, other, again.kitchen)
    moments = stamps(again.at).to_pylist()
    world.truth.irregular["card_twice_in_a_meal"] += [
        {"elder_id": str(stage.elders.ids[e]), "canteen_id": f"ST{k + 1:03d}", "eaten_at": at}
        for e, k, at in zip(again.elder, again.kitchen, moments, strict=True)
    ]
    return again


def _months(
    stage: Stage, kitchens: list[Provider], meals: Meals, rng: np.random.Generator
) -> tuple[set[tuple[int, int]], list[Correction]]:
    """Which months of which canteens never arrive, and which are corrected."""
    world, n = stage.world, len(stage.world.months)
    group = meals.kitchen * n + meals.month
    odd = set(group[(meals.mark == CROWD) | (meals.mark == DEAD)].tolist())
    whole = [
        k * n + m
        for k, p in enumerate(kitchens)
        for m in range(n)
        if p.open_in(world, m) and p.registered < world.first_day(m) and k * n + m not in odd
    ]
    found, size = np.unique(group, return_counts=True)
    enough = set(found[size >= 8].tolist())
    free = [g for g in whole if g in enough]
    picks = [free[int(i)] for i in rng.permutation(len(free))]
    # One canteen is silent in the last month, where everybody looks first.
    last = [g for g in picks if g % n == n - 1][:1]
    missing = (last + [g for g in picks if g not in last])[: min(MISSING, max(1, len(free) // 8))]
    for g in sorted(missing):
        world.truth.irregular["canteen_month_missing"].append(
            {"canteen_id": f"ST{g // n + 1:03d}", "provider_id": kitchens[g // n].id, "month": world.months[g % n]}
        )
    corrected = []
    for g in [g for g in picks if g not in missing][:CORRECTED]:
        rows = np.flatnonzero((group == g) & (meals.mark == ORDINARY))
        chosen = np.sort(rng.choice(rows, min(16, len(rows) // 2), replace=False))
        corrected.append(Correction(g // n, g % n, chosen, rng.random(len(chosen)) < 0.5))
    return {(g // n, g % n) for g in missing}, corrected
