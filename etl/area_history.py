"""What an area code meant on a day, and which area answers for it today: mergers, splits, and codes that were given out twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from etl.region import Area

LONG_AGO, NEVER = date(1, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Meaning:
    """One meaning of a code: in force from ``valid_from`` until before ``valid_to``; used for records from ``use_from`` until before
    ``use_until``, which cover all time, so that a record dated amiss is doubtful but not lost.

    ``target``: the code that answers for it today; after a split (``split``) the area above all its successors.
    """

    code: str
    level: int
    target: str
    split: bool
    valid_from: date
    valid_to: date
    use_from: date
    use_until: date


def meanings(areas: Sequence[Area]) -> list[Meaning]:
    """All meanings of all codes that lead to an area in force; a code that leads nowhere has none."""
    history = _History(areas)
    found = []
    for periods in history.by_code.values():
        for i, area in enumerate(periods):
            target = history.today(area)
            if target is None:
                continue
            begins, ends = area.valid_from or LONG_AGO, area.valid_to or NEVER
            first, last = i == 0, i + 1 == len(periods)
            found.append(Meaning(
                area.code, area.level, target.code, target.level != area.level, begins, ends,
                LONG_AGO if first else begins, NEVER if last else periods[i + 1].valid_from or NEVER,
            ))  # fmt: skip
    return found


class _History:
    """The periods of each code, oldest first."""

    def __init__(self, areas: Iterable[Area]):
        self.by_code: dict[str, list[Area]] = defaultdict(list)
        for area in sorted(areas, key=lambda a: a.valid_from or LONG_AGO):
            self.by_code[area.code].append(area)

    def at(self, code: str, day: date) -> Area | None:
        """The code's period on a day; its nearest later one where it has none."""
        periods = self.by_code.get(code, [])
        return next((a for a in periods if (a.valid_to or NEVER) > day), periods[-1] if periods else None)

    def today(self, area: Area) -> Area | None:
        """The area in force that answers for one: itself, its successor, or what lies above all its successors."""
        heirs = self._heirs(area, set())
        if len(heirs) == 1:
            return next(iter(heirs.values()))
        lines = [self._line(heir) for heir in heirs.values()]
        return next((a for a in lines[0] if all(a.code in {b.code for b in line} for line in lines[1:])), None) if lines else None

    def _heirs(self, area: Area, seen: set[tuple[str, date | None]]) -> dict[str, Area]:
        if area.in_force:
            return {area.code: area}
        seen = seen | {(area.code, area.valid_from)}
        found: dict[str, Area] = {}
        for code in area.successors:
            heir = self.at(code, area.valid_to or NEVER)
            if heir is not None and (heir.code, heir.valid_from) not in seen:
                found |= self._heirs(heir, seen)
        return found

    def _line(self, area: Area) -> list[Area]:
        """The areas above one, nearest first."""
        line: list[Area] = []
        above = self.at(area.parent_code or "", NEVER)
        while above is not None and above not in line:
            line.append(above)
            above = self.at(above.parent_code or "", NEVER)
        return line
