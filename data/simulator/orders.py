"""Service orders, month by month: who is visited by whom, when, for how much and how well; and meals at the canteens."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator.catalogue import ITEMS, item_code, write_items
from data.simulator.order_faults import plant_faults
from data.simulator.people import People
from data.simulator.providers import CANTEEN, CARE, CENTRE, SOCIAL, Provider
from data.simulator.staff import Staff
from data.simulator.world import World
from data.simulator.writers import SqlSink, stamps, take

# Orders a month and served elder, diners beside them (share of all elders) and their meals a month.
HOME_ORDERS, SERVED_MEALS, DINERS, DINER_MEALS = 5.2, 1.7, 0.058, 5.7
SLOTS = np.array([8.5, 10.0, 11.5, 13.5, 15.0, 16.5]) * 3600
SEASON = {1: 0.97, 2: 0.86, 3: 1.0, 4: 1.01, 5: 1.02, 6: 1.0, 7: 1.04, 8: 1.05, 9: 1.01, 10: 1.02, 11: 1.0, 12: 1.02}
GROWTH_A_MONTH = 0.004
PAYING = ("政府购买", "服务卡", "移动支付", "现金")
STATUS = ("已完成", "已取消", "未履约")
METRE = 1 / 111_000
COLUMNS = {
    "DD_ID": "text",
    "LNR_ID": "text",
    "DW_ID": "text",
    "HLY_BH": "text",
    "XM_DM": "text",
    "XD_SJ": "text",
    "YY_SJ": "text",
    "PD_SJ": "text",
    "QD_SJ": "text",
    "QT_SJ": "text",
    "QD_JD": "real",
    "QD_WD": "real",
    "FWSC": "int",
    "JE": "real",
    "BTJE": "real",
    "ZFJE": "real",
    "ZFFS": "text",
    "ZT": "text",
    "MYD": "int",
    "HF": "text",
    "XG_SJ": "text",
}
NONE = -1


@dataclass
class Habits:
    """Who an elder turns to: provider indices by preference; -1 where there is nobody."""

    carers: np.ndarray
    canteens: np.ndarray
    diners: np.ndarray


@dataclass
class Batch:
    """A month's orders in construction: equally long arrays, seconds since 1970, -1 = nothing."""

    elder: np.ndarray
    provider: np.ndarray
    caregiver: np.ndarray
    item: np.ndarray
    ordered: np.ndarray
    appointed: np.ndarray
    dispatched: np.ndarray
    signed_in: np.ndarray
    signed_out: np.ndarray
    point: np.ndarray
    price: np.ndarray
    subsidy: np.ndarray
    pay: np.ndarray
    status: np.ndarray
    satisfaction: np.ndarray
    revisit: np.ndarray
    updated: np.ndarray
    keep: np.ndarray

    def pick(self, index: np.ndarray) -> Batch:
        """The rows of an index or mask."""
        return Batch(*(getattr(self, f)[index] for f in self.__dataclass_fields__))

    @staticmethod
    def join(parts: list[Batch]) -> Batch:
        """Several batches after one another."""
        return Batch(*(np.concatenate([getattr(p, f) for p in parts]) for f in Batch.__dataclass_fields__))


def write_orders(
    world: World, people: People, providers: list[Provider], staff: Staff, sink: SqlSink, progress: Callable[[int], None]
) -> int:
    """FWXM and FWDD; ``progress`` is told after every month."""
    rows = write_items(sink)
    sink.create("FWDD", COLUMNS)
    habits = _habits(world, people, providers)
    expected: dict[str, dict[str, Any]] = {}
    # While a month is being written, the next is being made.
    with ThreadPoolExecutor(1) as writer:
        pending: list[Future[int]] = []
        for month in range(len(world.months)):
            rng = world.rng(f"orders {world.months[month]}")
            present = staff.throughout(world.first_day(month), world.last_day(month))
            batch = Batch.join(
                [
                    _visits(world, people, providers, habits, present, month, rng),
                    _meals(world, people, providers, habits, month, rng),
                ]
            )
            batch = batch.pick(np.lexsort((batch.elder, batch.ordered)))
            ids = _order_ids(world.months[month], len(batch.elder))
            columns = plant_faults(
                world, people, providers, batch, ids, lambda b, i: _columns(people, providers, staff, b, i), month, rng
            )
            if pending:
                rows += pending.pop().result()
            pending.append(writer.submit(sink.append, "FWDD", columns))
            expected[world.months[month]] = world.truth.expected.pop("month")
            progress(month)
        rows += sum(f.result() for f in pending)
    sink.index("FWDD", "DD_ID", "XG_SJ")
    world.truth.expected["orders"] = expected
    return rows


def diners(people: People, rng: np.random.Generator) -> np.ndarray:
    """Indices of the elders who eat at canteens without being served at home; the first draw of the stream ``habits``."""
    chosen = rng.random(people.n) < DINERS * 1.08
    return np.flatnonzero(chosen & (people.served_to < 0) & (people.level < 3) & ~people.elsewhere)


def _habits(world: World, people: People, providers: list[Provider]) -> Habits:
    """Preferences are local: the same street first; home-care firms also reach the neighbouring streets."""
    rng = world.rng("habits")
    street = world.communities["street"][people.community]
    centre = np.array([[p.sites[0].lng, p.sites[0].lat] for p in providers])

    def choose(who: np.ndarray, pool: list[Provider], reach: float, weights: list[float]) -> np.ndarray:
        chosen = np.full((people.n, 6), NONE, dtype=np.int64)
        index = np.array([p.index for p in pool])
        away = np.hypot(
            (people.point[who, None, 0] - centre[None, index, 0]) * 96_000,
            (people.point[who, None, 1] - centre[None, index, 1]) * 111_000,
        )
        same = street[who, None] == np.array([p.street for p in pool])[None]
        score = np.log(np.array(weights))[None] - away / reach + 1.2 * same + rng.gumbel(0, 1, away.shape).astype(np.float32)
        best = np.argsort(-score, axis=1)[:, :6]
        chosen[who, : best.shape[1]] = index[best]
        return chosen

    served = np.flatnonzero(people.served_to > 0)
    able = diners(people, rng)
    carers = [p for p in providers if p.staff and p.kind in (CARE, SOCIAL, CENTRE)]
    kitchens = [p for p in providers if p.kind == CANTEEN or (p.kind == CENTRE and p.index % 2 == 0)]
    weights = [p.staff * {CARE: 1.0, SOCIAL: 0.7, CENTRE: 0.8}[p.kind] for p in carers]
    return Habits(
        choose(served, carers, 900.0, weights),
        choose(np.r_[served, able], kitchens, 420.0, [3.0 if p.kind == CANTEEN else 1.0 for p in kitchens]),
        able,
    )


def _first_open(choices: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """The first usable provider of every row of preferences; -1 where none is."""
    ok = (choices >= 0) & usable[choices]
    first = ok.argmax(axis=1)
    return np.where(ok.any(axis=1), choices[np.arange(len(choices)), first], NONE)


def _factor(world: World, month: int) -> float:
    """Season and growth of a month against the mean."""
    middle = (len(world.months) - 1) / 2
    return SEASON[int(world.months[month][5:])] * (1 + GROWTH_A_MONTH * (month - middle))


def _quality(providers: list[Provider], month: int, provider: np.ndarray) -> np.ndarray:
    return np.array([p.bad[month] for p in providers])[provider]


def _visits(
    world: World,
    people: People,
    providers: list[Provider],
    habits: Habits,
    present: dict[int, np.ndarray],
    month: int,
    rng: np.random.Generator,
) -> Batch:
    """Visits at home: every served elder gets at least one completed, subsidised visit."""
    served = people.served(world, month)
    usable = np.array([p.index in present and p.open_in(world, month) for p in providers])
    host = _first_open(habits.carers[served], usable)
    served, host = served[host >= 0], host[host >= 0]
    extra = rng.poisson(np.maximum(0.05, (HOME_ORDERS * _factor(world, month) - 1)) * rng.gamma(2.2, 1 / 2.2, len(served)))
    elder, provider = np.repeat(served, 1 + extra), np.repeat(host, 1 + extra)
    keep = np.zeros(len(elder), dtype=bool)
    keep[np.r_[0, np.cumsum(1 + extra)[:-1]]] = True

    caregiver = np.empty(len(elder), dtype=np.int64)
    loyal = rng.random(len(elder)) < 0.85
    for index in np.unique(provider):
        mine, team = np.flatnonzero(provider == index), present[int(index)]
        own = (people.community[elder[mine]] * 3 + elder[mine] % 3) % len(team)
        caregiver[mine] = team[np.where(loyal[mine], own, rng.integers(0, len(team), len(mine)))]

    # Every caregiver's visits go to different slots of the month, so that nobody is in two places by chance.
    days = world.last_day(month) - world.first_day(month) + 1
    weekday = (world.first_day(month) + np.arange(days) + 3) % 7
    slots = np.flatnonzero(
        np.repeat(rng.random(days) < np.where(weekday == 6, 0.35, np.where(weekday == 5, 0.8, 1.0)), len(SLOTS))
    )
    slots = rng.permutation(slots)
    order = np.lexsort((rng.random(len(elder)), ~keep, caregiver))
    starts = np.flatnonzero(np.r_[True, np.diff(caregiver[order]) != 0])
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    elder, provider, caregiver, keep = elder[order], provider[order], caregiver[order], keep[order]
    fits = rank < len(slots)
    elder, provider, caregiver, keep, rank = elder[fits], provider[fits], caregiver[fits], keep[fits], rank[fits]
    slot = slots[(rank + caregiver * 37) % len(slots)]

    n = len(elder)
    home = np.array([i for i, it in enumerate(ITEMS) if it.minutes])
    weight = np.array([ITEMS[i].weight for i in home])
    item = home[rng.choice(len(home), n, p=weight / weight.sum())]
    bad = _quality(providers, month, provider)
    tardy = np.array([p.has("late_sign_in") for p in providers])[provider]
    first = world.first_day(month) * 86_400
    appointed = first + (slot // len(SLOTS)) * 86_400 + SLOTS[slot % len(SLOTS)].astype(np.int64) + rng.integers(0, 2, n) * 300
    late = rng.random(n) < 0.03 + 0.16 * bad + 0.30 * tardy
    delay = np.where(late, 960 + rng.exponential(520, n).clip(0, 1500), rng.normal(-60, 240, n).clip(-360, 780)).astype(np.int64)
    planned = np.array([it.minutes for it in ITEMS])[item] * 60
    length = (planned * rng.normal(1 - 0.12 * bad, 0.07, n).clip(0.55, 1.15)).astype(np.int64)
    length = np.minimum(length, 3780 - delay).clip(420)
    signed_in = appointed + delay
    ordered = np.maximum(appointed - rng.integers(7200, 5 * 86_400, n), first + 25_200 + rng.integers(0, 1800, n))
    wait = (rng.gamma(2, 420, n) * (1 + 2 * bad)).astype(np.int64)
    dispatched = np.minimum(ordered + wait, np.maximum(ordered + 60, appointed - 600))

    status = np.where(rng.random(n) < 0.978 - 0.05 * bad, 0, np.where(rng.random(n) < 0.15 + 0.7 * bad, 2, 1))
    status[keep] = 0
    done = status == 0
    nothing = np.full(n, NONE, dtype=np.int64)
    near = rng.normal(0, 28 * METRE, (n, 2))
    far = (rng.random(n) < 0.004 + 0.05 * tardy)[:, None] * rng.normal(0, 900 * METRE, (n, 2))
    point = np.where((done & (rng.random(n) > 0.006))[:, None], people.point[elder] + near + far, np.nan)
    price = (np.array([it.price for it in ITEMS])[item] * 100).astype(np.int64)
    share = np.where(people.category[elder] >= 2, 1.0, np.where(people.level[elder] >= 2, 0.8, 0.6))
    subsidy = np.where(keep | (rng.random(n) < 0.9), (price * share).astype(np.int64) // 100 * 100, 0)
    pay = np.where(subsidy == price, 0, rng.choice([1, 2, 3], n, p=[0.66, 0.26, 0.08]))
    satisfaction, revisit = _voices(providers, provider, bad, done, 0.55, rng)
    updated = np.where(done, signed_in + length, appointed) + rng.integers(600, 90_000, n)
    return Batch(
        elder,
        provider,
        caregiver,
        item,
        ordered,
        appointed,
        np.where(status == 1, nothing, dispatched),
        np.where(done, signed_in, nothing),
        np.where(done, signed_in + length, nothing),
        point,
        price,
        subsidy,
        pay,
        status,
        satisfaction,
        revisit,
        updated,
        keep,
    )


def _voices(
    providers: list[Provider], provider: np.ndarray, bad: np.ndarray, done: np.ndarray, answered: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Satisfaction 1 … 5 and revisit (1 content, 0 not), -1 = not asked."""
    n = len(provider)
    edges = np.cumsum(np.column_stack([0.006 + 0.13 * bad, 0.01 + 0.12 * bad, 0.03 + 0.18 * bad, 0.134 + 0.12 * bad]), axis=1)
    score = 1 + (rng.random(n)[:, None] > edges).sum(axis=1)
    score = np.where(np.array([p.has("always_five") for p in providers])[provider], 5, score)
    satisfaction = np.where(done & (rng.random(n) < answered), score, NONE)
    happy = rng.random(n) < 0.975 - 0.45 * bad
    return satisfaction, np.where(done & (rng.random(n) < 0.07), happy.astype(np.int64), NONE)


def _meals(
    world: World, people: People, providers: list[Provider], habits: Habits, month: int, rng: np.random.Generator
) -> Batch:
    """Meals: at most one of a kind a day and elder; the canteen's card reader signs in, nobody signs out."""
    last = world.last_day(month)
    diners = habits.diners[people.resident(last)[habits.diners]]
    usable = np.array([p.open_in(world, month) for p in providers])
    parts = []
    for who, mean, subsidised in ((people.served(world, month), SERVED_MEALS, True), (diners, DINER_MEALS, False)):
        host = _first_open(habits.canteens[who], usable)
        count = rng.poisson(mean * _factor(world, month) * rng.gamma(1.6, 1 / 1.6, len(who)))
        count = np.minimum(count, 26) * (host >= 0)
        parts.append(
            (
                np.repeat(who, count),
                np.repeat(host, count),
                np.full(count.sum(), subsidised),
                np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count),
            )
        )
    elder, provider, subsidised, rank = (np.concatenate(c) for c in zip(*parts, strict=True))
    n = len(elder)
    days = last - world.first_day(month) + 1
    weekday = (world.first_day(month) + np.arange(days) + 3) % 7
    base = rng.permutation(np.flatnonzero(weekday < 6))
    on = base[(rank.astype(np.int64) + elder * 11) % len(base)]
    meals = np.array([i for i, it in enumerate(ITEMS) if not it.minutes])
    weight = np.array([ITEMS[i].weight for i in meals])
    item = meals[rng.choice(len(meals), n, p=weight / weight.sum())]
    hour = np.array([11.4, 17.1, 7.4, 11.3])[np.searchsorted(meals, item)]
    at = (world.first_day(month) + on) * 86_400 + (hour * 3600 + rng.normal(0, 1300, n).clip(-2600, 3000)).astype(np.int64)
    delivered = item == meals[3]
    bad = _quality(providers, month, provider)
    nothing = np.full(n, NONE, dtype=np.int64)
    ordered = np.where(delivered, at - rng.integers(3600, 10_000, n), at)
    appointed = np.where(delivered, at - rng.integers(-600, 900, n), nothing)
    status = np.where(rng.random(n) < 0.9965, 0, 1)
    done = status == 0
    price = (np.array([it.price for it in ITEMS])[item] * 100).astype(np.int64)
    subsidy = np.where(subsidised & (item != meals[2]), 500, 0)
    places = np.array([[p.sites[0].lng, p.sites[0].lat] for p in providers])
    point = np.where(delivered[:, None], people.point[elder], places[provider]) + rng.normal(0, 12 * METRE, (n, 2))
    satisfaction, revisit = _voices(providers, provider, bad, done, 0.22, rng)
    return Batch(
        elder,
        provider,
        nothing,
        item,
        ordered,
        appointed,
        np.where(delivered, ordered + 900, nothing),
        np.where(done, at, nothing),
        nothing,
        np.where(done[:, None], point, np.nan),
        price,
        subsidy,
        rng.choice([1, 2, 3], n, p=[0.74, 0.2, 0.06]),
        status,
        satisfaction,
        revisit,
        at + rng.integers(600, 50_000, n),
        np.zeros(n, dtype=bool),
    )


def _order_ids(month: str, n: int) -> pa.Array:
    """``D2026100000001`` … in the order of ordering."""
    number = int(month.replace("-", "")) * 10**7 + np.arange(1, n + 1)
    return pc.binary_join_element_wise("D", pc.cast(pa.array(number), pa.string()), "")


def _columns(people: People, providers: list[Provider], staff: Staff, b: Batch, ids: pa.Array) -> dict[str, Any]:
    """The columns of FWDD for a batch."""

    def when(seconds: np.ndarray) -> pa.Array:
        return stamps(seconds, seconds < 0)

    minutes = (b.signed_out - b.signed_in) // 60
    x = np.round(b.point, 6)
    return {
        "DD_ID": ids,
        "LNR_ID": take(people.arrow_ids, b.elder),
        "DW_ID": take([p.id for p in providers], b.provider),
        "HLY_BH": take(staff.ids, np.maximum(b.caregiver, 0), b.caregiver < 0),
        "XM_DM": take([item_code(i) for i in range(len(ITEMS))], b.item),
        "XD_SJ": when(b.ordered),
        "YY_SJ": when(b.appointed),
        "PD_SJ": when(b.dispatched),
        "QD_SJ": when(b.signed_in),
        "QT_SJ": when(b.signed_out),
        "QD_JD": x[:, 0],
        "QD_WD": x[:, 1],
        "FWSC": pa.array(minutes, mask=b.signed_out < 0),
        "JE": b.price / 100,
        "BTJE": b.subsidy / 100,
        "ZFJE": (b.price - b.subsidy) / 100,
        "ZFFS": take(PAYING, b.pay),
        "ZT": take(STATUS, b.status),
        "MYD": pa.array(b.satisfaction, mask=b.satisfaction < 0),
        "HF": take(("不满意", "满意"), np.maximum(b.revisit, 0), b.revisit < 0),
        "XG_SJ": when(b.updated),
    }
