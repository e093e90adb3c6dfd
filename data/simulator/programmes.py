"""The subsidy programmes, what an elder gets from each, and the sums that go through the books."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from data.simulator.mess import MONEY_FORMS
from data.simulator.people import People, completed_years
from data.simulator.world import World

PROGRAMMES = {
    "high_age": ("高龄津贴", "老年人", "区高龄津贴发放办法：80 周岁以上按月发放"),
    "service": ("养老服务补贴", "老年人", "区政府购买养老服务实施办法"),
    "nursing": ("护理补贴", "老年人", "失能老年人护理补贴办法：重度、完全失能"),
    "construction": ("建设补助", "服务单位", "养老服务设施建设补助办法：硬件投入 50%"),
    "operation": ("运营补贴", "服务单位", "养老机构运营补贴办法：按季拨付"),
    "entry_award": ("入职奖补", "服务单位", "养老护理员入职奖补办法"),
}
# A month after every month of the data.
FAR = 10**6
# The ages at which the high-age allowance rises.
TIERS = (90, 100)


def monthly_cents(people: People, programme: str, who: np.ndarray, on: np.ndarray) -> np.ndarray:
    """Cents a month of a programme for elders on days, by the district's subsidy policy."""
    level = people.level[who]
    if programme == "high_age":
        age = completed_years(people.birth[who], on)
        return np.where(age >= 100, 30_000, np.where(age >= 90, 10_000, 5_000))
    steps = (12_000, 30_000, 60_000) if programme == "service" else (0, 30_000, 80_000)
    return np.array(steps)[np.where(level >= 3, 2, np.where(level >= 1, 1, 0))]


def apply_for(world: World, people: People, programme: str, who: np.ndarray, applied: np.ndarray, first: np.ndarray,
              pending: np.ndarray, rng: np.random.Generator) -> Span:  # fmt: skip
    """A programme's applications. Whoever reaches the next tier of the high-age allowance files a change in the month before it."""
    n, start = len(who), int(np.datetime64(world.months[0], "M").astype(int))

    def first_day(month: np.ndarray) -> np.ndarray:
        return (month + start).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)

    months, changed_on = np.full((n, 3), FAR), np.zeros((n, 3), dtype=np.int64)
    cents = np.zeros((n, 3), dtype=np.int64)
    months[:, 0], cents[:, 0] = first, monthly_cents(people, programme, who, first_day(first))
    for column, age in enumerate(TIERS if programme == "high_age" else (), 1):
        born = people.birth[who].astype("datetime64[D]")
        month = born.astype("datetime64[M]")
        # The month on whose first day the age is completed.
        tier = month.astype(np.int64) - start + 12 * age + (born > month)
        filed = first_day(tier) - 25 + rng.integers(0, 5, n)
        due = (tier > first) & (filed < people.gone[who]) & (filed <= world.end - 3) & ~pending
        months[due, column], changed_on[due, column] = tier[due], filed[due]
        cents[due, column] = monthly_cents(people, programme, who[due], first_day(tier[due]))
    return Span(who, applied, pending, months, cents, changed_on)


@dataclass
class Span:
    """The elders of one programme, an entry each. Columns of ``months``, ``cents`` and ``row``: the application and its changes.

    ``who``: elder index; ``applied``: day; ``pending``: not decided at the end of the data, so never paid; ``months`` (n, 3): first month
    due, ``FAR`` where no such application was filed; ``cents`` (n, 3) a month; ``row`` (n, 3): place in ``ids``; ``changed_on`` (n, 3): day
    on which a change was filed.
    """

    who: np.ndarray
    applied: np.ndarray
    pending: np.ndarray
    months: np.ndarray
    cents: np.ndarray
    changed_on: np.ndarray
    row: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    ids: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=object))

    @property
    def first(self) -> np.ndarray:
        """The first month due, which may lie before the period."""
        return self.months[:, 0]

    def in_force(self, index: np.ndarray, month: np.ndarray) -> np.ndarray:
        """Column of the application that is in force for entries in months."""
        later = self.months[index] <= month[:, None]
        return np.where(later[:, 2], 2, np.where(later[:, 1], 1, 0))


@dataclass
class Grants:
    """Applications of providers: cents applied for and granted, the month in which the money is due, and what became of them."""

    programme: np.ndarray
    provider: np.ndarray
    applied: np.ndarray
    cents: np.ndarray
    granted: np.ndarray
    due: np.ndarray
    refused: np.ndarray
    pending: np.ndarray
    late: np.ndarray
    ids: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=object))


@dataclass
class Book:
    """The sums paid, which the budgets are built from, and the number of rows written."""

    paid: dict[tuple[str, int, int], int] = field(default_factory=dict)
    by_month: dict[str, dict[str, int]] = field(default_factory=dict)
    rows: int = 0


def damage_money(
    world: World,
    text: np.ndarray,
    cents: np.ndarray,
    keys: np.ndarray,
    table: str,
    column: str,
    share: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Amounts in other forms that can still be read."""
    for kind, how in MONEY_FORMS.items():
        chosen = np.flatnonzero(rng.random(len(text)) < share)
        # One of every thousand-row file at least, so that a small district shows it, too.
        for i in chosen if len(chosen) or len(text) < 200 else rng.integers(0, len(text), 1):
            if kind == "money_ten_thousands" and cents[i] < 100_000:
                continue
            text[i] = how(int(cents[i]))
            world.truth.note(kind, "subsidy", table, [keys[i]], column, "absorbed")
    return text
