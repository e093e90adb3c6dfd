"""Plays the bank of the service card: every purchase with its merchant, one large file a month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator.identity import card_numbers
from data.simulator.mess import at_least_one
from data.simulator.names import brands
from data.simulator.orders import GROWTH_A_MONTH, SEASON
from data.simulator.systems import Stage
from data.simulator.world import World, iso
from data.simulator.writers import csv_file, stamps, take
from etl import geo

# category: share of merchants, share of purchases, median yuan, spread, usual hour, words for the name
CATEGORIES: dict[str, tuple[float, float, float, float, float, str]] = {
    "餐饮": (0.24, 0.25, 16, 0.45, 10.5, "点心铺"),
    "商超": (0.30, 0.38, 38, 0.75, 9.3, "便民超市"),
    "医药": (0.15, 0.13, 62, 0.90, 10.0, "药房"),
    "养老服务": (0.06, 0.05, 45, 0.60, 10.2, "为老服务社"),
    "文体": (0.09, 0.06, 20, 0.60, 14.3, "文体馆"),
    "出行": (0.04, 0.08, 4, 0.50, 8.6, "公交充值点"),
    "其他": (0.12, 0.05, 30, 0.80, 11.0, "服务部"),
}
MERCHANTS, USERS, PURCHASES = 640, 0.36, 1.38
OLD_CODES, LOST_CARDS, DEAD_USERS = 0.06, 0.0004, 15
HEADS = ("交易流水号", "卡号", "商户编号", "商户名称", "消费类别", "交易时间", "交易金额", "商户社区代码", "商户经度", "商户纬度")
DIGITS = pa.array([f"{i:02d}" for i in range(100)])


@dataclass(frozen=True)
class Merchants:
    """The merchants in the order of their streets: ``first`` and ``size`` say where each street's lie."""

    columns: dict[str, pa.Array]
    category: np.ndarray
    first: np.ndarray
    size: np.ndarray
    weight: np.ndarray


def write(stage: Stage) -> int:
    """``消费_<YYYYMM>.csv`` for every month; returns the rows written."""
    world, people = stage.world, stage.elders
    rng = world.rng("card")
    cards = pa.array(card_numbers(world, people), pa.string())
    street = world.communities["street"][people.community]
    shops = _merchants(world, rng)
    users = np.flatnonzero(rng.random(people.n) < USERS)
    habit = rng.gamma(1.3, 1 / 1.3, len(users))
    after = _after_death(stage, rng)
    middle, rows = (len(world.months) - 1) / 2, 0
    again: dict[str, pa.Array] = {}
    for m, month in enumerate(world.months):
        factor = SEASON[int(month[5:])] * (1 + 1.5 * GROWTH_A_MONTH * (m - middle))
        here = people.resident(world.last_day(m))[users] & (people.registered[users] <= world.first_day(m))
        elder = np.repeat(users, rng.poisson(PURCHASES * factor * habit) * here)
        elder = np.concatenate([elder, after[after[:, 1] == m, 0]])
        # The purchases of the dead lie in months after the one in which they died: any day will do.
        shop = _choose(shops, street[elder], rng)
        kind = shops.category[shop]
        _, _, median, spread, hour, _ = (np.array(c) for c in zip(*CATEGORIES.values(), strict=True))
        day = rng.integers(world.first_day(m), world.last_day(m) + 1, len(elder))
        at = day * 86_400 + ((hour[kind] + rng.normal(0, 2.2, len(elder))).clip(6, 21.5) * 3600).astype(np.int64)
        cents = (median[kind] * np.exp(rng.normal(0, 1, len(elder)) * spread[kind]) * 100).astype(np.int64).clip(100, 900_000)
        order = np.argsort(at, kind="stable")
        columns = _columns(month, cards.take(pa.array(elder[order])), shops, shop[order], at[order], cents[order])
        columns = _damage(world, columns, rng)
        if again:
            columns = {h: pa.concat_arrays([columns[h], again[h]]) for h in HEADS}
        rows += csv_file(stage.out / "card" / f"消费_{month.replace('-', '')}.csv", columns, {}, "utf-8")
        # The bank repeats the last purchases of a month at the end of the next file.
        size = min(20, len(elder) // 50)
        again = {h: columns[h].slice(len(elder) - size, size) for h in HEADS}
        if m + 1 < len(world.months):
            world.truth.note("delivered_twice", "card", "consumption", again[HEADS[0]].to_pylist(), "", "superseded")
    return rows


def _merchants(world: World, rng: np.random.Generator) -> Merchants:
    """Shops where people live; some still under the community code of the district that was merged in 2021."""
    n = max(3 * len(world.streets["code"]), world.count(MERCHANTS))
    weight = world.communities["weight"]
    community = np.r_[np.arange(len(weight)) % len(weight), rng.choice(len(weight), n, p=weight / weight.sum())][-n:]
    community = community[np.argsort(world.communities["street"][community], kind="stable")]
    names = list(CATEGORIES)
    shares = np.array([CATEGORIES[c][0] for c in names])
    category = rng.choice(len(names), n, p=shares / shares.sum())
    points = world.points(community, rng)
    codes = world.communities["code"][community].copy()
    old = [a.code for a in world.region.areas if a.level == 3 and not a.in_force]
    moved = at_least_one(np.flatnonzero(rng.random(n) < OLD_CODES), np.ones(n, dtype=bool), rng) if old else np.empty(0, dtype=int)
    codes[moved] = rng.choice(np.array(old or [""], dtype=object), len(moved))
    # They lie beyond the supervised streets, to the south-east.
    points[moved] = points.max(axis=0) * [1, 0] + points.min(axis=0) * [0, 1] + rng.normal(0, 0.004, (len(moved), 2))
    shown = np.round(np.array([geo.wgs84_to_gcj02(x, y) for x, y in points]), 6)
    numbers = [f"SH{i + 1:05d}" for i in range(n)]
    world.truth.note("area_code_before_merger", "card", "consumption", [numbers[i] for i in moved], "商户社区代码", "absorbed")
    words = brands(n, rng)
    street = world.communities["street"][community]
    size = np.bincount(street, minlength=len(world.streets["code"]))
    columns = {
        "商户编号": numbers,
        "商户名称": [f"{w}{CATEGORIES[names[c]][5]}" for w, c in zip(words, category, strict=True)],
        "消费类别": [names[c] for c in category],
        "商户社区代码": codes,
        "商户经度": [f"{x:.6f}" for x in shown[:, 0]],
        "商户纬度": [f"{y:.6f}" for y in shown[:, 1]],
    }
    bought = np.array([CATEGORIES[c][1] for c in names]) / shares
    return Merchants(
        {c: pa.array(v, pa.string()) for c, v in columns.items()}, category, np.cumsum(size) - size, size,
        bought[category] * rng.gamma(2, 0.5, n),
    )  # fmt: skip


def _choose(shops: Merchants, street: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A shop for every purchase, by weight: three in four in the elder's own street."""
    line = np.cumsum(shops.weight)
    start = np.r_[0.0, line][shops.first]
    end = np.r_[0.0, line][shops.first + shops.size]
    near = (rng.random(len(street)) < 0.75) & (shops.size[street] > 0)
    low, high = np.where(near, start[street], 0), np.where(near, end[street], line[-1])
    return np.searchsorted(line, low + (high - low) * rng.random(len(street)), side="right").clip(0, len(line) - 1)


def _after_death(stage: Stage, rng: np.random.Generator) -> np.ndarray:
    """(elder, month) of purchases with the cards of people who had died in an earlier month."""
    world, people = stage.world, stage.elders
    died = np.flatnonzero(people.dead & (people.gone > world.start) & (people.gone < world.first_day(len(world.months) - 1)))
    chosen = rng.choice(died, min(len(died), DEAD_USERS), replace=False) if len(died) else died
    found = []
    for elder in chosen:
        first = int(world.month_of(people.gone[[elder]])[0]) + 1
        months = np.repeat(np.arange(first, min(first + 2, len(world.months))), rng.integers(1, 5))
        found += [(int(elder), int(m)) for m in months]
        world.truth.irregular["card_used_after_death"].append(
            {"elder_id": str(people.ids[elder]), "died_on": iso(people.gone[elder])[0], "purchases": len(months)}
        )
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _columns(
    month: str, cards: pa.Array, shops: Merchants, shop: np.ndarray, at: np.ndarray, cents: np.ndarray
) -> dict[str, pa.Array]:
    number = int(month.replace("-", "")) * 10**7 + np.arange(1, len(shop) + 1)
    own: dict[str, Any] = {c: take(v, shop) for c, v in shops.columns.items()}
    own["交易流水号"] = pc.cast(pa.array(number), pa.string())
    own["卡号"] = cards
    own["交易时间"] = stamps(at)
    yuan = pc.cast(pa.array(cents // 100), pa.string())
    own["交易金额"] = pc.binary_join_element_wise(yuan, DIGITS.take(pa.array(cents % 100)), ".")
    return {h: own[h] for h in HEADS}


def _damage(world: World, columns: dict[str, pa.Array], rng: np.random.Generator) -> dict[str, pa.Array]:
    """A month's mess: lost cards, thousands separators, places without a fix, a code that never was."""
    n = len(columns["卡号"])
    for kind, share, head, text, fate in (
        ("card_unknown", LOST_CARDS, "卡号", "HZ9{0:07d}", "warned"),
        ("money_thousands", 0.0004, "交易金额", "1,{0:03d}.50", "absorbed"),
        ("point_without_fix", 0.002, "商户经度", "0", "absorbed"),
        ("area_code_unknown", 0.0001, "商户社区代码", "33010500{0:04d}", "quarantined"),
    ):
        chosen = np.flatnonzero(rng.random(n) < share)
        mask = np.zeros(n, dtype=bool)
        mask[chosen] = True
        texts = pa.array([text.format(int(i) % 997 + 1) for i in chosen], pa.string())
        columns[head] = pc.replace_with_mask(columns[head], pa.array(mask), texts)
        if head == "商户经度":
            zeros = pa.array(["0"] * len(chosen), pa.string())
            columns["商户纬度"] = pc.replace_with_mask(columns["商户纬度"], pa.array(mask), zeros)
        world.truth.note(kind, "card", "consumption", columns["交易流水号"].filter(pa.array(mask)).to_pylist(), head, fate)
    return columns
