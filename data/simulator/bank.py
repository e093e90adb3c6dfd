"""The time bank's ledger while it is made up: kinds of entries, and what every account can pay out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

EARN, SPEND, GIVE, TAKE, CASH, SAVE = range(6)
KINDS = ("存入", "兑换", "转出", "转入", "折现", "强制储蓄")
ENTRY = ("account", "kind", "grade", "minutes", "rate", "coins", "counterpart", "transfer", "request", "at")


@dataclass
class Bank:
    """The ledger under construction: coins in cents, one array per column and month; ``free`` is what every account can pay out."""

    opened: np.ndarray
    closed: np.ndarray
    volunteers: int
    free: np.ndarray
    parts: list[dict[str, np.ndarray]] = field(default_factory=list)
    transfers: int = 0
    requests: list[dict[str, np.ndarray]] = field(default_factory=list)
    posted: int = 0

    def post(self, **columns: Any) -> None:
        """Entries; columns that are not given hold -1."""
        n = len(columns["account"])
        self.parts.append({c: np.broadcast_to(np.asarray(columns.get(c, -1)), n).astype(np.int64) for c in ENTRY})
