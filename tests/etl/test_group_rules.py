"""A rule that looks at several rows at once: checking only what changed, and the groups that it belongs to, ends as checking everything does."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from etl import sift_part
from etl.checks import compile as compiled
from etl.connectors.base import schema
from etl.contract import Contract, Integer, Key, Money, Table, Text, daily
from etl.load import contracts
from tests.etl.loading import Loaded

PAID = Table(
    name="paid", title="发放", source="FF", grain="一笔", key=["payment_id"],
    columns=[
        Key(name="payment_id", source="ID", title="编号"),
        Text(name="account", source="ZH", title="账户", optional=True),
        Text(name="elder", source="LNR", title="老年人"),
        Integer(name="day", source="R", title="日"),
        Money(name="amount", source="JE", title="金额", minimum=0),
    ],
    warn={
        "同一账户两人": "account is not null and count(distinct elder) over (partition by account) > 1",
        "当日超额": "sum(amount) over (partition by elder, day // 7) > 30",
        "比上次少": "amount < lag(amount) over (partition by elder order by day, payment_id, _position)",
    },
    order_by="day",
    money="amount",
)  # fmt: skip
CONTRACT = Contract(module="fund", title="资金", owner="民政局", systems=["S1"], tables=[PAID], due=daily())


class Rows:
    """A reader of rows as they are given."""

    def __init__(self, rows: list[list[str | None]]):
        self.rows, self.skipped = rows, {}

    def fingerprint(self, table: Table) -> str | None:
        return None

    def delivered_on(self) -> None:
        return None

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        columns = [pa.array(list(c), pa.string()) for c in zip(*self.rows, strict=True)]
        n = len(self.rows)
        given = [*columns, pa.array(["FF"] * n), pa.array(range(1, n + 1), pa.int64()), pa.array([None] * n, pa.string())]
        yield pa.RecordBatch.from_arrays(given, schema=schema(table))


def row(chance: random.Random, number: int) -> list[str | None]:
    """A payment among some elders, accounts and days; now and then without account, with a wrong amount, or twice under one number."""
    return [
        f"P{chance.choice([number, number, number, 3])}", chance.choice([f"K{chance.randrange(80)}"] * 11 + [None]), f"E{chance.randrange(70)}",
        str(chance.randrange(1, 40)), chance.choice(["5", "10", "12.5", "20", "-1", "?"]),
    ]  # fmt: skip


def held(loaded: Loaded) -> list[Any]:
    """Rows, findings and counts."""
    counts = "read, loaded, quarantined, superseded, warned, money_read, money_loaded, money_quarantined, money_superseded"
    sql = ("select * from checked.fund_paid", "select * exclude (batch) from state.warning", "select * exclude (batch) from state.quarantine",
           f"select {counts} from state.delivery")  # fmt: skip
    return [loaded.con.execute(f"{s} order by all").fetchall() for s in sql]


@pytest.mark.parametrize("seed", range(4))
def test_what_a_change_reaches_through_groups_is_checked_again(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sift_part, "MOST", 0.9)
    parts: list[int] = []
    whole, real = Loaded(CONTRACT), sift_part.sift_part
    monkeypatch.setattr(sift_part, "sift_part", lambda *a: parts.append(1) or real(*a))
    chance = random.Random(seed)
    rows = [row(chance, n) for n in range(60)]
    mine = Loaded(CONTRACT)
    mine.read(Rows(rows))
    for turn in range(4):
        for _ in range(2):
            rows[chance.randrange(len(rows))] = row(chance, 100 * turn + chance.randrange(60))
        mine.read(Rows(rows))
    assert parts, "nothing was checked in part"
    whole.read(Rows(rows))
    assert held(mine) == held(whole)
    assert held(mine)[1], "no rule was broken"


def test_a_rule_over_everything_has_no_groups_and_the_register_of_elders_has() -> None:
    everything = replace(PAID, warn={"最大": "amount = max(amount) over ()"})
    assert sift_part.groups(compiled("fund", everything)) is None
    elder = next(t for c in contracts() if c.module == "registry" for t in c.tables if t.name == "elder")
    assert sift_part.groups(compiled("registry", elder)) == (("id_number",),)
