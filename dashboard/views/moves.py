"""What a draft policy does to a provider, as both pages of a trial tell it: the mark, whether it rises or falls, and how many do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dashboard import format as fmt
from dashboard.format import Mark

UP, DOWN, OPENS, OTHER = (
    Mark("升星", "▲", "good"), Mark("降星", "▼", "warn"), Mark("新符合退出条件", "◇", "bad"), Mark("其他变动", "●", "plain"),
)  # fmt: skip
MOVES = (UP, DOWN, OPENS, OTHER)
"""What a provider's move is shown as."""

Move = Mapping[str, Any]
"""One entry of a trial's ``moved``: ``etl.policy.trial.Moved`` as it is kept."""


def rises(moved: Move) -> bool:
    """More stars than now. Where there are none, before or after, there is nothing to compare: no rating is not less than one star."""
    return moved["star"] is not None and moved["new_star"] is not None and moved["new_star"] > moved["star"]


def falls(moved: Move) -> bool:
    """Fewer stars than now."""
    return moved["star"] is not None and moved["new_star"] is not None and moved["new_star"] < moved["star"]


def move(moved: Move) -> Mark:
    """The one mark of a provider that would stand elsewhere: a case that would open before stars."""
    return OPENS if moved["opens"] else UP if rises(moved) else DOWN if falls(moved) else OTHER


def counts(moved: Iterable[Move]) -> dict[str, int]:
    """How many rise, fall, would have a case opened, or change otherwise. Whoever falls and has a case opened counts in both."""
    found = dict.fromkeys((m.word for m in MOVES), 0)
    for m in moved:
        found[UP.word] += rises(m)
        found[DOWN.word] += falls(m)
        found[OPENS.word] += bool(m["opens"])
        found[OTHER.word] += move(m) is OTHER
    return found


def from_to(moved: Move) -> str:
    """Stars before and after, and the state where it changes."""
    said = [f"{fmt.star_word(moved['star'])} → {fmt.star_word(moved['new_star'])}"] if moved["star"] != moved["new_star"] else []
    if moved["state"] != moved["new_state"]:
        said.append(f"{fmt.EXIT_STATES[moved['state']].word} → {fmt.EXIT_STATES[moved['new_state']].word}")
    return "，".join(said)
