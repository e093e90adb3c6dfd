"""What a supervisor of the time bank should find in its ledger; every case is told to the truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.simulator.bank import CASH, EARN, ENTRY, TAKE, Bank
from data.simulator.world import World, iso


def plant(
    world: World, bank: Bank, ledger: dict[str, np.ndarray], keys: np.ndarray, names: np.ndarray, edited: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, list[np.ndarray]]:  # fmt: skip
    """Irregular entries, in place or as further rows (columns of ENTRY): what a supervisor of the bank should find."""
    more: dict[str, list[np.ndarray]] = {c: [] for c in ENTRY}
    note = world.truth.irregular
    late = (world.end - 45) * 86_400

    def add(**columns: Any) -> None:
        n = len(columns["account"])
        for c in ENTRY:
            more[c].append(np.broadcast_to(np.asarray(columns.get(c, -1)), n).astype(np.int64))

    times = 1 if world.scale < 0.5 else 3
    taken = np.flatnonzero((ledger["kind"] == TAKE) & (ledger["at"] < late))
    for k in rng.permutation(taken)[:times]:
        ledger["coins"][k] += 5_000
        note["bank_transfer_unbalanced"].append({"entry_id": names[k], "transfer_no": f"ZZ{ledger['transfer'][k]:06d}"})
    earned = np.flatnonzero((ledger["kind"] == EARN) & (ledger["at"] < late))
    for k in rng.permutation(earned)[: 2 * times]:
        ledger["coins"][k] = ledger["coins"][k] * 4
        edited[k] = ledger["at"][k] + int(rng.integers(12, 30)) * 86_400
        note["bank_entry_edited"].append({"entry_id": names[k], "account_id": keys[ledger["account"][k]]})
    quiet = np.setdiff1d(np.arange(bank.volunteers), ledger["account"][ledger["at"] > late])
    quiet = rng.permutation(quiet[(bank.opened[quiet] < world.start + 60) & (bank.closed[quiet] > world.end)])
    if len(quiet) < 8 * times:
        quiet = rng.permutation(bank.volunteers)
    for i in range(times):
        who = int(quiet[i])
        balance = _balance(ledger, who)
        coins = max(0, balance) + 4_000
        add(account=[who], kind=CASH, coins=coins, at=late + 86_400 * (3 + i) + 40_000)
        note["bank_overspent"].append({"account_id": keys[who], "coins": coins / 100})
    for i in range(times):
        who = int(quiet[times + i])
        day = (world.end - 30 - i) * 86_400
        add(account=[who] * 4, kind=EARN, grade=1, minutes=np.array([480, 420, 390, 300]), rate=100,
            coins=np.array([800, 700, 650, 500]), at=day + np.array([3600, 32_400, 55_000, 70_000]))  # fmt: skip
        note["bank_over_24_hours"].append({"account_id": keys[who], "day": iso(day // 86_400)[0]})
    ring = [int(v) for v in quiet[2 * times : 2 * times + 3]]
    for turn in range(3):
        for a in ring:
            for b in ring:
                if a != b:
                    at = (world.end - 24 + turn * 6) * 86_400 + 50_000 + ring.index(a) * 7_200 + ring.index(b) * 1_800
                    add(account=[a], kind=EARN, grade=2, minutes=30, rate=120, coins=60, counterpart=b, at=at)
    note["bank_mutual_circle"].append({"accounts": sorted(keys[v] for v in ring)})
    three = [int(v) for v in quiet[2 * times + 3 : 2 * times + 6]]
    for turn in range(2):  # each serves the next one only: no two of them serve each other
        for i, a in enumerate(three):
            at = (world.end - 22 + turn * 7) * 86_400 + 36_000 + i * 3_600
            add(account=[a], kind=EARN, grade=2, minutes=60, rate=120, coins=120, counterpart=three[(i + 1) % 3], at=at)
    note["bank_ring_of_three"].append({"accounts": sorted(keys[v] for v in three)})
    return more


def _balance(ledger: dict[str, np.ndarray], who: int) -> int:
    mine = ledger["account"] == who
    sign = np.where(np.isin(ledger["kind"], (EARN, TAKE)), 1, -1)
    return int((sign * ledger["coins"])[mine].sum())
