"""Plays the canteens: each keeps its own cash desk, so every folder has its own encoding, headings and habits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator.canteen_faults import Meals, plant
from data.simulator.identity import card_numbers
from data.simulator.mess import FULL_WIDTH, at_least_one
from data.simulator.orders import GROWTH_A_MONTH, SEASON
from data.simulator.providers import CANTEEN, Provider
from data.simulator.systems import Stage
from data.simulator.world import NEVER, World, iso
from data.simulator.writers import csv_file, stamps, take

DINERS, MEALS_A_MONTH = 0.066, 5.6
KINDS = ("早餐", "午餐", "晚餐")
HOURS = np.array([7.4, 11.5, 17.2]) * 3600
PRICES = np.array([650, 1400, 1150])
CENTS = pa.array([f"{c // 100}.{c % 100:02d}" for c in range(6000)])
NUMBERS = pa.array([f"{i:06d}" for i in range(200_000)])


@dataclass(frozen=True)
class Desk:
    """How one maker's cash desk writes its file; ``heads`` in the order of :data:`FIELDS`."""

    encoding: str
    heads: tuple[str, ...]
    kinds: tuple[str, ...] = KINDS
    modes: tuple[str, ...] = ("堂食", "送餐")
    slashes: bool = False
    total: bool = False


FIELDS = ("meal_no", "canteen", "card", "eaten_at", "meal", "mode", "price", "subsidy", "status")
DESKS = (
    Desk("utf-8-sig", ("流水号", "食堂编号", "服务卡号", "就餐时间", "餐别", "就餐方式", "餐费", "补贴", "状态")),
    Desk(
        "gb18030", ("单号", "食堂代码", "卡号", "刷卡时间", "餐次", "取餐方式", "价格", "财政补贴", "记录状态"),
        ("早", "午", "晚"), ("堂吃", "外送"), total=True,
    ),
    Desk("utf-8", ("交易流水号", "网点编号", "老年卡号", "用餐时间", "餐段", "用餐方式", "餐费（元）", "补贴（元）", "状态")),
    Desk(
        "gb18030", ("流水号", "食堂编号", "服务卡号", "就餐时间", "餐别", "就餐方式", "餐费", "补贴金额", "状态"),
        ("早餐", "中餐", "晚餐"), ("堂食", "送餐上门"),
    ),
    Desk("utf-16", ("流水号", "食堂编号", "服务卡号", "就餐时间", "餐别", "就餐方式", "餐费", "补贴", "状态"), slashes=True),
)  # fmt: skip
# The rare makers come last: one canteen in thirteen writes UTF-16 with slashes in its dates.
TURN = (0, 1, 2, 3, 0, 1, 3, 2, 0, 1, 0, 3, 4)


def write(stage: Stage) -> int:
    """``食堂名录.csv`` and ``<canteen>/<YYYY-MM>.csv``; returns the rows written."""
    world, folder = stage.world, stage.out / "canteen"
    kitchens = [p for p in stage.firms if p.kind == CANTEEN]
    meals = _meals(stage, kitchens)
    seats = _seats(world, meals, len(kitchens))
    meals, missing, corrections = plant(stage, kitchens, meals, seats, _subsidy)
    rows = _write_list(world, kitchens, seats, folder)
    numbers = meal_numbers(world, meals)
    columns = _columns(stage, kitchens, meals, numbers)
    group = meals.kitchen * len(world.months) + meals.month
    edges = np.searchsorted(group, np.arange(len(kitchens) * len(world.months) + 1))
    for k in range(len(kitchens)):
        for m, month in enumerate(world.months):
            first, last = edges[k * len(world.months) + m : k * len(world.months) + m + 2]
            if last > first and (k, m) not in missing:
                cells = {f: c.slice(first, last - first) for f, c in columns[_desk(k)].items() if f != "status"}
                amounts = (meals.price[first:last].sum(), meals.subsidy[first:last].sum())
                rows += _write_file(folder / canteen_id(k) / f"{month}.csv", _desk(k), cells, amounts)
    for c in corrections:
        index = pa.array(c.rows)
        cells = {f: v.take(index) for f, v in columns[_desk(c.kitchen)].items()}
        # A correction lowers the subsidy by one yuan, or withdraws the record altogether.
        paid = meals.subsidy[c.rows]
        cells["subsidy"] = take(CENTS, np.where(c.void, paid, np.maximum(paid - 100, 0)))
        cells["status"] = take(("正常", "作废"), c.void.astype(np.int64))
        file = folder / canteen_id(c.kitchen) / f"{world.months[c.month]}_更正.csv"
        rows += _write_file(file, _desk(c.kitchen), cells, None)
        world.truth.note("late_correction", "canteen", "meal", numbers.take(index).to_pylist(), "", "superseded")
    return rows


def canteen_id(k: int) -> str:
    """``ST001`` …"""
    return f"ST{k + 1:03d}"


def _desk(k: int) -> int:
    return TURN[k % len(TURN)]


def _meals(stage: Stage, kitchens: list[Provider]) -> Meals:
    """Ordinary meals of all months: at most one a day and elder, at the nearest canteen that is open."""
    world, people = stage.world, stage.elders
    rng = world.rng("canteen")
    diners = np.flatnonzero((rng.random(people.n) < DINERS * 1.09) & (people.level < 3) & ~people.elsewhere)
    spot = np.array([[p.sites[0].lng, p.sites[0].lat] for p in kitchens])
    away = np.hypot(
        (people.point[diners, None, 0] - spot[None, :, 0]) * 96_000, (people.point[diners, None, 1] - spot[None, :, 1]) * 111_000
    )
    best = np.argsort(away / 420 + rng.gumbel(0, 1, away.shape), axis=1)
    appetite = rng.gamma(1.6, 1 / 1.6, len(diners))
    frail = (people.level[diners] > 0) * 0.3 + (people.birth[diners] < world.end - 30_000) * 0.12
    middle = (len(world.months) - 1) / 2
    parts = []
    for m, month in enumerate(world.months):
        open_now = np.array([p.open_in(world, m) for p in kitchens])
        if not open_now.any():
            continue
        usable = open_now[best]
        host = best[np.arange(len(best)), usable.argmax(axis=1)]
        growth = SEASON[int(month[5:])] * (1 + GROWTH_A_MONTH * (m - middle))
        here = people.resident(world.last_day(m))[diners] & (people.registered[diners] <= world.first_day(m))
        count = np.minimum(rng.poisson(MEALS_A_MONTH * growth * appetite), 24) * here
        who = np.repeat(np.arange(len(diners)), count)
        rank = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
        days = np.arange(world.first_day(m), world.last_day(m) + 1)
        days = rng.permutation(days[(days + 3) % 7 < 6])
        kind = rng.choice(3, len(who), p=[0.08, 0.69, 0.23])
        at = days[(rank + who * 11) % len(days)] * 86_400 + HOURS[kind].astype(np.int64)
        at += rng.normal(0, 1300, len(who)).clip(-2600, 3000).astype(np.int64)
        elder = diners[who]
        # Canteens that opened within the month serve from their opening day on.
        began = np.array([p.registered for p in kitchens])[host[who]] * 86_400 + 86_400
        sent = (kind > 0) & (rng.random(len(who)) < 0.06 + frail[who])
        price = PRICES[kind] + (host[who] % 4) * 50 + rng.integers(0, 3, len(who)) * 100
        claimed = _subsidy(stage, elder, kind, at)
        made = Meals(host[who], np.full(len(who), m), elder, at, kind, sent, price, claimed, np.zeros(len(who), dtype=np.int64))
        parts.append(made.pick(at > began))
    return Meals.join(parts)


def _subsidy(stage: Stage, elder: np.ndarray, kind: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Cents for lunch and dinner: five yuan for the poor, three from 80, two from 70."""
    people = stage.elders
    age = at // 86_400 - people.birth[elder]
    amount = np.where(people.category[elder] >= 2, 500, np.where(age >= 29_220, 300, np.where(age >= 25_567, 200, 0)))
    return np.where(kind > 0, amount, 0)


def _seats(world: World, meals: Meals, kitchens: int) -> np.ndarray:
    """So many seats that the fullest ordinary sitting fills them twice."""
    day = meals.at // 86_400 - world.start
    inside = ~meals.sent
    sitting = (meals.kitchen[inside] * 4000 + day[inside]) * 3 + meals.kind[inside]
    found, diners = np.unique(sitting, return_counts=True)
    peak = np.zeros(kitchens, dtype=np.int64)
    np.maximum.at(peak, found // 12_000, diners)
    return np.maximum(6, -(-peak // 4) * 2)


def _columns(stage: Stage, kitchens: list[Provider], meals: Meals, numbers: pa.Array) -> list[dict[str, pa.Array]]:
    """The cells of all meals as each maker's desk writes them."""
    world = stage.world
    cards = card_numbers(world, stage.elders)[meals.elder]
    at = stamps(meals.at)
    rng = world.rng("canteen mess")
    n, truth, place = len(cards), world.truth, ("canteen", "meal")

    def some(share: float) -> np.ndarray:
        return at_least_one(np.flatnonzero(rng.random(n) < share), np.ones(n, dtype=bool), rng)

    price, subsidy = take(CENTS, meals.price), take(CENTS, meals.subsidy)
    wide, yuan, blank, never = some(0.0004), some(0.0005), some(0.0002), some(0.0001)
    cards[wide] = [c.translate(FULL_WIDTH) for c in cards[wide]]
    cards[blank] = None
    at = _put(at, never, ["2026-13-40 11:30:00"] * len(never))
    price = _put(price, yuan, [f"{p}元" for p in price.take(pa.array(yuan)).to_pylist()])
    keys = np.array(numbers.take(pa.array(np.r_[wide, yuan, blank, never])).to_pylist())
    parts = np.split(keys, np.cumsum([len(wide), len(yuan), len(blank)]))
    for kind, found, column, fate in (
        ("card_full_width", parts[0], "服务卡号", "absorbed"),
        ("money_yuan", parts[1], "餐费", "absorbed"),
        ("card_missing", parts[2], "服务卡号", "quarantined"),
        ("time_impossible", parts[3], "就餐时间", "quarantined"),
    ):
        truth.note(kind, *place, found, column, fate)
    common: dict[str, pa.Array] = {
        "meal_no": numbers,
        "canteen": take([canteen_id(k) for k in range(len(kitchens))], meals.kitchen),
        "card": pa.array(cards, pa.string()),
        "eaten_at": at,
        "price": price,
        "subsidy": subsidy,
    }
    out = []
    for desk in DESKS:
        own = {"meal": take(desk.kinds, meals.kind), "mode": take(desk.modes, meals.sent.astype(np.int64))}
        if desk.slashes:
            own["eaten_at"] = pc.replace_substring(at, "-", "/")
        out.append({f: (common | own)[f] for f in FIELDS if f != "status"})
    return out


def _put(values: pa.Array, where: np.ndarray, new: list[str]) -> pa.Array:
    """``values`` with other text at some places."""
    mask = np.zeros(len(values), dtype=bool)
    mask[where] = True
    in_order = [new[i] for i in np.argsort(where)]
    return pc.replace_with_mask(values, pa.array(mask), pa.array(in_order, pa.string()))


def meal_numbers(world: World, meals: Meals) -> pa.Array:
    """Running numbers within canteen and month: ``ST0012610000034``."""
    group = meals.kitchen * len(world.months) + meals.month
    starts = np.flatnonzero(np.r_[True, np.diff(group) != 0])
    running = np.arange(len(group)) - np.repeat(starts, np.diff(np.r_[starts, len(group)])) + 1
    heads = [f"{canteen_id(k)}{m[2:4]}{m[5:]}" for k in range(int(meals.kitchen.max()) + 1) for m in world.months]
    return pc.binary_join_element_wise(take(heads, group), take(NUMBERS, running), "")


def _write_file(path: Path, desk: int, cells: Mapping[str, pa.Array], amounts: tuple[int, int] | None) -> int:
    style = DESKS[desk]
    heads = dict(zip(FIELDS, style.heads, strict=True))
    total = {}
    if style.total and amounts:
        total = {heads["meal_no"]: "合计"} | {
            heads[f]: f"{a / 100:.2f}" for f, a in zip(("price", "subsidy"), amounts, strict=True)
        }
    return csv_file(path, {heads[f]: cells[f] for f in FIELDS if f in cells}, total, style.encoding)


def _write_list(world: World, kitchens: list[Provider], seats: np.ndarray, folder: Path) -> int:
    """The streets' list of canteens; a kitchen with weak food safety has let its permit run out, or has none."""
    rng = world.rng("canteen list")
    rows: dict[str, list[Any]] = {c: [] for c in (
        "食堂编号", "食堂名称", "单位编号", "街道代码", "座位数", "每餐翻台次数", "食品经营许可证号", "许可证有效期至", "开办日期", "停办日期",
    )}  # fmt: skip
    for k, p in enumerate(kitchens):
        expires = p.registered + 365 * 5
        while expires < world.end and not (p.has("kitchen") and expires > world.start):
            expires += 365 * 5
        none = p.has("kitchen") and rng.random() < 0.25
        closed = iso(p.closed)[0] if p.closed != NEVER else None
        number = f"JY3330105{p.index + 1:04d}{(expires - 365 * 5) % 100000:05d}"
        for head, value in zip(rows, (
            canteen_id(k), p.name, p.id, world.streets["code"][p.street], str(seats[k]), "3",
            None if none else number, None if none else iso(expires)[0], iso(p.registered)[0], closed,
        ), strict=True):  # fmt: skip
            rows[head].append(value)
    return csv_file(folder / "食堂名录.csv", rows, {}, "utf-8-sig")
