"""Which published snapshots are kept: the last ones, one a day for some days, one a month for some months. Each is as large as the one in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from etl.region import Region, RegionError


@dataclass(frozen=True, slots=True)
class Keep:
    """``snapshots`` in ``region.yaml``: the ``last`` ones (the one in force among them), beside them the last of each of the last ``days`` days and ``months`` months."""

    last: int = 3
    days: int = 7
    months: int = 3

    @classmethod
    def of(cls, region: Region) -> Keep:
        """What the region says; RegionError for what is no such rule."""
        said = region.head.get("snapshots") or {}
        names = list(asdict(cls()))
        if not isinstance(said, dict) or set(said) - set(names) or not all(type(n) is int and n >= 0 for n in said.values()):
            raise RegionError(f"region.yaml 中 snapshots 只能写 {'、'.join(names)}，值为不小于 0 的整数。")
        return cls(**said)

    def chosen(self, run_ids: Iterable[str], now: str) -> set[str]:
        """Those of these runs that are kept, when the run ``now`` is in force. A run's name begins with its day, YYYYMMDD."""
        ordered = sorted({*run_ids, now}, reverse=True)
        kept = {now, *[r for r in ordered if r != now][: max(0, self.last - 1)]}
        today = date.fromisoformat(now[:8])
        days = {f"{today - timedelta(n):%Y%m%d}" for n in range(self.days)}
        months = {f"{y // 12:04d}{y % 12 + 1:02d}" for y in (today.year * 12 + today.month - 1 - n for n in range(self.months))}
        seen: set[str] = set()
        for run in ordered:  # the newest of a day or month comes first
            for span, wanted in ((run[:8], days), (run[:6], months)):
                if span in wanted and span not in seen:
                    seen.add(span)
                    kept.add(run)
        return kept
