"""The elders: register (registry), population base and ability assessments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from data.simulator.identity import card_numbers, true_ids
from data.simulator.mess import at_least_one, damage_dates, damage_ids
from data.simulator.names import person_names, phones
from data.simulator.world import NEVER, World, day, iso
from data.simulator.writers import SqlSink, stamps

# Of the full-size district in the last month (the district's documents of 2016–2019, carried forward by growth).
ELDERS, ELDERS_80, SERVED = 94_000, 17_600, 5_185
LEVELS = {4: 330, 3: 590, 2: 1_350, 1: 1_060}
DEATHS_A_YEAR, MOVES_A_YEAR = 0.033, 0.011
ALIVE_LONG = 10**7
CATEGORIES = ("普通", "优抚", "低保", "低边", "计生特殊", "特困")
ASSESSORS = ("煦舟老年评估中心", "禾汀评估服务社", "澄颐社会工作评估所", "岚宥康养评估中心")


@dataclass
class People:
    """One array per property, one entry per elder (``n``); days since 1970, ``gone`` = day of death or moving, ALIVE_LONG if neither."""

    ids: np.ndarray
    birth: np.ndarray
    female: np.ndarray
    community: np.ndarray
    registered: np.ndarray
    gone: np.ndarray
    dead: np.ndarray
    category: np.ndarray
    living: np.ndarray
    level: np.ndarray
    level_since: np.ndarray
    dementia: np.ndarray
    served_from: np.ndarray
    served_to: np.ndarray
    point: np.ndarray
    rejected: np.ndarray
    elsewhere: np.ndarray

    @cached_property
    def arrow_ids(self) -> pa.Array:
        """``ids`` as Arrow, made once."""
        return pa.array(self.ids, pa.string())

    @property
    def n(self) -> int:
        """Number of elders that were ever registered."""
        return len(self.ids)

    def resident(self, on: int) -> np.ndarray:
        """Registered and neither dead nor gone at the end of a day."""
        return (self.registered <= on) & (self.gone > on)

    def served(self, world: World, month: int) -> np.ndarray:
        """Indices of the elders whose purchased service runs in a month, to its last day."""
        last = world.last_day(month)
        return np.flatnonzero((self.served_from <= world.first_day(month)) & (self.served_to > last) & self.resident(last))


def settle(world: World) -> People:
    """Everybody who was registered at any time in the simulated months, calibrated at the end of the last."""
    rng = world.rng("people")
    years = len(world.months) / 12
    living_n, oldest = world.count(ELDERS), world.count(ELDERS_80)
    dead_n, moved_n = (max(2, round(living_n * share * years)) for share in (DEATHS_A_YEAR, MOVES_A_YEAR))
    before_n = round(living_n * 0.02)
    n = living_n + dead_n + moved_n + before_n
    group = np.repeat([0, 1, 2, 3], [living_n, dead_n, moved_n, before_n])

    age = np.empty(n)
    age[:living_n] = np.r_[
        80 + rng.gamma(1.45, 3.6, oldest).clip(0.02, 27), 60.02 + 19.9 * rng.beta(1.0, 1.55, living_n - oldest)
    ]
    age[group == 1] = np.where(rng.random(dead_n) < 0.66, 80 + rng.gamma(2.0, 3.6, dead_n), rng.uniform(63, 80, dead_n))
    age[group == 2] = rng.uniform(62.5, 88, moved_n)
    age[group == 3] = rng.uniform(70, 99, before_n)
    birth = (world.end - age * 365.25).astype(np.int64)
    female = rng.random(n) < np.where(age > 80, 0.57, 0.515)
    gone = np.full(n, ALIVE_LONG, dtype=np.int64)
    gone[(group == 1) | (group == 2)] = rng.integers(world.start + 1, world.end, dead_n + moved_n)
    gone[group == 3] = rng.integers(world.start - 4 * 365, world.start, before_n)
    dead = (group == 1) | ((group == 3) & (rng.random(n) < 0.8))

    sixty = birth + 21_915
    registered = np.maximum(sixty + rng.integers(0, 25, n), day("2015-03-01") + rng.integers(0, 900, n))
    newcomer = rng.random(n) < 0.012 * years
    registered[newcomer] = np.maximum(registered[newcomer], rng.integers(world.start, world.end - 20, newcomer.sum()))
    registered = np.minimum(registered, np.minimum(gone - 30, world.end - 1))

    weight = world.communities["weight"]
    community = rng.choice(len(weight), n, p=weight / weight.sum())
    living = rng.choice(4, n, p=[0.09, 0.144, 0.70, 0.066])
    level, since, dementia = _ability(world, age, group, gone, rng)
    category = rng.choice(len(CATEGORIES), n, p=[0.964, 0.012, 0.0085, 0.0045, 0.0092, 0.0018])
    poor = (level > 0) & (rng.random(n) < 0.06)
    category[poor] = rng.choice([2, 3, 5], poor.sum(), p=[0.55, 0.3, 0.15])
    served_from, served_to = _served(world, group, age, birth, level, category, living, gone, registered, rng)
    # Clients are served where they live: those whose area code lies outside the supervised streets are kept out of the services.
    quiet = (served_to < 0) & (group == 0) & (age < 79)
    elsewhere = np.zeros(n, dtype=bool)
    elsewhere[at_least_one(np.flatnonzero((rng.random(n) < 0.0008) & quiet), quiet, rng)] = True
    number = np.arange(1, n + 1) + 10**7
    order = rng.permutation(n)
    ids = np.array([f"L{v}" for v in number], dtype=object)[order]
    return People(
        ids,
        birth,
        female,
        community,
        registered,
        gone,
        dead,
        category,
        living,
        level,
        since,
        dementia,
        served_from,
        served_to,
        world.points(community, rng),
        np.zeros(n, dtype=bool),
        elsewhere,
    )


def _ability(
    world: World, age: np.ndarray, group: np.ndarray, gone: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Ability level, the day since when it is known, and cognitive impairment."""
    n = len(age)
    level = np.zeros(n, dtype=np.int64)
    chance = np.exp((age - 60) / 9.5) * rng.random(n) ** 0.8
    for wanted in (0, 1):
        pool = np.flatnonzero(group == wanted)
        ranked = pool[np.argsort(-chance[pool] * rng.exponential(1, len(pool)))]
        share = 1.0 if wanted == 0 else 0.055 * (group == 1).sum() / world.count(ELDERS) / 0.0094
        at = 0
        for value, full in LEVELS.items():
            size = round(world.count(full) * (1 if wanted == 0 else share * 0.11 * (1 + (value >= 3))))
            level[ranked[at : at + size]] = value
            at += size
    since = world.start - rng.integers(30, 1100, n)
    late = rng.random(n) < 0.22
    since[late] = rng.integers(world.start, world.end, late.sum())
    since = np.minimum(since, gone - 40)
    dementia = (rng.random(n) < np.array([0.0008, 0.05, 0.10, 0.17, 0.24])[level]) & (age > 66)
    return level, since, dementia


def _served(
    world: World,
    group: np.ndarray,
    age: np.ndarray,
    birth: np.ndarray,
    level: np.ndarray,
    category: np.ndarray,
    living: np.ndarray,
    gone: np.ndarray,
    registered: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """First and one-past-last day of government-purchased service; NEVER where there is none.

    Entitled are the poor from 60 and, from 80, those who live alone or in an empty nest; the frailest of them are served first.
    """
    n = len(age)
    poor = category >= 2
    eighty = birth + 29_221
    score = 1.3 * (level > 0) + 1.6 * (level > 1) + 2.0 * poor + 0.9 * (living == 0) + 0.05 * (age - 60) + rng.gumbel(0, 1, n)
    entitled = np.where(poor, registered, np.where(living < 2, np.maximum(eighty, registered), ALIVE_LONG))
    served_from, served_to = np.full(n, NEVER, dtype=np.int64), np.full(n, NEVER, dtype=np.int64)
    now = np.flatnonzero((group == 0) & (entitled < world.first_day(len(world.months) - 1)))
    now = now[np.argsort(-score[now])][: world.count(SERVED)]
    left = np.flatnonzero(((group == 1) | (group == 2)) & (entitled < gone - 90))
    left = left[np.argsort(-score[left])][: round(world.count(SERVED) * 0.19)]
    for chosen, later in ((now, 0.245), (left, 0.04)):
        start = world.start - rng.integers(40, 1500, len(chosen))
        joined = rng.random(len(chosen)) < later
        # Service begins on the first of a month.
        month = rng.integers(0, len(world.months), len(chosen))
        start[joined] = np.array([world.first_day(int(m)) for m in month], dtype=np.int64)[joined]
        late = entitled[chosen] > start
        first = np.array([world.first_day(int(m) + 1) for m in world.month_of(entitled[chosen])], dtype=np.int64)
        start[late] = first[late]
        served_from[chosen] = start
        served_to[chosen] = gone[chosen]
    return served_from, served_to


def write_registry(world: World, people: People, sink: SqlSink) -> int:
    """LNR_JBXX and RK_JS; marks in ``people.rejected`` those whose row nobody can accept."""
    from data.simulator import twice  # it knows People, too

    rng = world.rng("registry")
    truth, n, place = world.truth, people.n, ("registry", "LNR_JBXX")
    shown, bad = damage_ids(true_ids(world, people), people.ids, people.birth, truth, (*place, "SFZH"), rng)
    people.rejected |= bad
    birth = damage_dates(iso(people.birth), people.birth, people.ids, 0.003, truth, (*place, "CSRQ"), rng)
    registered = damage_dates(iso(people.registered), people.registered, people.ids, 0.003, truth, (*place, "DJ_RQ"), rng)
    quiet = ~bad & (people.served_to < 0)
    zero = at_least_one(np.flatnonzero((rng.random(n) < 0.0002) & quiet), quiet, rng)
    registered[zero] = "0000-00-00"
    people.rejected[zero] = True
    truth.note("date_zero", *place, people.ids[zero], "DJ_RQ", "quarantined")

    codes = world.communities["code"]
    home = codes[people.community].copy()
    home[people.elsewhere] = _old_codes(world, int(people.elsewhere.sum()), rng)
    truth.note("area_code_before_merger", *place, people.ids[people.elsewhere], "JZ_SQ", "absorbed")
    hukou = home.copy()
    old = np.flatnonzero(rng.random(n) < 0.03)
    hukou[old] = _old_codes(world, len(old), rng)
    outside = np.flatnonzero(rng.random(n) < 0.06)
    hukou[outside] = None

    changed = people.gone <= world.end
    status = np.where(changed, np.where(people.dead, "死亡", "迁出"), "正常").astype(object)
    status_on = iso(np.where(changed, people.gone, NEVER))
    updated = np.where(changed, np.minimum(people.gone + 6, world.end + 12), np.maximum(people.registered, day("2023-06-01")))
    updated = updated * 86_400 + rng.integers(30_000, 64_000, n)
    words = {"living": ("独居", "空巢", "与子女同住", "其他")}
    columns: dict[str, Any] = {
        "LNR_ID": people.ids,
        "SFZH": shown,
        "XM": person_names(people.female, rng),
        "XB": np.where(people.female, "2", "1").astype(object),
        "CSRQ": birth,
        "HJ_SQ": hukou,
        "JZ_SQ": home,
        "JZ_LX": np.array(words["living"], dtype=object)[people.living],
        "RY_LB": np.array(CATEGORIES, dtype=object)[people.category],
        "FWK_NO": card_numbers(world, people),
        "LXDH": phones(n, rng),
        "ZT": status,
        "ZT_RQ": status_on,
        "DJ_RQ": registered,
        "XG_SJ": np.array(stamps(updated).to_pylist(), dtype=object),
    }
    twice.without_number(world, people, columns, world.rng("registry-without-number"))
    columns = twice.repeat_rows(world, people, columns, world.rng("registry-twice"))
    sink.create("LNR_JBXX", dict.fromkeys(columns, "text"))
    rows = sink.append("LNR_JBXX", columns)
    sink.index("LNR_JBXX", "LNR_ID", "XG_SJ")
    return rows + _write_population(world, people, sink, rng)


def _old_codes(world: World, n: int, rng: np.random.Generator) -> np.ndarray:
    """Community codes that were abolished before the simulation begins."""
    old = [a.code for a in world.region.areas if a.level == 3 and not a.in_force]
    return rng.choice(np.array(old or world.communities["code"].tolist(), dtype=object), n)


def _write_population(world: World, people: People, sink: SqlSink, rng: np.random.Generator) -> int:
    """Registered population by community and year, so that elders are a quarter of it; ageing differs between communities."""
    elders = np.bincount(people.community[people.resident(world.end)], minlength=len(world.communities["code"]))
    share = np.clip(rng.normal(0.25, 0.035, len(elders)), 0.16, 0.36)
    base = elders / share
    base *= elders.sum() / 0.25 / base.sum()
    years = range(int(world.months[0][:4]) - 1, int(world.months[-1][:4]) + 1)
    codes, year, people_n = [], [], []
    for value in years:
        drift = 1 - 0.004 * (years[-1] - value)
        codes += world.communities["code"].tolist()
        year += [value] * len(base)
        people_n += np.maximum(1, np.round(base * drift)).astype(int).tolist()
    sink.create("RK_JS", {"SQ_DM": "text", "ND": "int", "HJ_RK": "int"})
    return sink.append("RK_JS", {"SQ_DM": codes, "ND": year, "HJ_RK": people_n})


def write_assessments(world: World, people: People, sink: SqlSink) -> int:
    """NLPG: first assessments and re-assessments, yearly for the impaired and every two years for the others; some overdue."""
    rng = world.rng("assessment")
    ever_served = people.served_to > 0
    chosen = (
        (people.level > 0)
        | (ever_served & (rng.random(people.n) < 0.97))
        | (((people.birth < world.end - 29_220) | (people.category >= 2)) & (rng.random(people.n) < 0.84))
    )
    who = np.flatnonzero(chosen & (people.gone > world.start - 200))
    first = np.maximum(people.level_since[who], people.registered[who] + 5)
    first = np.where(
        ever_served[who], np.minimum(first, np.maximum(people.served_from[who] - 10, people.registered[who] + 5)), first
    )
    rows: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    current, on, worse = who, first, rng.random(len(who)) < 0.25
    stop = np.minimum(people.gone, world.end + 1)
    for round_no in range(8):
        alive = on < stop[current]
        current, on, worse = current[alive], on[alive], worse[alive]
        if not len(current):
            break
        level = people.level[current]
        shown = np.where(worse & (round_no == 0) & (level > 0), level - 1, level)
        until = on + np.where(shown > 0, 365, 730)
        rows.append((current, on, shown, until))
        late = rng.random(len(on))
        gap = np.where(late < 0.87, -rng.integers(1, 28, len(on)), np.where(late < 0.965, rng.integers(5, 150, len(on)), 2000))
        on = until + gap
    index, on, level, until = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    order = np.lexsort((index, on))
    index, on, level, until = index[order], on[order], level[order], until[order]
    low, high = np.array([90, 75, 50, 25, 0])[level], np.array([100, 89, 74, 49, 24])[level]
    keys = np.array([f"PG{v}" for v in np.arange(1, len(index) + 1) + 10**7], dtype=object)
    dates = damage_dates(iso(on), on, keys, 0.003, world.truth, ("assessment", "NLPG", "PG_RQ"), rng)
    columns = {
        "PG_ID": keys,
        "LNR_ID": people.ids[index],
        "PG_RQ": dates,
        "PG_JG": rng.choice(np.array(ASSESSORS, dtype=object), len(index)),
        "DF": np.round(low + (high - low) * rng.random(len(index))),
        "DJ": level.astype(str).astype(object),
        "SZ": np.where(people.dementia[index], "1", "0").astype(object),
        "YXQ": iso(until),
    }
    sink.create("NLPG", {c: "real" if c == "DF" else "text" for c in columns})
    return sink.append("NLPG", columns)


def expect_elders(world: World, people: People) -> None:
    """Elders by community at the end of the last month as the warehouse should count them (a person registered twice counts once)."""
    age = completed_years(people.birth, world.end)
    counted = people.resident(world.end) & ~people.rejected & ~people.elsewhere & (age >= 60)
    counts = np.bincount(people.community[counted], minlength=len(world.communities["code"]))
    eighty = counted & (age >= 80)
    codes = world.communities["code"].tolist()
    world.truth.expected["elders_by_community"] = dict(zip(codes, counts.tolist(), strict=True))
    world.truth.expected["elders_80"] = int(eighty.sum())
    world.truth.expected["elders_served"] = len(people.served(world, len(world.months) - 1))


def completed_years(birth: np.ndarray, on: int) -> np.ndarray:
    """Age in completed years on a day."""
    born, today = (np.asarray(d, dtype="datetime64[D]") for d in (birth, on))
    year, this = (d.astype("datetime64[Y]").astype(int) for d in (born, today))
    month, now = (d.astype("datetime64[M]").astype(int) % 12 for d in (born, today))
    dom, dom_now = ((d - d.astype("datetime64[M]")).astype(int) for d in (born, today))
    return this - year - ((month > now) | ((month == now) & (dom > dom_now)))


__all__ = ["CATEGORIES", "People", "completed_years", "expect_elders", "settle", "write_assessments", "write_registry"]
