"""The calendar of the bureau: Asia/Shanghai, without zone."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The moment in Asia/Shanghai, to the second, without zone."""
    return datetime.now(ZONE).replace(tzinfo=None, microsecond=0)


def day(moment: float) -> date:
    """The calendar day in Asia/Shanghai of a moment in seconds since 1970, such as a file's."""
    return datetime.fromtimestamp(moment, ZONE).date()


def today() -> date:
    """The calendar day in Asia/Shanghai."""
    return now().date()
