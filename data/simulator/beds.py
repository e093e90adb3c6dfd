"""Beds: the monthly stock that institutions report, the stays behind it, and the waiting lists of public institutions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from data.simulator.orders import diners
from data.simulator.people import People
from data.simulator.prepaid import write_prepayments
from data.simulator.providers import CENTRE, HOME, MICRO, Provider
from data.simulator.world import NEVER, World, iso
from data.simulator.writers import SqlSink, stamps

STILL = 10**7
TYPES = ("护理型", "普通型", "认知障碍")
PAYERS = ("自费", "特困供养", "政府补贴", "长期护理保险")
LEAVE_A_MONTH = 0.028
WAITING, JUMPERS = 360, 8


@dataclass(frozen=True)
class Housing:
    """Who lives where: the monthly ``stock``, the ``stays`` behind it (equally long arrays), and the random stream that made them."""

    stock: list[dict[str, Any]]
    stays: dict[str, np.ndarray]
    rng: np.random.Generator


def settle(world: World, people: People, providers: list[Provider]) -> Housing:
    """Fill the beds; nothing is written yet."""
    stock, rng = _stock(world, providers), world.rng("stays")
    return Housing(stock, _stays(world, people, providers, stock, rng), rng)


def write_beds(world: World, people: People, providers: list[Provider], housing: Housing, sink: SqlSink) -> int:
    """CWTJ, RZ_JL, LH_DJ and YSF_YE; returns the number of rows."""
    stock, stays = housing.stock, housing.stays
    sink.create("CWTJ", {"DW_ID": "text", "YF": "text", "CW_LX": "text", "CWS": "int", "RZS": "int"})
    rows = sink.append("CWTJ", {c: [r[c] for r in stock] for c in ("DW_ID", "YF", "CW_LX", "CWS", "RZS")})
    rows += _write_stays(world, people, providers, stays, sink, housing.rng)
    rows += write_prepayments(world, people, providers, stays, sink)
    return rows + _write_waiting(world, people, providers, stays, sink)


def _stock(world: World, providers: list[Provider]) -> list[dict[str, Any]]:
    """Beds and occupied beds by type for every month and provider that has beds."""
    rng = world.rng("beds")
    months = len(world.months)
    rows: list[dict[str, Any]] = []
    expected: dict[str, int] = {}
    for p in (p for p in providers if p.beds):
        nursing = float(np.clip(rng.normal(0.615 if p.kind != CENTRE else 0.42, 0.09), 0.3, 0.95))
        dementia = 0.055 if p.kind == HOME and rng.random() < 0.75 else 0.0
        occupancy = float(np.clip(rng.normal(0.80, 0.09) - 0.25 * p.bad.mean(), 0.3, 0.97))
        for m in range(months):
            if not p.open_in(world, m):
                continue
            age = min(1.0, (world.last_day(m) - p.registered) / 300)
            total = round(p.beds * (0.965 + 0.035 * m / max(1, months - 1)))
            share = nursing + 0.03 * m / max(1, months - 1)
            care, memory = round(total * share), round(total * dementia * (0.7 + 0.3 * m / max(1, months - 1)))
            level = np.clip(occupancy * age + 0.03 * np.sin(m / 12 * 2 * np.pi) + rng.normal(0, 0.015), 0.05, 1)
            for name, beds in (("护理型", care), ("认知障碍", memory), ("普通型", max(0, total - care - memory))):
                if beds:
                    rows.append(
                        {
                            "DW_ID": p.id,
                            "YF": world.months[m],
                            "CW_LX": name,
                            "CWS": beds,
                            "RZS": min(beds, round(beds * level)),
                            "_provider": p.index,
                            "_month": m,
                        }
                    )
                    expected[world.months[m]] = expected.get(world.months[m], 0) + beds
    world.truth.expected["beds_by_month"] = expected
    return rows


def _pool(world: World, people: People, rng: np.random.Generator) -> np.ndarray:
    """Elders who may live in an institution, the frail and the old first: those who are neither served at home nor eat at canteens."""
    at_home = people.served_to > 0
    at_home[diners(people, world.rng("habits"))] = True
    able = np.flatnonzero(~at_home & ~people.elsewhere & (people.gone > world.start) & (people.registered < world.start))
    age = (world.end - people.birth[able]) / 365.25
    score = 1.2 * people.level[able] + 0.09 * (age - 60) + rng.gumbel(0, 1, len(able))
    return able[np.argsort(-score)]


def _stays(
    world: World, people: People, providers: list[Provider], stock: list[dict[str, Any]], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Stays so that, at every month's end, as many run as the stock says; whoever dies leaves the bed.

    Irregular: of some badly run providers fewer persons stay than they report.
    """
    queue = _pool(world, people, rng)
    at = 0
    running: dict[tuple[int, str], list[int]] = {}
    elder: list[int] = []
    house: list[int] = []
    kind: list[int] = []
    since: list[int] = []
    until: list[int] = []
    wanted = {(r["_provider"], r["CW_LX"], r["_month"]): r["RZS"] for r in stock}
    cells = list(dict.fromkeys((r["_provider"], r["CW_LX"]) for r in stock))
    inflated = _inflated(world, providers, stock)
    for month in range(len(world.months)):
        first, last = world.first_day(month), world.last_day(month)
        for cell in cells:
            here = running.setdefault(cell, [])
            target = wanted.get((*cell, month), 0)
            if cell[0] in inflated and month >= inflated[cell[0]]:
                target = round(target * 0.78)
            stay = []
            for k in here:
                gone = int(people.gone[elder[k]])
                if gone <= last:
                    until[k] = max(gone, since[k])
                elif target == 0 or rng.random() < LEAVE_A_MONTH:
                    until[k] = max(int(rng.integers(first, last + 1)), since[k])
                else:
                    stay.append(k)
            for k in stay[target:]:
                until[k] = max(int(rng.integers(first, last + 1)), since[k])
            stay = stay[:target]
            while len(stay) < target and at < len(queue):
                who, at = int(queue[at]), at + 1
                if people.gone[who] <= last:
                    continue
                on = first - int(rng.integers(1, 900)) if month == 0 else int(rng.integers(first, last + 1))
                on = max(on, providers[cell[0]].registered)
                elder.append(who)
                house.append(cell[0])
                kind.append(TYPES.index(cell[1]))
                since.append(on)
                until.append(STILL)
                stay.append(len(elder) - 1)
            running[cell] = stay
    return {
        "elder": np.array(elder, dtype=np.int64),
        "provider": np.array(house, dtype=np.int64),
        "type": np.array(kind, dtype=np.int64),
        "since": np.array(since, dtype=np.int64),
        "until": np.array(until, dtype=np.int64),
    }


def _inflated(world: World, providers: list[Provider], stock: list[dict[str, Any]]) -> dict[int, int]:
    """The providers that report more residents than they have, from which month on."""
    last = len(world.months) - 1
    size: dict[int, int] = {}
    for r in stock:
        size[r["_provider"]] = size.get(r["_provider"], 0) + r["RZS"] * (r["_month"] == last)
    worst = sorted((p for p in providers if size.get(p.index)), key=lambda p: (-size[p.index] * float(p.bad[-1]), p.index))
    chosen = worst[: max(1, round(3 * min(1.0, world.provider_factor)))]
    since = len(world.months) // 2
    for p in chosen:
        world.truth.irregular["occupancy_inflated"].append({"provider_id": p.id, "from": world.month_name(since)})
    return {p.index: since for p in chosen}


def _write_stays(
    world: World, people: People, providers: list[Provider], stays: dict[str, np.ndarray], sink: SqlSink, rng: np.random.Generator
) -> int:
    """RZ_JL; irregular: a few stays that were never closed although the elder died."""
    n = len(stays["elder"])
    keys = np.array([f"RZ{k:06d}" for k in range(1, n + 1)], dtype=object)
    ends = stays["until"].copy()
    gone = people.gone[stays["elder"]]
    dead = np.flatnonzero((ends == gone) & people.dead[stays["elder"]] & (gone < world.end - 10) & ~people.rejected[stays["elder"]])
    for k in rng.permutation(dead)[: max(1, round(4 * world.scale))]:
        ends[k] = STILL
        world.truth.irregular["stay_after_death"].append({"stay_id": keys[k], "elder_id": people.ids[stays["elder"][k]]})
    closed = ends <= world.end
    category, level = people.category[stays["elder"]], people.level[stays["elder"]]
    payer = np.where(category == 5, 1, np.where(category >= 2, 2, np.where((level >= 3) & (rng.random(n) < 0.5), 3, 0)))
    seconds = np.where(closed, ends, stays["since"]) * 86_400 + rng.integers(32_000, 64_000, n)
    columns: dict[str, Any] = {
        "RZ_ID": keys,
        "LNR_ID": people.ids[stays["elder"]],
        "DW_ID": np.array([p.id for p in providers], dtype=object)[stays["provider"]],
        "CW_LX": np.array(TYPES, dtype=object)[stays["type"]],
        "RZ_RQ": iso(stays["since"]),
        "TZ_RQ": iso(np.where(closed, ends, NEVER)),
        "FY_LY": np.array(PAYERS, dtype=object)[payer],
        "XG_SJ": np.array(stamps(seconds).to_pylist(), dtype=object),
    }
    sink.create("RZ_JL", dict.fromkeys(columns, "text"))
    return sink.append("RZ_JL", columns)


def _write_waiting(world: World, people: People, providers: list[Provider], stays: dict[str, np.ndarray], sink: SqlSink) -> int:
    """LH_DJ: who applied to a public institution; those admitted are the residents who came within the period."""
    rng = world.rng("waiting")
    public = [p for p in providers if p.beds and p.kind in (HOME, MICRO, CENTRE) and p.closed == NEVER]
    public = [p for p in public if p.ownership == "公办"] or public[:1]
    index = np.array([p.index for p in public])
    came = np.flatnonzero(np.isin(stays["provider"], index) & (stays["since"] > world.start + 20))
    rows: list[list[Any]] = []
    for k in came:
        days = int(rng.gamma(2.0, 75)) + 4
        rows.append(
            [int(stays["elder"][k]), int(stays["provider"][k]), int(stays["since"][k]) - days, "已入住", int(stays["since"][k])]
        )
    lives = np.isin(np.arange(people.n), stays["elder"])
    pool = np.flatnonzero(~lives & people.resident(world.end) & (people.birth < world.end - 68 * 365) & ~people.elsewhere)
    pool = pool[np.argsort(-(people.level[pool] + rng.gumbel(0, 1, len(pool))))]
    waiting, gave_up = max(4, round(WAITING * world.scale)), max(2, round(WAITING * world.scale * 0.9))
    weight = np.array([p.beds for p in public], dtype=float)
    for j, who in enumerate(pool[: waiting + gave_up]):
        where = int(rng.choice(index, p=weight / weight.sum()))
        applied = max(int(people.registered[who]) + 1, world.end - 3 - int(rng.gamma(1.7, 130)))
        if j < waiting:
            rows.append([int(who), where, min(applied, world.end - 1), "轮候中", NEVER])
        else:
            applied = max(int(people.registered[who]) + 1, int(rng.integers(world.start - 200, world.end - 60)))
            rows.append([int(who), where, applied, "已放弃", min(applied + int(rng.integers(15, 400)), world.end)])
    rows.sort(key=lambda r: (r[2], r[1], r[0]))
    category, level = people.category, people.level
    age = (world.end - people.birth) / 365.25
    rank = [
        1 if category[r[0]] in (2, 5) else 2 if level[r[0]] >= 3 or age[r[0]] >= 85 or people.living[r[0]] == 0 else 3
        for r in rows
    ]
    jumpers = _line_up(world, rows, rank, rng)
    position: dict[int, int] = {}
    for house in index:
        line = sorted(
            (k for k, r in enumerate(rows) if r[3] == "轮候中" and r[1] == house), key=lambda k: (rank[k], rows[k][2], k)
        )
        position |= {k: place for place, k in enumerate(line, start=1)}
    moments = np.array([(r[4] if r[4] != NEVER else world.end) for r in rows]) * 86_400 + 17 * 3600
    columns = {
        "LH_ID": [f"LH{k:05d}" for k in range(1, len(rows) + 1)],
        "LNR_ID": [people.ids[r[0]] for r in rows],
        "DW_ID": [providers[r[1]].id for r in rows],
        "SQ_RQ": iso(np.array([r[2] for r in rows])),
        "YX_DJ": [("一类", "二类", "三类")[v - 1] for v in rank],
        "PX": [position.get(k) for k in range(len(rows))],
        "ZT": [r[3] for r in rows],
        "BJ_RQ": iso(np.array([r[4] for r in rows])),
        "XG_SJ": stamps(moments),
    }
    world.truth.irregular["waiting_queue_jumped"] += [{"waiting_id": columns["LH_ID"][k], "elder_id": columns["LNR_ID"][k]} for k in jumpers]
    sink.create("LH_DJ", dict.fromkeys(columns, "text") | {"PX": "int"})
    return sink.append("LH_DJ", columns)


def _line_up(world: World, rows: list[list[Any]], rank: list[int], rng: np.random.Generator) -> list[int]:
    """Put the days of application in order, so that in each house and class who applied first is admitted first; but for some whom the house
    took before others. ``rows`` (elder, provider, applied, outcome, closed) are changed in place; returns the positions of those planted.
    """
    lines: dict[tuple[int, int], list[int]] = {}
    for k, row in enumerate(rows):
        if row[3] != "已放弃":
            lines.setdefault((row[1], rank[k]), []).append(k)
    able: list[int] = []
    until = [STILL if row[4] == NEVER else row[4] for row in rows]
    for line in lines.values():
        line.sort(key=lambda k: (until[k], rows[k][2]))
        for k, applied in zip(line, sorted(rows[k][2] for k in line), strict=True):
            rows[k][2] = applied
        for at, k in enumerate(line):
            # Five after him in the line had applied three months before he came in: they would all have been passed over.
            if rows[k][3] == "已入住" and sum(rows[j][2] < rows[k][4] - 90 and until[j] > until[k] for j in line[at + 1 :]) >= 5:
                able.append(k)
    chosen = sorted(int(k) for k in rng.permutation(able)[: max(1, round(JUMPERS * min(1.0, world.scale)))]) if able else []
    for k in chosen:
        rows[k][2] = rows[k][4] - int(rng.integers(3, 20))
    return chosen
