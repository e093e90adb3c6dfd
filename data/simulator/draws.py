"""Double-random plans and draws, and the credit records of providers: what inspection.sqlite holds beside visits and findings."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.simulator.providers import Provider
from data.simulator.world import NEVER, World, day, iso

GRADES = ("A", "B", "C", "D")
REASONS = {"A": "守信激励", "B": "正常", "C": "轻微失信", "D": "严重失信"}


def draw(
    world: World, providers: list[Provider], visits: list[dict[str, Any]], inspectors: tuple[str, ...]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(JC_JH, JC_CQ): a plan a quarter; every double-random visit was drawn before, and a few of those drawn were visited late or never."""
    rng = world.rng("draws")
    plans: dict[str, dict[str, Any]] = {}
    draws: list[dict[str, Any]] = []
    by_id = {p.id: p for p in providers}

    def plan(on: int) -> dict[str, Any]:
        year, month = iso(on)[0][:4], int(iso(on)[0][5:7])
        quarter = (month - 1) // 3 + 1
        key = f"{year}{quarter}"
        if key not in plans:
            first, last = day(f"{year}-{quarter * 3 - 2:02d}-01"), day(f"{year}-{quarter * 3:02d}-28")
            plans[key] = {
                "JH_ID": f"JH{key}", "MC": f"{year}年第{quarter}季度养老服务“双随机、一公开”抽查", "KS_RQ": iso(first)[0], "JS_RQ": iso(last)[0],
                "CCBL": int(rng.integers(15, 31)), "GS_RQ": iso(first - 6)[0],
            }  # fmt: skip
        return plans[key]

    def add(p: Provider, on: int, due: int, people: str, visit: str | None) -> None:
        draws.append(
            {"JH_ID": plan(due)["JH_ID"], "DW_ID": p.id, "CQ_RQ": iso(on)[0], "JCRY": people, "CN_RQ": iso(due)[0], "RW_ID": visit}
        )

    for visit in (v for v in visits if v["LX"] == "双随机"):
        on = day(visit["JC_RQ"])
        p = by_id[visit["DW_ID"]]
        late = rng.random() < 0.05
        due = on - int(rng.integers(1, 9)) if late else on + int(rng.integers(0, 16))
        drawn = min(on, due) - int(rng.integers(3, 18))
        add(p, drawn, due, visit["JCRY"], visit["RW_ID"])
        if rng.random() < 0.03:
            other = providers[int(rng.integers(len(providers)))]
            if other.registered < drawn and (other.closed == NEVER or other.closed > due):
                add(other, drawn, due, "、".join(rng.choice(inspectors, 2, replace=False)), None)
                if due <= world.end:
                    world.truth.irregular["draw_without_inspection"].append({"provider_id": other.id, "due_on": iso(due)[0]})
    draws.sort(key=lambda r: (r["CQ_RQ"], r["DW_ID"], r["CN_RQ"]))
    return list(plans.values()), [{"CQ_ID": f"CQ{i + 1:06d}", **r} for i, r in enumerate(draws) if day(r["CQ_RQ"]) <= world.end]


def credit(world: World, providers: list[Provider]) -> list[dict[str, Any]]:
    """JC_XY: a grade a year for most providers, by how they are run; the worst are listed in public."""
    rng = world.rng("credit")
    rows: list[dict[str, Any]] = []
    for p in providers:
        on = max(p.registered + 120, world.start - int(rng.integers(1, 365)))
        while on <= world.end and (p.closed == NEVER or on < p.closed):
            month = int(np.clip(world.month_of(np.array([on]))[0], 0, len(world.months) - 1))
            value = float(p.bad[month]) + rng.normal(0, 0.05)
            grade = GRADES[int(np.searchsorted([0.12, 0.38, 0.62], value))]
            if rng.random() < 0.96:
                rows.append(
                    {"DW_ID": p.id, "DJ": grade, "PD_RQ": iso(on)[0], "YX_RQ": iso(on + 364)[0], "YY": REASONS[grade], "GS": "1" if grade in "AD" else "0"}
                )  # fmt: skip
            on += 365
    rows.sort(key=lambda r: (r["PD_RQ"], r["DW_ID"]))
    return [{"XY_ID": f"XY{i + 1:05d}", **r} for i, r in enumerate(rows)]
