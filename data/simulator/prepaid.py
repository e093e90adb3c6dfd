"""What residents paid in advance: deposits, membership fees, services paid for a quarter or a year; how much of it the bank holds."""

from __future__ import annotations

import numpy as np

from data.simulator.people import People
from data.simulator.providers import HOME, Provider
from data.simulator.world import World
from data.simulator.writers import SqlSink

KINDS = ("押金", "会员费", "预付服务费")
DEPOSIT, MEMBER, SERVICE = range(3)
COLUMNS = {"DW_ID": "text", "LNR_ID": "text", "YF": "text", "YSF_LX": "text", "YE": "real", "CGYE": "real", "YSFBZ": "real"}
CLUBS, MEMBERS, AHEAD = 3, 0.25, 0.35
MEMBER_YEARS = 10


def write_prepayments(world: World, people: People, providers: list[Provider], stays: dict[str, np.ndarray], sink: SqlSink) -> int:
    """YSF_YE; irregular: badly run houses that keep most of the money themselves instead of at the bank."""
    rng = world.rng("prepaid")
    fee = np.array([round(float(rng.uniform(3200, 7800)), -2) for _ in providers])
    bad = np.array([p.bad.mean() for p in providers])
    held = np.where(bad > np.quantile(bad, 0.85), rng.uniform(0.1, 0.4, len(bad)), rng.uniform(0.9, 1.0, len(bad)))
    private = [p.index for p in providers if p.kind == HOME and p.ownership != "公办"]
    club = np.isin(np.arange(len(providers)), private[:: max(1, len(private) // CLUBS)][:CLUBS])
    house, since = stays["provider"], stays["since"]
    n = len(house)
    deposit = np.round(fee[house] * rng.choice([0.5, 1, 2, 3], n, p=[0.2, 0.4, 0.25, 0.15]), 2)
    joined = np.where(club[house] & (rng.random(n) < MEMBERS), np.round(rng.uniform(30_000, 150_000, n), -3), 0.0)
    cycle = np.where(rng.random(n) < AHEAD, rng.choice([3, 6, 12], n, p=[0.6, 0.25, 0.15]), 0)
    offset = rng.integers(0, 12, n)
    sink.create("YSF_YE", COLUMNS)
    rows = 0
    for m, month in enumerate(world.months):
        here = np.flatnonzero((since <= world.last_day(m)) & (stays["until"] > world.last_day(m)))
        years = (world.last_day(m) - since[here]) / 365.25
        left = np.where(cycle[here] > 0, cycle[here] - 1 - (m + offset[here]) % np.maximum(cycle[here], 1), 0)
        amounts = (deposit[here], joined[here] * np.clip(1 - years / MEMBER_YEARS, 0, 1), left * fee[house[here]])
        kind = np.repeat(np.arange(3), len(here))
        amount = np.round(np.concatenate(amounts), 2)
        who = np.tile(here, 3)
        keep = amount > 0
        kind, amount, who = kind[keep], amount[keep], who[keep]
        share = np.where(kind == SERVICE, held[house[who]] * 0.8, held[house[who]])
        rows += sink.append("YSF_YE", {
            "DW_ID": np.array([p.id for p in providers], dtype=object)[house[who]], "LNR_ID": people.ids[stays["elder"][who]],
            "YF": np.full(len(who), month, dtype=object), "YSF_LX": np.array(KINDS, dtype=object)[kind], "YE": amount,
            "CGYE": np.round(amount * share, 2), "YSFBZ": fee[house[who]],
        })  # fmt: skip
    for index in np.unique(house):
        if held[index] < 0.5:
            world.truth.irregular["prepaid_not_held"].append({"provider_id": providers[index].id, "share_held": round(float(held[index]), 2)})
    return rows
