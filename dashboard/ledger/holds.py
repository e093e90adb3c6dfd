"""Releasing and rejecting held deliveries in somebody's name: the audit trail is written first, so that nothing happens unrecorded."""

from __future__ import annotations

from typing import Literal

from dashboard.ledger.audit import record
from dashboard.ledger.store import Ledger
from etl import holds
from etl.holds import Hold, HoldError
from etl.paths import Layout

__all__ = ["HoldError", "decide"]

ACTIONS = {"released": "放行报送", "rejected": "退回报送"}


def decide(
    ledger: Ledger, layout: Layout, module: str, decision: Literal["released", "rejected"], *, by: str, reason: str, ip: str = ""
) -> Hold:
    """Release or reject the delivery of a module that waits; HoldError (nothing recorded) where that is not possible.

    ``by`` is the account, or the user of the operating system. The next run loads exactly the released delivery.
    """
    held = holds.decidable(layout, module, decision, reason)
    detail = f"{held.content}；{'；'.join(held.findings)}；理由：{reason.strip()}"
    record(ledger, by, ACTIONS[decision], module, detail, ip)
    return holds.decide(layout, module, decision, by, reason)
