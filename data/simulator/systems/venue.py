"""Plays the sites: visitors by day, activities and opening hours, as the operators report them."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.simulator.mess import at_least_one, damage_dates
from data.simulator.orders import SEASON
from data.simulator.providers import CENTRE, Provider, Site
from data.simulator.systems import Stage
from data.simulator.world import NEVER, World, iso
from data.simulator.writers import csv_file

# The bulletin of 2019 tells of more than 2,300 visits a day.
VISITS_A_DAY, FIRST_SHARE = 2_420, 0.72
WEEK = np.array([1.08, 1.1, 1.12, 1.1, 1.05, 0.85, 0.55])
DAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
ACTIVITIES = {
    "文化娱乐": ("越剧票友会", "合唱排练", "棋牌联谊"),
    "健康讲座": ("血压管理讲座", "膳食讲座", "防跌倒讲座"),
    "康复保健": ("八段锦", "中医推拿体验", "手指操"),
    "书画手工": ("书画会", "编织课", "剪纸课"),
    "节庆联谊": ("集体生日会", "节日茶话会"),
    "智能手机课堂": ("手机挂号课", "防诈骗课"),
}


def write(stage: Stage) -> int:
    """``到访_<YYYYMM>.csv``, ``活动_<YYYYMM>.csv`` and ``开放时间.csv``; returns the rows written."""
    world, folder = stage.world, stage.out / "venue"
    rng = world.rng("venue")
    places = [(p, j, s) for p in stage.firms if p.kind == CENTRE for j, s in enumerate(p.sites)]
    codes = np.array([f"Z{p.index + 1:04d}{j + 1}" for p, j, _ in places], dtype=object)
    visits, open_on = _visits(world, places, rng)
    _invent(world, places, codes, visits, open_on, rng)
    rows = 0
    for m, month in enumerate(world.months):
        first, last = world.first_day(m) - world.start, world.last_day(m) - world.start + 1
        site, day = np.nonzero(open_on[:, first:last] & (rng.random((len(places), last - first)) > 0.004))
        days = world.first_day(m) + day
        shown = visits[site, first + day].astype(str).astype(object)
        keys = np.array([f"{codes[s]} {d}" for s, d in zip(site, iso(days), strict=True)], dtype=object)
        dates = damage_dates(iso(days), days, keys, 0.002, world.truth, ("venue", "visit", "日期"), rng)
        rough = np.flatnonzero(rng.random(len(shown)) < 0.0005)
        rough = rough if m else at_least_one(rough, np.ones(len(shown), dtype=bool), rng)
        shown[rough] = [f"约{v}人" for v in shown[rough]]
        world.truth.note("visits_in_words", "venue", "visit", keys[rough], "到访人次", "quarantined")
        order = np.lexsort((site, day))
        columns = {"站点编号": codes[site][order], "日期": dates[order], "到访人次": shown[order]}
        rows += csv_file(folder / f"到访_{month.replace('-', '')}.csv", columns, {}, "utf-8-sig")
        rows += _activities(world, m, codes, open_on[:, first:last], visits[:, first:last], folder, rng)
    return rows + _opening(codes, folder, rng)


def _visits(world: World, places: list[tuple[Provider, int, Site]], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Visitors by site and day, and on which days each site was open; in the mean of the last month as many as are known of."""
    days = np.arange(world.start, world.end + 1)
    opened = np.array([s.opened for _, _, s in places])
    closed = np.array([10**7 if s.closed == NEVER else s.closed for _, _, s in places])
    open_on = (days >= opened[:, None]) & (days < closed[:, None])
    month = world.month_of(days)
    bad = np.array([p.bad for p, _, _ in places])[:, month]
    size = np.array([s.area for _, _, s in places]) ** 0.6 * rng.lognormal(0, 0.35, len(places))
    ramp = np.minimum(1, (days - opened[:, None]) / 240 + 0.35)
    line = FIRST_SHARE + (1 - FIRST_SHARE) * np.arange(len(days)) / max(1, len(days) - 1)
    season = np.array([SEASON[int(m[5:])] for m in world.months])[month]
    mean = size[:, None] * ramp * (1 - 0.4 * bad) * line * season * WEEK[(days + 3) % 7] * open_on
    last = month == len(world.months) - 1
    mean *= VISITS_A_DAY * world.scale / max(1e-9, mean[:, last].sum(axis=0).mean())
    return rng.poisson(mean), open_on


def _invent(
    world: World, places: list[tuple[Provider, int, Site]], codes: np.ndarray, visits: np.ndarray, open_on: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """The worst run site reports the same round number day by day."""
    worst = max(range(len(places)), key=lambda i: (open_on[i, -1], float(places[i][0].bad.mean())))
    from_month = max(0, len(world.months) - int(rng.integers(3, 6)))
    from_day = world.first_day(from_month) - world.start
    number = max(10, int(round(visits[worst].mean() * 1.5, -1)))
    visits[worst, from_day:] = number
    world.truth.irregular["visits_invented"].append(
        {"site_id": str(codes[worst]), "provider_id": places[worst][0].id, "from": world.months[from_month], "visits": number}
    )


def _activities(
    world: World, m: int, codes: np.ndarray, open_on: np.ndarray, visits: np.ndarray, folder: Any, rng: np.random.Generator
) -> int:
    """Some three activities a site and month, visited by a part of those who come."""
    month = world.months[m].replace("-", "")
    site = np.repeat(np.arange(len(codes)), rng.poisson(3.2, len(codes)))
    day = rng.integers(0, open_on.shape[1], len(site))
    held = open_on[site, day]
    site, day = site[held], day[held]
    kinds = list(ACTIVITIES)
    kind = rng.integers(0, len(kinds), len(site))
    title = [ACTIVITIES[kinds[k]][int(i) % len(ACTIVITIES[kinds[k]])] for k, i in zip(kind, rng.integers(0, 6, len(site)), strict=True)]
    columns = {
        "活动编号": [f"HD{month[2:]}{i + 1:05d}" for i in range(len(site))],
        "站点编号": codes[site],
        "活动名称": title,
        "活动类别": [kinds[k] for k in kind],
        "举办日期": iso(world.first_day(m) + day),
        "时长": (30 * rng.integers(1, 7, len(site))).astype(str).astype(object),
        "参加人数": (3 + rng.poisson(visits[site, day] * 0.4)).astype(str).astype(object),
    }
    return csv_file(folder / f"活动_{month}.csv", columns, {}, "utf-8-sig")


def _opening(codes: np.ndarray, folder: Any, rng: np.random.Generator) -> int:
    """Hours of a week; a third of the sites rest on Sunday."""
    rows: list[tuple[str, str, str, str]] = []
    for code in codes:
        opens, closes, sunday = int(rng.integers(0, 3)), int(rng.integers(0, 3)), rng.random() < 0.67
        for name in DAYS[: 7 if sunday else 6]:
            rows.append((str(code), name, ("8:00", "8:30", "09:00")[opens], ("16:30", "17:00", "20:30")[closes]))
    heads = ("站点编号", "星期", "开门时间", "关门时间")
    return csv_file(folder / "开放时间.csv", dict(zip(heads, map(list, zip(*rows, strict=True)), strict=True)), {}, "utf-8-sig")
