"""The time bank: SJ_ZH (accounts), SJ_LS (the ledger) and SJ_XQ (requests).

Volunteers earn coins by serving elders (an elder who has coins pays, otherwise the government does), a fifth of a month's earnings
goes into compulsory savings, the rest is spent, given to relatives or cashed.  Nobody can pay out more than was there when the month
began, so the ledger balances but for what was planted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from data.simulator.bank import CASH, EARN, ENTRY, GIVE, KINDS, SAVE, SPEND, TAKE, Bank
from data.simulator.bank_faults import plant
from data.simulator.mess import at_least_one, damage_dates
from data.simulator.names import person_names
from data.simulator.people import People
from data.simulator.systems import Stage
from data.simulator.systems.volunteer import STILL, enlisted
from data.simulator.world import NEVER, World, iso
from data.simulator.writers import SqlSink, stamps

ELDER_ACCOUNTS = 404
SERVICES_A_MONTH, TRANSFERS_A_MONTH, CASHED_A_MONTH = 1_440, 118, 190
SAVED = 0.2
GRADES = (1.0, 1.2, 1.5, 1.8, 2.0)
SERVICES = ("陪同聊天", "代办代购", "陪同就医", "居室整理", "助浴协助")


def write(stage: Stage) -> int:
    """All three tables; returns the number of rows."""
    world, people = stage.world, stage.elders
    rng = world.rng("time bank")
    helpers = enlisted(world)
    holders = _elder_holders(world, people, rng)
    n = len(helpers["id"]) + len(holders)
    opened = np.r_[np.maximum(helpers["since"] + 1, world.start), np.full(len(holders), world.start + 3)]
    opened[len(helpers["id"]) :] += rng.integers(0, max(1, (world.end - world.start) // 2), len(holders))
    closed = np.r_[helpers["until"], np.minimum(people.gone[holders], STILL)]
    bank = Bank(opened, closed, len(helpers["id"]), np.zeros(n, dtype=np.int64))
    needy = np.flatnonzero((people.served_to > 0) | (people.living < 2))
    for month in range(len(world.months)):
        _month(world, people, bank, holders, needy, month, world.rng(f"time bank {world.months[month]}"))
    sink = stage.sink("time_bank")
    ledger = {c: np.concatenate([p[c] for p in bank.parts]) for c in ENTRY}
    order = np.lexsort((ledger["kind"], ledger["at"]))
    ledger = {c: v[order] for c, v in ledger.items()}
    keys = np.array([f"SJ{k:05d}" for k in range(1, n + 1)], dtype=object)
    rows = _write_ledger(world, bank, ledger, keys, sink, rng)
    rows += _write_accounts(world, people, helpers, holders, bank, ledger, keys, sink, rng)
    rows += _write_requests(world, people, bank, keys, sink, rng)
    sink.close()
    return rows


def _elder_holders(world: World, people: People, rng: np.random.Generator) -> np.ndarray:
    """Elders with an account of their own."""
    able = np.flatnonzero(people.resident(world.start + 60) & (people.gone > world.end) & ~people.elsewhere)
    return rng.permutation(able)[: world.count(ELDER_ACCOUNTS)]


def _month(
    world: World, people: People, bank: Bank, holders: np.ndarray, needy: np.ndarray, month: int, rng: np.random.Generator
) -> None:
    """One month: requests, services, then what is given away, cashed and saved."""
    first, last = world.first_day(month), world.last_day(month)
    live = (bank.opened <= first) & (bank.closed > last)
    helpers = np.flatnonzero(live[: bank.volunteers])
    if not len(helpers):
        return
    growth = 0.72 + 0.56 * (month + 1) / len(world.months)
    wanted = max(3, int(rng.poisson(SERVICES_A_MONTH * growth * world.scale)))
    payers = bank.volunteers + np.flatnonzero(live[bank.volunteers :])
    budget = bank.free.copy()
    served = _requests(world, people, bank, needy, helpers, wanted, month, rng)
    _services(world, people, bank, holders, payers, served, budget, rng)
    free = live & (budget > 0)
    _gifts(world, bank, free, payers, budget, month, rng)
    _cash(world, bank, np.flatnonzero(live & (budget > 300)), budget, month, rng)
    earned = np.zeros(len(bank.free), dtype=np.int64)
    for part in bank.parts:
        if part["at"][0] >= first * 86_400:
            mine = part["kind"] == EARN
            np.add.at(earned, part["account"][mine], part["coins"][mine])
    saved = (earned * SAVED).astype(np.int64)
    who = np.flatnonzero(saved)
    bank.post(account=who, kind=SAVE, coins=saved[who], at=last * 86_400 + 84_600)
    bank.free += earned - saved


def _requests(
    world: World, people: People, bank: Bank, needy: np.ndarray, helpers: np.ndarray, wanted: int, month: int,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Requests posted in the month, mostly matched within a day or two; those done within the month become services."""
    first, last = world.first_day(month), world.last_day(month)
    here = needy[people.resident(last)[needy]]
    n = round(wanted * 1.22)
    elder = here[rng.integers(0, len(here), n)]
    grade = rng.choice(5, n, p=[0.36, 0.28, 0.18, 0.13, 0.05])
    posted = np.sort(rng.integers(first * 86_400 + 7 * 3600, (last - 2) * 86_400, n))
    # Streets with few volunteers wait longer.
    thin = 1 + 0.5 * (people.community[elder] % 3)
    wait = (rng.gamma(1.3, 5.2, n) * thin * 3600).astype(np.int64) + 300
    fate = rng.choice(4, n, p=[0.86, 0.05, 0.05, 0.04])
    helper = helpers[(rng.random(n) ** 1.7 * len(helpers)).astype(np.int64)]
    begin = (posted + wait) // 86_400 * 86_400 + 86_400 + rng.integers(8 * 4, 18 * 4, n) * 900
    minutes = rng.choice([30, 45, 60, 90, 120, 180], n, p=[0.08, 0.12, 0.34, 0.22, 0.18, 0.06])
    # One service a day and volunteer; the others fall to nobody.
    once = np.zeros(n, dtype=bool)
    once[np.unique(helper * 100_000 + begin // 86_400, return_index=True)[1]] = True
    done = (fate == 0) & once & (begin + minutes * 60 < (last + 1) * 86_400)
    matched = done | (fate == 1)
    matched &= posted + wait < (world.end + 1) * 86_400
    done &= matched
    number = bank.posted + 1 + np.arange(n)
    bank.posted += n
    bank.requests.append(
        {
            "number": number,
            "elder": elder,
            "grade": grade,
            "minutes": minutes,
            "posted": posted,
            "matched": np.where(matched, posted + wait, -1),
            "helper": np.where(matched, helper, -1),
            "done": np.where(done, begin + minutes * 60, -1),
            # 待匹配, 已匹配, 已完成, 已取消, 已过期
            "status": np.where(
                done, 2, np.where(matched, 1, np.where(fate == 2, 3, np.where(posted < (world.end - 20) * 86_400, 4, 0)))
            ),
        }
    )
    picked = {"elder": elder, "grade": grade, "minutes": minutes, "helper": helper, "begin": begin, "number": number}
    return {c: v[done] for c, v in picked.items()}


def _services(
    world: World, people: People, bank: Bank, holders: np.ndarray, payers: np.ndarray, served: dict[str, np.ndarray],
    budget: np.ndarray, rng: np.random.Generator,
) -> None:  # fmt: skip
    """The volunteer earns; where the person served has an account with coins enough, that account pays."""
    n = len(served["elder"])
    rates = np.round(np.array(GRADES) * 100).astype(np.int64)[served["grade"]]
    coins = rates * served["minutes"] // 60
    counterpart = np.full(n, -1)
    # Volunteers with savings ask for service, too, for themselves or their parents.
    wish = np.flatnonzero(rng.random(n) < 0.42)
    rich = np.flatnonzero(budget > 240)
    candidates = np.r_[payers, rich[rng.permutation(len(rich))]][: max(len(wish), 1)]
    candidates = rng.permutation(np.unique(candidates))
    for k, who in zip(wish, candidates, strict=False):
        if budget[who] >= coins[k] and who != served["helper"][k]:
            counterpart[k] = who
            budget[who] -= coins[k]
            bank.free[who] -= coins[k]
    at = served["begin"]
    common = {
        "grade": served["grade"] + 1,
        "minutes": served["minutes"],
        "rate": rates,
        "coins": coins,
        "request": served["number"],
    }
    bank.post(account=served["helper"], kind=EARN, counterpart=counterpart, at=at, **common)
    paid = counterpart >= 0
    if paid.any():
        bank.post(
            account=counterpart[paid], kind=SPEND, counterpart=served["helper"][paid], at=at[paid],
            **{c: v[paid] for c, v in common.items()},
        )  # fmt: skip


def _gifts(
    world: World, bank: Bank, free: np.ndarray, payers: np.ndarray, budget: np.ndarray, month: int, rng: np.random.Generator
) -> None:
    """Coins given to elders' accounts: two entries with one number."""
    givers = rng.permutation(np.flatnonzero(free[: bank.volunteers]))[: int(rng.poisson(TRANSFERS_A_MONTH * world.scale)) + 1]
    if not len(givers) or not len(payers):
        return
    takers = payers[rng.integers(0, len(payers), len(givers))]
    coins = np.maximum(1, (budget[givers] * rng.uniform(0.2, 0.8, len(givers))).astype(np.int64))
    at = rng.integers(world.first_day(month) * 86_400 + 30_000, world.last_day(month) * 86_400, len(givers))
    number = bank.transfers + 1 + np.arange(len(givers))
    bank.transfers += len(givers)
    bank.post(account=givers, kind=GIVE, coins=coins, counterpart=takers, transfer=number, at=at)
    bank.post(account=takers, kind=TAKE, coins=coins, counterpart=givers, transfer=number, at=at)
    budget[givers] -= coins
    np.subtract.at(bank.free, givers, coins)
    np.add.at(bank.free, takers, coins)


def _cash(world: World, bank: Bank, able: np.ndarray, budget: np.ndarray, month: int, rng: np.random.Generator) -> None:
    """Coins cashed at the market price on the 20th."""
    who = rng.permutation(able[able < bank.volunteers])[: int(rng.poisson(CASHED_A_MONTH * world.scale))]
    if not len(who):
        return
    coins = np.maximum(1, (budget[who] * rng.uniform(0.3, 0.9, len(who))).astype(np.int64))
    bank.post(account=who, kind=CASH, coins=coins, at=(world.first_day(month) + 19) * 86_400 + 36_000)
    budget[who] -= coins
    bank.free[who] -= coins


def _write_ledger(
    world: World, bank: Bank, ledger: dict[str, np.ndarray], keys: np.ndarray, sink: SqlSink, rng: np.random.Generator
) -> int:
    """SJ_LS; ``ledger`` is left as it is written, planted entries included."""
    n = len(ledger["at"])
    names = np.array([f"LS{k:07d}" for k in range(1, n + 1)], dtype=object)
    edited = np.full(n, -1)
    more = plant(world, bank, ledger, keys, names, edited, rng)
    for c in ENTRY:
        ledger[c] = np.concatenate([ledger[c], *more[c]])
    n = len(ledger["at"])
    names = np.array([f"LS{k:07d}" for k in range(1, n + 1)], dtype=object)
    edited = np.r_[edited, np.full(n - len(edited), -1)]
    recorded = ledger["at"] + np.where(
        np.isin(ledger["kind"], (EARN, SPEND)), ledger["minutes"] * 60 + rng.integers(600, 30_000, n), 0
    )
    recorded = np.where(ledger["kind"] == SPEND, np.maximum(recorded, ledger["at"]), recorded)

    def text(prefix: str, column: str, width: int) -> np.ndarray:
        return np.array([None if v < 0 else f"{prefix}{v:0{width}d}" for v in ledger[column].tolist()], dtype=object)

    coins = np.array([f"{v // 100}.{v % 100:02d}" for v in ledger["coins"].tolist()], dtype=object)
    known = np.where(ledger["counterpart"] >= 0, keys[ledger["counterpart"]], None)
    damaged = np.flatnonzero((ledger["kind"] == EARN) & (edited < 0) & (rng.random(n) < 0.0008))
    coins[damaged] = [f"{v}".translate(str.maketrans("0123456789.", "０１２３４５６７８９．")) for v in coins[damaged]]
    world.truth.note("money_full_width", "time_bank", "SJ_LS", names[damaged], "BS", "absorbed")
    columns: dict[str, Any] = {
        "LS_ID": names,
        "ZH_ID": keys[ledger["account"]],
        "LX": np.array(KINDS, dtype=object)[ledger["kind"]],
        "FW_DJ": text("", "grade", 1),
        "FW_SC": text("", "minutes", 1),
        "DJ_BZ": np.array([None if v < 0 else f"{v / 100:.2f}" for v in ledger["rate"].tolist()], dtype=object),
        "BS": coins,
        "DF_ZH": known,
        "ZZ_NO": text("ZZ", "transfer", 6),
        "XQ_ID": text("XQ", "request", 6),
        "FS_SJ": np.array(stamps(ledger["at"]).to_pylist(), dtype=object),
        "JZ_SJ": np.array(stamps(recorded).to_pylist(), dtype=object),
        "XG_SJ": np.array(stamps(edited, edited < 0).to_pylist(), dtype=object),
    }
    again = rng.choice(n, max(1, round(n * 0.0004)), replace=False)
    world.truth.note("delivered_twice", "time_bank", "SJ_LS", names[again], "", "superseded")
    sink.create("SJ_LS", dict.fromkeys(columns, "text"))
    rows = sink.append("SJ_LS", columns) + sink.append("SJ_LS", {c: v[again] for c, v in columns.items()})
    stray = {c: v[:1].copy() for c, v in columns.items()}
    stray |= {"LS_ID": np.array([f"LS{n + 1:07d}"], dtype=object), "ZH_ID": np.array(["SJ99999"], dtype=object)}
    world.truth.note("unknown_account", "time_bank", "SJ_LS", stray["LS_ID"], "ZH_ID", "quarantined")
    return rows + sink.append("SJ_LS", stray)


def _write_accounts(
    world: World, people: People, helpers: dict[str, np.ndarray], holders: np.ndarray, bank: Bank, ledger: dict[str, np.ndarray],
    keys: np.ndarray, sink: SqlSink, rng: np.random.Generator,
) -> int:  # fmt: skip
    """SJ_ZH; irregular: of one account the platform's own balance is not that of its entries."""
    n, count = len(keys), bank.volunteers
    sign = np.where(np.isin(ledger["kind"], (EARN, TAKE)), 1, -1)
    balance = np.zeros(n, dtype=np.int64)
    np.add.at(balance, ledger["account"], sign * ledger["coins"])
    for k in rng.permutation(np.unique(ledger["account"]))[: 1 if world.scale < 0.5 else 2]:
        balance[k] += 1_250
        world.truth.irregular["bank_balance_differs"].append({"account_id": keys[k]})
    closed = np.where(bank.closed <= world.end, bank.closed, NEVER)
    female = np.r_[helpers["female"], np.full(len(holders), True)]
    columns: dict[str, Any] = {
        "ZH_ID": keys,
        "HZ_LX": np.where(np.arange(n) < count, "志愿者", "老年人").astype(object),
        "ZYZ_ID": np.r_[helpers["id"], np.full(len(holders), None)],
        "LNR_ID": np.r_[np.full(count, None), people.ids[holders]],
        "HZ_XM": person_names(female, rng),
        "SQ_DM": world.communities["code"][np.r_[helpers["community"], people.community[holders]]],
        "KH_RQ": damage_dates(iso(bank.opened), bank.opened, keys, 0.01, world.truth, ("time_bank", "SJ_ZH", "KH_RQ"), rng),
        "XH_RQ": iso(np.where((closed != NEVER) & (closed >= bank.opened), closed, NEVER)),
        "YE": np.array([f"{v / 100:.2f}" for v in balance.tolist()], dtype=object),
        "XG_SJ": np.array(stamps(np.full(n, world.end * 86_400 + 86_340)).to_pylist(), dtype=object),
    }
    world.truth.expected["time_bank"] = {
        "accounts": n,
        "earned": round(float(ledger["coins"][ledger["kind"] == EARN].sum()) / 100, 2),
        "spent": round(float(ledger["coins"][ledger["kind"] == SPEND].sum()) / 100, 2),
        "cashed": round(float(ledger["coins"][ledger["kind"] == CASH].sum()) / 100, 2),
    }
    sink.create("SJ_ZH", dict.fromkeys(columns, "text"))
    return sink.append("SJ_ZH", columns)


def _write_requests(world: World, people: People, bank: Bank, keys: np.ndarray, sink: SqlSink, rng: np.random.Generator) -> int:
    """SJ_XQ."""
    if not bank.requests:
        raise ValueError("the time bank needs volunteers from its first month on")
    asked = {c: np.concatenate([r[c] for r in bank.requests]) for c in bank.requests[0]}
    n = len(asked["number"])
    names = np.array([f"XQ{v:06d}" for v in asked["number"]], dtype=object)
    updated = np.maximum(asked["posted"], np.maximum(asked["matched"], asked["done"])) + rng.integers(0, 900, n)
    columns: dict[str, Any] = {
        "XQ_ID": names,
        "LNR_ID": people.ids[asked["elder"]].copy(),
        "FW_XM": np.array(SERVICES, dtype=object)[asked["grade"]],
        "YJ_SC": asked["minutes"].astype(str).astype(object),
        "FB_SJ": np.array(stamps(asked["posted"]).to_pylist(), dtype=object),
        "PP_SJ": np.array(stamps(asked["matched"], asked["matched"] < 0).to_pylist(), dtype=object),
        "ZYZ_ZH": np.where(asked["helper"] >= 0, keys[asked["helper"]], None),
        "WC_SJ": np.array(stamps(asked["done"], asked["done"] < 0).to_pylist(), dtype=object),
        "ZT": np.array(("待匹配", "已匹配", "已完成", "已取消", "已过期"), dtype=object)[asked["status"]],
        "XG_SJ": np.array(stamps(updated).to_pylist(), dtype=object),
    }
    whole = np.ones(n, dtype=bool)
    stranger = at_least_one(np.flatnonzero(rng.random(n) < 0.0004), whole, rng)
    columns["LNR_ID"][stranger] = [f"L97{k:06d}" for k in stranger]
    world.truth.note("unknown_elder", "time_bank", "SJ_XQ", names[stranger], "LNR_ID", "warned")
    sink.create("SJ_XQ", dict.fromkeys(columns, "text"))
    return sink.append("SJ_XQ", columns)
