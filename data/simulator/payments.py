"""Monthly payment files (发放_YYYYMM): who was paid what, returned payments and their repetition, and what should not have been paid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from data.simulator.mess import money_text
from data.simulator.people import People
from data.simulator.programmes import PROGRAMMES, Book, Grants, Span, damage_money
from data.simulator.providers import Provider
from data.simulator.world import NEVER, World, iso
from data.simulator.writers import csv_file, take

RETURNED = 0.004
# Payments held back (the yearly proof of life is missing); half of them follow a month later.
HELD = 0.006
TWICE_A_MONTH = {"high_age": 1.2, "service": 0.8, "nursing": 0.3}
CODES = list(PROGRAMMES)


def write_payments(
    world: World,
    people: People,
    providers: list[Provider],
    spans: dict[str, Span],
    grants: Grants,
    book: Book,
    folder: Path,
    rng: np.random.Generator,
) -> None:
    """Elders on the 15th … 18th for the running month by the application in force, providers some weeks after they applied."""
    accounts = pa.array(_accounts(world, people, spans, rng), pa.string())
    own = pa.array([f"b{p.index:015x}" for p in providers], pa.string())
    known = {name: pa.array(span.ids, pa.string()) for name, span in spans.items()}
    granted, of_programme = pa.array(grants.ids, pa.string()), np.array([CODES.index(p) for p in grants.programme], dtype=np.int64)
    paid_in = np.where(grants.refused | grants.pending, -1, grants.due + grants.late)
    carried: dict[str, np.ndarray] = {p: np.empty(0, dtype=np.int64) for p in spans}
    for m in range(len(world.months)):
        parts = []
        for programme, span in spans.items():
            index, month, returned = _due(world, people, programme, span, carried, m, rng)
            who, n = span.who[index], len(index)
            column = span.in_force(index, month)
            parts.append(
                {
                    "申报编号": take(known[programme], span.row[index, column]),
                    "programme": np.full(n, CODES.index(programme)),
                    "老年人编号": take(people.arrow_ids, who),
                    "单位编号": pa.nulls(n, pa.string()),
                    "month": month,
                    "cents": span.cents[index, column],
                    "账户校验码": take(accounts, who),
                    "on": world.first_day(m) + 14 + rng.integers(0, 4, n),
                    "returned": returned,
                    "street": world.communities["street"][people.community[who]],
                }
            )
        chosen = np.flatnonzero(paid_in == m)
        firm, n = grants.provider[chosen], len(chosen)
        parts.append(
            {
                "申报编号": take(granted, chosen),
                "programme": of_programme[chosen],
                "老年人编号": pa.nulls(n, pa.string()),
                "单位编号": take([p.id for p in providers], firm),
                "month": grants.due[chosen],
                "cents": grants.granted[chosen],
                "账户校验码": take(own, firm),
                "on": world.first_day(m) + 19 + rng.integers(0, 5, n),
                "returned": np.zeros(n, dtype=bool),
                "street": np.array([providers[i].street for i in firm], dtype=np.int64),
            }
        )
        _write_month(world, parts, m, book, folder, rng)


def _accounts(world: World, people: People, spans: dict[str, Span], rng: np.random.Generator) -> np.ndarray:
    """Account hash per elder; a few elders share another's account (irregular)."""
    accounts = np.array([f"{a:016x}" for a in rng.integers(0, 2**63, people.n).tolist()], dtype=object)
    who = spans["high_age"].who
    living = who[people.gone[who] > world.end]
    pairs = max(1, round(10 * min(1, world.provider_factor)))
    for a, b in rng.permutation(living)[: 2 * pairs].reshape(-1, 2):
        accounts[b] = accounts[a]
        world.truth.irregular["shared_account"].append({"elders": [people.ids[a], people.ids[b]]})
    return accounts


def _due(
    world: World,
    people: People,
    programme: str,
    span: Span,
    carried: dict[str, np.ndarray],
    m: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whom a programme pays in month ``m``: positions in ``span``, the month paid for, and whether the bank returned it.

    The month of death is still due.  Irregular: some who died in the last three months, and some paid twice.  What the bank returned
    is paid again a month later; some payments are held back.
    """
    who, cut = span.who, world.first_day(m)
    gone = people.gone[who]
    running = (span.first <= m) & ~span.pending & ((programme != "service") | (people.served_to[who] > cut))
    active = np.flatnonzero(running & (gone >= cut))
    held = active[rng.random(len(active)) < HELD]
    active = np.setdiff1d(active, held, assume_unique=True)
    dead = np.flatnonzero((span.first <= m) & ~span.pending & people.dead[who] & (gone < cut) & (gone >= world.first_day(m - 3)))
    wrongly = rng.random(len(dead)) < np.where(gone[dead] >= cut - 12, 0.03, 0.012)
    # A small district has one such case, too.
    wrongly[:1] |= not world.truth.irregular["paid_after_death"]
    dead = dead[wrongly]
    factor = min(1.0, world.provider_factor)
    twice = rng.permutation(active)[: int(rng.poisson(TWICE_A_MONTH[programme] * factor))]
    for kind, rows in (("paid_after_death", dead), ("paid_twice", twice)):
        world.truth.irregular[kind] += [
            {"programme": programme, "elder_id": people.ids[who[i]], "month": world.months[m]} for i in rows
        ]
    back = carried[programme]
    index = np.concatenate([active, dead, twice, back])
    month = np.r_[np.full(len(active) + len(dead) + len(twice), m), np.full(len(back), m - 1)]
    returned = np.zeros(len(index), dtype=bool)
    returned[: len(active)] = (rng.random(len(active)) < RETURNED) & ~np.isin(active, twice)
    again = np.r_[active[returned[: len(active)]], held[rng.random(len(held)) < 0.5]]
    carried[programme] = again[gone[again] > world.last_day(m)]
    return index, month, returned


def _write_month(world: World, parts: list[dict[str, Any]], m: int, book: Book, folder: Path, rng: np.random.Generator) -> None:
    """One 发放 file and what it adds to the sums."""

    def text(key: str) -> pa.Array:
        return pa.concat_arrays([p[key] for p in parts])

    programme, month, cents, on, returned, street = (
        np.concatenate([p[k] for p in parts]).astype(np.int64)
        for k in ("programme", "month", "cents", "on", "returned", "street")
    )
    stamp = world.months[m].replace("-", "")
    n = len(cents)
    ids = (np.arange(1, n + 1) + int(stamp) * 10**7).astype(str).astype(object)
    ids = np.array("FF", dtype=object) + ids
    amount = damage_money(world, money_text(cents), cents, ids, f"发放_{stamp}.csv", "金额", 0.0004, rng)
    payee = np.array([PROGRAMMES[c][1] == "服务单位" for c in CODES])[programme].astype(np.int64)
    book.rows += csv_file(
        folder / f"发放_{stamp}.csv",
        {
            "发放编号": ids,
            "批次号": take([f"PC{stamp}{i + 1:02d}" for i in range(len(CODES))], programme),
            "申报编号": text("申报编号"),
            "项目编码": take(CODES, programme),
            "发放对象": take(("老年人", "服务单位"), payee),
            "老年人编号": text("老年人编号"),
            "单位编号": text("单位编号"),
            "发放月份": take([world.month_name(m - 1), world.months[m]], month - m + 1),
            "金额": amount,
            "账户校验码": text("账户校验码"),
            "发放日期": iso(on),
            "银行结果": take(("成功", "退回"), returned),
            "退回日期": iso(np.where(returned == 1, on + 5, NEVER)),
        },
        {"发放编号": "合计", "金额": money_text(cents.sum(keepdims=True))[0]},
    )
    year = int(world.months[m][:4])
    for i, name in enumerate(CODES):
        mine = (returned == 0) & (programme == i)
        for k in np.unique(month[mine]).tolist():
            sums = book.by_month.setdefault(name, {})
            sums[world.month_name(k)] = sums.get(world.month_name(k), 0) + int(cents[mine & (month == k)].sum())
        for s, total in enumerate(np.bincount(street[mine], weights=cents[mine], minlength=len(world.streets["code"]))):
            book.paid[name, s, year] = book.paid.get((name, s, year), 0) + round(total)
