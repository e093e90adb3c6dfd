"""Plays the medical insurance agency: long-term-care benefits, settled month by month and known by ID number only."""

from __future__ import annotations

import numpy as np

from data.simulator.identity import true_ids
from data.simulator.mess import damage_ids, money_text
from data.simulator.providers import CARE, CENTRE, HOME, MICRO
from data.simulator.systems import Stage
from data.simulator.world import iso
from data.simulator.writers import csv_file

GRADES = ("重度失能Ⅰ级", "重度失能II级", "重度失能Ⅲ级")
# Cents a month by grade, at home and in an institution.
AMOUNTS = np.array([[90_000, 112_500, 135_000], [120_000, 150_000, 180_000]])
INSTITUTION, AFTER_DEATH, TWICE = 0.27, 6, 3


def write(stage: Stage) -> int:
    """``长护险_<YYYYMM>.csv`` with a total line; returns the rows written."""
    world, people = stage.world, stage.elders
    rng = world.rng("insurance")
    numbers = true_ids(world, people)
    entitled = np.flatnonzero((people.level >= 3) & (rng.random(people.n) < 0.93) & ~people.elsewhere)
    grade = people.level[entitled] - 3 + (rng.random(len(entitled)) < 0.35)
    inside = (rng.random(len(entitled)) < INSTITUTION).astype(np.int64)
    since = np.maximum(people.level_since[entitled], people.registered[entitled]) + rng.integers(30, 90, len(entitled))
    hosts = [[p for p in stage.firms if p.kind in kinds] for kinds in ((CARE, CENTRE), (HOME, MICRO))]
    pick = rng.integers(0, 10**6, len(entitled))
    wrong = _wrong(stage, entitled, rng)
    parts = []
    for m, month in enumerate(world.months):
        receives = people.resident(world.last_day(m))[entitled] & (since <= world.first_day(m))
        here = np.r_[np.flatnonzero(receives), wrong.get(m, np.empty(0, dtype=np.int64))]
        codes = [[p.code for p in pool if p.open_in(world, m)] or [None] for pool in hosts]
        credit = [codes[f][k % len(codes[f])] for f, k in zip(inside[here], pick[here], strict=True)]
        digits = month.replace("-", "")
        keys = [f"CH{digits}{i + 1:05d}" for i in range(len(here))]
        written = f"{month[:4]}年{int(month[5:])}月" if m % 5 == 0 else digits if m % 2 else month
        parts.append((m, here, keys, credit, np.full(len(here), written, dtype=object)))
    everybody = entitled[np.concatenate([here for _, here, *_ in parts])]
    keys = np.array([key for part in parts for key in part[2]], dtype=object)
    place = ("insurance", "benefit", "身份证号")
    shown, _ = damage_ids(numbers[everybody], keys, people.birth[everybody], world.truth, place, rng)
    rows = done = 0
    for m, here, own, credit, written in parts:
        amount = AMOUNTS[inside[here], grade[here]]
        columns = {
            "结算编号": own,
            "身份证号": shown[done : done + len(here)],
            "失能等级": np.array(GRADES, dtype=object)[grade[here]],
            "护理方式": np.array(("居家护理", "机构护理"), dtype=object)[inside[here]],
            "定点机构信用代码": credit,
            "享受月份": written,
            "支付金额": money_text(amount),
            "支付日期": iso(world.last_day(m) + 1 + rng.integers(8, 14, len(here))),
        }
        done += len(here)
        total = {"结算编号": "合计", "支付金额": f"{amount.sum() / 100:.2f}"}
        rows += csv_file(stage.out / "insurance" / f"长护险_{world.months[m].replace('-', '')}.csv", columns, total)
    return rows


def _wrong(stage: Stage, entitled: np.ndarray, rng: np.random.Generator) -> dict[int, np.ndarray]:
    """By month: those (indices among the entitled) paid although they had died, or paid a second time."""
    world, people = stage.world, stage.elders
    out: dict[int, list[int]] = {}
    gone = people.gone[entitled]
    died = np.flatnonzero(people.dead[entitled] & (gone > world.start) & (gone < world.first_day(len(world.months) - 1)))
    for i in rng.permutation(died)[:AFTER_DEATH]:
        first = int(world.month_of(gone[[i]])[0]) + 1
        for m in range(first, min(first + 2, len(world.months))):
            out.setdefault(m, []).append(int(i))
            world.truth.irregular["care_insurance_after_death"].append(
                {"elder_id": str(people.ids[entitled[i]]), "died_on": iso(gone[i])[0], "month": world.months[m]}
            )
    stays = np.flatnonzero(people.resident(world.end)[entitled] & (people.level_since[entitled] < world.start - 120))
    for i in rng.permutation(stays)[:TWICE]:
        m = int(rng.integers(0, len(world.months)))
        if people.registered[entitled[i]] < world.start - 120:
            out.setdefault(m, []).append(int(i))
            world.truth.irregular["care_insurance_twice"].append(
                {"elder_id": str(people.ids[entitled[i]]), "month": world.months[m]}
            )
    return {m: np.array(v, dtype=np.int64) for m, v in out.items()}
