"""Leave to see one subject in full."""

from __future__ import annotations

from typing import NamedTuple


class Leave(NamedTuple):
    """Until when (``HH:MM``), for what purpose and reason."""

    until: str
    purpose: str
    reason: str
