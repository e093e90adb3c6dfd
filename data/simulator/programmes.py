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


def monthly_cents(people: People, programme: str, who: np.ndarray, on: np.ndarray) -> np.ndarray:
    """Cents a month of a programme for elders on days, by the district's subsidy policy."""
    level = people.level[who]
    if programme == "high_age":
        age = completed_years(people.birth[who], on)
        return np.where(age >= 100, 30_000, np.where(age >= 90, 10_000, 5_000))
    steps = (12_000, 30_000, 60_000) if programme == "service" else (0, 30_000, 80_000)
    return np.array(steps)[np.where(level >= 3, 2, np.where(level >= 1, 1, 0))]


@dataclass
class Book:
    """Applications of elders by programme, and the sums paid, which the budgets are built from."""

    application: dict[str, np.ndarray] = field(default_factory=dict)
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
