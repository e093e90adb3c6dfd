"""The volunteers' platform: ZYZ_XX, ZLY_XX, TF_JL, SG_XX and SHZZ.

Every elder in special hardship is due one visit a month, made by the steward of the community; stewards differ in diligence.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from data.simulator.mess import at_least_one, damage_dates, damage_ids
from data.simulator.names import BRAND_FIRST, BRAND_SECOND, credit_code, id_numbers, person_names, phones
from data.simulator.people import People
from data.simulator.providers import SOCIAL
from data.simulator.systems import Stage
from data.simulator.world import NEVER, World, iso
from data.simulator.writers import SqlSink, stamps, take

VOLUNTEERS, STEWARDS, ORGANISATIONS, SOCIAL_WORKERS = 2_096, 94, 83, 196
STILL = 10**7
NEEDS = ("特困", "失能", "计生特殊", "独居", "空巢", "高龄")
RESULTS = ("正常", "需要帮助", "已转介", "无人应答", "未探访", "免访")
NO_ANSWER, NOT_DONE, EXCUSED = 3, 4, 5
DUE_DAY = 25


def write(stage: Stage) -> int:
    """All five tables; returns the number of rows."""
    sink = stage.sink("volunteer")
    rows = _write_volunteers(stage.world, sink)
    posts = appoint(stage.world)
    rows += _write_stewards(stage.world, posts, sink)
    rows += _write_visits(stage.world, stage.elders, posts, sink)
    rows += _write_social_workers(stage.world, sink)
    rows += _write_organisations(stage, sink)
    sink.close()
    return rows


def enlisted(world: World) -> dict[str, np.ndarray]:
    """The volunteers, one entry each: id, birth, female, community, since, until (STILL while registered). Same for every caller."""
    rng = world.rng("volunteers")
    stay, gone = world.count(VOLUNTEERS), max(1, round(world.count(VOLUNTEERS) * 0.09))
    n = stay + gone
    since = world.start - rng.integers(20, 2600, n)
    joined = rng.random(n) < 0.36
    # Twice a year, in March and in the autumn, the campaigns bring more.
    month = rng.choice(len(world.months), n, p=_campaigns(world))
    since[joined] = np.array([world.first_day(int(m)) for m in month])[joined] + rng.integers(0, 27, int(joined.sum()))
    until = np.full(n, STILL)
    left = rng.permutation(n)[:gone]
    until[left] = np.minimum(np.maximum(since[left] + 60, world.start + rng.integers(5, 700, gone)), world.end)
    since[left] = np.minimum(since[left], until[left] - 20)
    weight = world.communities["weight"]
    return {
        "id": np.array([f"ZYZ{v:05d}" for v in np.arange(1, n + 1)], dtype=object),
        "birth": (world.end - (18.5 + 56 * rng.beta(1.6, 1.3, n)) * 365.25).astype(np.int64) - len(world.months) * 31,
        "female": rng.random(n) < 0.63,
        "community": rng.choice(len(weight), n, p=weight / weight.sum()),
        "since": since,
        "until": until,
    }


def _campaigns(world: World) -> np.ndarray:
    weight = np.array([2.2 if m[5:] in ("03", "10") else 1.0 for m in world.months])
    return weight / weight.sum()


def _write_volunteers(world: World, sink: SqlSink) -> int:
    """ZYZ_XX; a few rows come twice, the older state first."""
    people, rng, place = enlisted(world), world.rng("volunteer register"), ("volunteer", "ZYZ_XX")
    n, keys = len(people["id"]), people["id"]
    numbers = id_numbers(people["birth"], people["female"], "330106", 1, rng)
    shown, _ = damage_ids(numbers, keys, people["birth"], world.truth, (*place, "SFZH"), rng)
    since = damage_dates(iso(people["since"]), people["since"], keys, 0.006, world.truth, (*place, "ZC_RQ"), rng)
    left = people["until"] <= world.end
    seconds = np.where(left, people["until"], people["since"]) * 86_400 + rng.integers(32_000, 64_000, n)
    columns: dict[str, Any] = {
        "ZYZ_ID": keys,
        "SFZH": shown,
        "XM": person_names(people["female"], rng),
        "XB": np.where(people["female"], "2", "1").astype(object),
        "CSRQ": iso(people["birth"]),
        "LXDH": phones(n, rng),
        "SQ_DM": world.communities["code"][people["community"]],
        "ZC_RQ": since,
        "ZX_RQ": iso(np.where(left, people["until"], NEVER)),
        "XG_SJ": np.array(stamps(seconds).to_pylist(), dtype=object),
    }
    again = rng.choice(n, max(1, round(n * 0.003)), replace=False)
    world.truth.note("delivered_twice", *place, keys[again], "", "superseded")
    old = {c: v[again].copy() for c, v in columns.items()}
    old["XG_SJ"] = np.array(["2023-01-05 09:00:00"] * len(again), dtype=object)
    sink.create("ZYZ_XX", dict.fromkeys(columns, "text"))
    world.truth.expected["volunteers"] = int((people["until"] > world.end).sum())
    return sink.append("ZYZ_XX", {c: np.concatenate([old[c], v]) for c, v in columns.items()})


def appoint(world: World) -> dict[str, np.ndarray]:
    """Stewards in office, one per community and further ones where most elders live; ``slack`` is how often a visit slips."""
    rng = world.rng("stewards")
    n = max(len(world.streets["code"]), world.count(STEWARDS))
    order = np.argsort(-world.communities["weight"])
    community = order[np.arange(n) % len(order)]
    if n < len(order):
        # Few stewards: at least one in every street, who serves the whole street.
        street = world.communities["street"]
        first = np.array([order[street[order] == s][0] for s in range(len(world.streets["code"]))])
        rest = np.setdiff1d(order, first, assume_unique=True)
        community = np.r_[first, rest[np.argsort(-world.communities["weight"][rest])]][:n]
    slack = rng.beta(1.3, 12, n)
    slack[rng.permutation(n)[: max(1, n // 14)]] = 0.38
    return {
        "id": np.array([f"ZLY{v:03d}" for v in range(1, n + 1)], dtype=object),
        "community": community,
        "since": world.start - rng.integers(40, 1900, n),
        "slack": slack,
    }


def _write_stewards(world: World, posts: dict[str, np.ndarray], sink: SqlSink) -> int:
    """ZLY_XX; every tenth post had another holder before, who left within the period."""
    rng = world.rng("steward register")
    n = len(posts["id"])
    female = rng.random(n) < 0.7
    rows: dict[str, Any] = {
        "ZLY_ID": posts["id"],
        "XM": person_names(female, rng),
        "LB": np.where(np.arange(n) % 4 == 3, "专管员", "助老员").astype(object),
        "LXDH": phones(n, rng),
        "SQ_DM": world.communities["code"][posts["community"]],
        "QS_RQ": iso(posts["since"]),
        "JS_RQ": np.full(n, None, dtype=object),
    }
    gone = max(1, n // 10)
    before = rng.choice(n, gone, replace=False)
    until = world.start + rng.integers(10, max(11, world.end - world.start), gone)
    former = {c: v[before].copy() for c, v in rows.items()}
    former["ZLY_ID"] = np.array([f"ZLY{v:03d}" for v in range(n + 1, n + gone + 1)], dtype=object)
    former["XM"] = person_names(rng.random(gone) < 0.7, rng)
    former["LXDH"] = phones(gone, rng)
    former["JS_RQ"] = iso(until)
    sink.create("ZLY_XX", dict.fromkeys(rows, "text"))
    return sink.append("ZLY_XX", {c: np.concatenate([v, former[c]]) for c, v in rows.items()})


def in_need(people: People, on: int) -> tuple[np.ndarray, np.ndarray]:
    """Who is registered for visits on a day, and why (index into NEEDS): hardship first, then frailty, then living alone at 80."""
    age = (on - people.birth) / 365.25
    poor, planned, frail = people.category == 5, people.category == 4, people.level >= 3
    alone, empty = (people.living == 0) & (age >= 80), (people.living == 1) & (age >= 84)
    oldest = age >= 95
    chosen = (poor | planned | frail | alone | empty | oldest) & people.resident(on) & ~people.elsewhere
    why = np.select([poor, frail, planned, alone, empty], range(5), 5)
    index = np.flatnonzero(chosen)
    return index, why[index]


def _write_visits(world: World, people: People, posts: dict[str, np.ndarray], sink: SqlSink) -> int:
    """TF_JL, month by month."""
    columns = ("TF_ID", "LNR_ID", "DX_LB", "ZLY_ID", "YTF_RQ", "TF_SJ", "FS", "JG")
    sink.create("TF_JL", dict.fromkeys(columns, "text") | {"JD": "real", "WD": "real", "XG_SJ": "text"})
    rows = 0
    visitor = _visitors(world, posts)
    for month, name in enumerate(world.months):
        rng = world.rng(f"visits {name}")
        batch = _visits_of(world, people, posts, visitor, month, rng)
        ids = np.array([f"TF{name.replace('-', '')}{k:06d}" for k in range(1, len(batch["elder"]) + 1)], dtype=object)
        _plant_after_death(world, people, batch, ids, month, rng)
        _plant_same_minute(world, people, posts, batch, ids, rng)
        rows += _append_visits(world, people, posts, batch, ids, sink, rng)
    return rows


def _visitors(world: World, posts: dict[str, np.ndarray]) -> np.ndarray:
    """The steward of each community: its own, else one of the same street."""
    street = world.communities["street"]
    out = np.empty(len(street), dtype=np.int64)
    for c in range(len(street)):
        own = np.flatnonzero(posts["community"] == c)
        near = own if len(own) else np.flatnonzero(street[posts["community"]] == street[c])
        out[c] = near[c % len(near)]
    return out


def _visits_of(
    world: World, people: People, posts: dict[str, np.ndarray], visitor: np.ndarray, month: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """The month's duty: who, why, by whom, when and with what result. ``done`` are seconds since 1970, -1 = nothing."""
    first = world.first_day(month)
    elder, why = in_need(people, first)
    n = len(elder)
    who = visitor[people.community[elder]]
    slack = posts["slack"][who] * (1.5 if world.months[month][5:] in ("01", "02", "08") else 1.0)
    due = first + DUE_DAY - 1
    draw = rng.random(n)
    missed, late = draw < slack * 0.45, (draw >= slack * 0.45) & (draw < slack)
    # A steward sees elders one after another: every visit has its own quarter of an hour of the month's working days.
    order = np.lexsort((rng.random(n), who))
    starts = np.flatnonzero(np.r_[True, np.diff(who[order]) != 0])
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n) - np.repeat(starts, np.diff(np.r_[starts, n]))
    slots = (DUE_DAY - 1) * 32
    step = rng.permutation(slots)[rank % slots]
    done = (first + step // 32) * 86_400 + 8 * 3600 + (step % 32) * 900 + rng.integers(0, 10, n) * 60
    later = due + 1 + rng.integers(0, 5, n)
    done = np.where(late, later * 86_400 + 8 * 3600 + (step % 32) * 900 + rng.integers(0, 10, n) * 60, done)
    # Nobody is in two places within one minute, unless it is planted.
    while len(twice := np.setdiff1d(np.arange(n), np.unique(who * 10**9 + done // 60, return_index=True)[1])):
        done[twice] += 60
    result = rng.choice(4, n, p=[0.925, 0.045, 0.018, 0.012])
    result[missed] = NOT_DONE
    result[rng.random(n) < 0.022] = EXCUSED
    # Those who die or move before the visit are excused.
    result[(people.gone[elder] * 86_400 <= done) | (people.gone[elder] <= due)] = EXCUSED
    # What lies beyond the end of the records has not happened.
    result[(done >= (world.end + 1) * 86_400) & (result != EXCUSED)] = NOT_DONE
    done = np.where(result >= NOT_DONE, -1, done)
    called = rng.random(n) < 0.12
    return {"elder": elder, "why": why, "who": who, "due": np.full(n, due), "done": done, "result": result, "called": called}


def _plant_after_death(
    world: World, people: People, batch: dict[str, np.ndarray], ids: np.ndarray, month: int, rng: np.random.Generator
) -> None:
    """Irregular: a visit ticked off as normal although the elder had died or moved weeks before."""
    first, due = world.first_day(month), int(batch["due"][0])
    gone = people.gone[batch["elder"]]
    pool = np.flatnonzero((gone <= due - 3) & (gone >= first))
    wanted = min(len(pool), int(rng.poisson(1.2 * max(0.15, world.scale))))
    for k in rng.permutation(pool)[:wanted]:
        batch["result"][k], batch["called"][k] = 0, True
        batch["done"][k] = (int(gone[k]) + 2) * 86_400 + 10 * 3600 + int(rng.integers(0, 3000))
        world.truth.irregular["duty_visit_after_death"].append({"visit_id": ids[k], "elder_id": people.ids[batch["elder"][k]]})


def _plant_same_minute(
    world: World, people: People, posts: dict[str, np.ndarray], batch: dict[str, np.ndarray], ids: np.ndarray,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """Irregular: a careless steward signs in for two distant elders within one minute."""
    place, who = people.point[batch["elder"]], batch["who"]
    here = (batch["done"] >= 0) & (batch["result"] == 0) & ~batch["called"]
    for _ in range(int(rng.poisson(2.0 * max(0.12, world.scale)))):
        careless = np.flatnonzero(here)[rng.permutation(int(here.sum()))[:400]]
        careless = careless[np.argsort(-posts["slack"][who[careless]], kind="stable")]
        for a in careless[:60]:
            mates = np.flatnonzero(here & (who == who[a]))
            away = np.hypot((place[mates, 0] - place[a, 0]) * 96, (place[mates, 1] - place[a, 1]) * 111)
            far = mates[away > 1.3]
            if len(far):
                b = int(far[int(rng.integers(len(far)))])
                batch["done"][b] = batch["done"][a] // 60 * 60 + 20
                here[[a, b]] = False
                world.truth.irregular["visits_same_minute"].append(
                    {"visits": [ids[a], ids[b]], "steward_id": posts["id"][who[a]]}
                )
                break


def _append_visits(
    world: World, people: People, posts: dict[str, np.ndarray], batch: dict[str, np.ndarray], ids: np.ndarray, sink: SqlSink,
    rng: np.random.Generator,
) -> int:  # fmt: skip
    """The batch as rows; unknown elders, timestamps with slashes and rows delivered twice are the mess."""
    n, elder, done = len(ids), batch["elder"], batch["done"]
    met = done >= 0
    recorded = np.where(met, done + rng.integers(600, 40_000, n), (batch["due"] + 7) * 86_400 + 8 * 3600)
    near = people.point[elder] + rng.normal(0, 0.0002, (n, 2))
    near[~met | batch["called"]] = np.nan
    columns: dict[str, Any] = {
        "TF_ID": ids,
        "LNR_ID": people.ids[elder].copy(),
        "DX_LB": take(NEEDS, batch["why"]),
        "ZLY_ID": posts["id"][batch["who"]],
        "YTF_RQ": iso(batch["due"]),
        "TF_SJ": np.array(stamps(done, ~met).to_pylist(), dtype=object),
        "FS": np.where(met, np.where(batch["called"], "电话", "上门"), None),
        "JG": take(RESULTS, batch["result"]),
        "JD": np.round(near[:, 0], 6),
        "WD": np.round(near[:, 1], 6),
        "XG_SJ": np.array(stamps(recorded).to_pylist(), dtype=object),
    }
    planted = {v for kind in ("visits_same_minute",) for e in world.truth.irregular[kind] for v in e["visits"]}
    planted |= {e["visit_id"] for e in world.truth.irregular["duty_visit_after_death"]}
    free = np.array([i not in planted for i in ids]) & met
    stranger = at_least_one(np.flatnonzero(free & (rng.random(n) < 0.0003)), free, rng)
    columns["LNR_ID"][stranger] = [f"L98{k:06d}" for k in stranger]
    world.truth.note("unknown_elder", "volunteer", "TF_JL", ids[stranger], "LNR_ID", "warned")
    free[stranger] = False
    slashed = np.flatnonzero(free & (rng.random(n) < 0.002))
    columns["TF_SJ"][slashed] = [t.replace("-", "/") for t in columns["TF_SJ"][slashed]]
    world.truth.note("timestamp_slashes", "volunteer", "TF_JL", ids[slashed], "TF_SJ", "absorbed")
    free[slashed] = False
    again = np.flatnonzero(free & (rng.random(n) < 0.001))
    world.truth.note("delivered_twice", "volunteer", "TF_JL", ids[again], "", "superseded")
    first = {c: v.take(pa.array(again)) if isinstance(v, pa.Array) else v[again].copy() for c, v in columns.items()}
    first["XG_SJ"] = np.array(stamps(recorded[again] - 300).to_pylist(), dtype=object)
    first["JG"] = take(RESULTS, np.full(len(again), NOT_DONE))
    first["TF_SJ"] = np.full(len(again), None, dtype=object)
    first["JD"] = first["WD"] = np.full(len(again), np.nan)
    return sink.append("TF_JL", first) + sink.append("TF_JL", columns)


def _write_social_workers(world: World, sink: SqlSink) -> int:
    """SG_XX; the number grows by a third over the period."""
    rng = world.rng("social workers")
    n = world.count(SOCIAL_WORKERS)
    gone = max(1, round(n * 0.12))
    total = n + gone
    since = world.start - rng.integers(30, 2400, total)
    joined = rng.random(total) < 0.27
    since[joined] = rng.integers(world.start, world.end - 10, int(joined.sum()))
    until = np.full(total, NEVER)
    until[n:] = rng.integers(world.start + 10, world.end, gone)
    since[n:] = np.minimum(since[n:], until[n:] - 25)
    weight = world.communities["weight"]
    community = rng.choice(len(weight), total, p=weight / weight.sum())
    stations = np.array([f"{BRAND_FIRST[i % 15]}{BRAND_SECOND[(i * 5) % 14]}社会工作站" for i in range(9)], dtype=object)
    levels = np.array(["助理社会工作师", "社会工作师", "高级社会工作师"], dtype=object)
    keys = np.array([f"SG{v:04d}" for v in range(1, total + 1)], dtype=object)
    columns = {
        "SG_ID": keys,
        "XM": person_names(rng.random(total) < 0.74, rng),
        "ZC_DJ": levels[rng.choice(3, total, p=[0.66, 0.32, 0.02])],
        "DW_MC": stations[world.communities["street"][community] % len(stations)],
        "SQ_DM": world.communities["code"][community],
        "QS_RQ": damage_dates(iso(since), since, keys, 0.02, world.truth, ("volunteer", "SG_XX", "QS_RQ"), rng),
        "JS_RQ": iso(until),
    }
    sink.create("SG_XX", dict.fromkeys(columns, "text"))
    return sink.append("SG_XX", columns)


def _write_organisations(stage: Stage, sink: SqlSink) -> int:
    """SHZZ: the social organisations of the provider register, and those that are none of its providers."""
    world, rng = stage.world, stage.world.rng("organisations")
    firms = [p for p in stage.firms if p.kind == SOCIAL]
    rows: list[list[Any]] = [[p.code, p.name, "社会服务机构", p.community, p.registered, p.closed] for p in firms]
    n = max(6, world.count(ORGANISATIONS)) - sum(p.closed == NEVER for p in firms)
    words = rng.permutation([a + b for a in BRAND_FIRST for b in BRAND_SECOND])
    weight = world.communities["weight"]
    for i in range(max(2, n) + 2):
        kind = str(rng.choice(["社会服务机构", "社会团体", "社区社会组织", "基金会"], p=[0.34, 0.16, 0.48, 0.02]))
        community = int(rng.choice(len(weight), p=weight / weight.sum()))
        short = world.communities["short"][community]
        head = {"社会服务机构": "52", "社会团体": "51", "基金会": "53"}.get(kind)
        tail = {"社会服务机构": "为老服务中心", "社会团体": "老年协会", "基金会": "助老基金会", "社区社会组织": "邻里互助队"}[
            kind
        ]
        since = world.start - int(rng.integers(60, 4000))
        if rng.random() < 0.2:
            since = int(rng.integers(world.start, world.end - 5))
        code = credit_code(head, world.region.code[:6], rng) if head else None
        closed = int(rng.integers(max(since + 5, world.start), world.end)) if i >= max(2, n) else NEVER
        rows.append([code, f"{short}{words[i]}{tail}", kind, community, since, closed])
    columns = {
        "ZZ_ID": [f"SHZ{k:03d}" for k in range(1, len(rows) + 1)],
        "TYDM": [r[0] for r in rows],
        "MC": [r[1] for r in rows],
        "LB": [r[2] for r in rows],
        "SQ_DM": [world.communities["code"][r[3]] for r in rows],
        "DJ_RQ": iso(np.array([r[4] for r in rows])),
        "ZX_RQ": iso(np.array([r[5] for r in rows])),
    }
    sink.create("SHZZ", dict.fromkeys(columns, "text"))
    world.truth.expected["organisations"] = sum(r[5] == NEVER for r in rows)
    return sink.append("SHZZ", columns)
