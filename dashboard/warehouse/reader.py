"""Where the scope enters: areas and figures of one snapshot as one person may see them.

The rest of what can be read (``data_reader``, ``warehouse``) is built on this class and narrows by its ``area`` and ``_mine`` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.access.scope import Scope
from dashboard.ledger import Ledger
from dashboard.warehouse.records import Witness
from dashboard.warehouse.snapshot import Snapshot
from dashboard.warehouse.types import Area, Figure, Forecast, Point, Unknown
from etl.indicators import Indicator


class Reader:
    """One snapshot narrowed by one scope."""

    def __init__(self, snapshot: Snapshot, scope: Scope, ledger: Ledger | None = None, witness: Witness | None = None) -> None:
        """Unknown where the scope's own area is not (any more) an area of the snapshot, or the reader may not see figures at all.

        ``ledger``: what officials decided, for the panels that show it; the packages that read it narrow it by scope themselves.
        ``witness`` writes down what is read of persons.
        """
        self.ledger = ledger
        self.snapshot = snapshot
        self.scope = scope
        self.witness = witness
        if scope.area not in snapshot.areas or not scope.may("figures"):
            raise Unknown("area")
        self._mine = snapshot.below.get(scope.area, frozenset({scope.area}))
        # Whoever may not see the persons behind a figure does not see figures about a few persons either (see ``shield``).
        self.figures_seen = snapshot.figures if scope.may("rows") else snapshot.shielded_figures
        self.provider_figures_seen = snapshot.provider_figures if scope.may("rows") else snapshot.shielded_provider_figures

    # ------------------------------------------------------------------ the snapshot's own facts

    @property
    def months(self) -> list[str]:
        """The months with figures, oldest first."""
        return list(self.snapshot.months)

    @property
    def latest_month(self) -> str:
        return self.snapshot.latest_month

    def _month(self, month: Any) -> str:
        if not isinstance(month, str) or month not in self.snapshot.month_index:
            raise Unknown("month")
        return month

    # ------------------------------------------------------------------ areas

    @property
    def root(self) -> Area:
        """The reader's own area: the top of everything he sees."""
        return self.snapshot.areas[self.scope.area]

    def area(self, code: Any) -> Area:
        """An area within the scope, by its 12-digit code or by the 6 or 9 digits that people write of a district or street."""
        if isinstance(code, str) and len(code) in (6, 9) and code.isdigit():
            code = code.ljust(12, "0")
        if not isinstance(code, str) or code not in self._mine or code not in self.snapshot.areas:
            raise Unknown("area")
        return self.snapshot.areas[code]

    def path(self, code: Any) -> list[Area]:
        """From the reader's root down to the area, both included."""
        at: Area | None = self.area(code)
        found: list[Area] = []
        while at is not None:
            found.append(at)
            if at.code == self.scope.area or not at.parent_code:
                break
            at = self.snapshot.areas.get(at.parent_code)
        return found[::-1]

    def children(self, code: Any) -> list[Area]:
        """The areas directly below, by code; empty at a community."""
        return list(self.snapshot.children.get(self.area(code).code, ()))

    # ------------------------------------------------------------------ indicators and figures

    def indicator(self, code: Any) -> Indicator:
        """The declaration of an indicator of this snapshot."""
        if not isinstance(code, str) or code not in self.snapshot.indicators:
            raise Unknown("indicator")
        return self.snapshot.indicators[code]

    def figures(self, codes: Sequence[str], area: Any, month: Any) -> dict[str, Figure]:
        """Figures of an area by code; an indicator that does not hold at this level has value None."""
        at, when = self.area(area), self._month(month)
        return {self.indicator(code).code: self.figures_seen.figure(code, at.code, when, at.level) for code in codes}

    def by_child(self, code: str, area: Any, month: Any) -> list[tuple[Area, Figure]]:
        """One figure for each area of the next level below; empty at a community."""
        when = self._month(month)
        self.indicator(code)
        return [(child, self.figures_seen.figure(code, child.code, when, child.level)) for child in self.children(area)]

    def by_child_many(self, codes: Sequence[str], area: Any, month: Any) -> dict[str, dict[str, Figure]]:
        """Several figures for each area of the next level below: area code → indicator code → figure."""
        when = self._month(month)
        known = [self.indicator(code).code for code in codes]
        figure = self.figures_seen.figure
        return {
            child.code: {code: figure(code, child.code, when, child.level) for code in known} for child in self.children(area)
        }

    def trend(self, code: str, area: Any, months: int = 24, until: Any = None) -> list[Point]:
        """The last ``months`` months up to ``until`` (the latest where it is None), oldest first."""
        when = self._month(until) if until is not None else self.latest_month
        count = months if isinstance(months, int) and 1 <= months <= 600 else 24
        return self.figures_seen.trend(self.indicator(code).code, self.area(area).code, count, when)

    def forecast(self, code: str, area: Any, month: Any) -> Forecast | None:
        """The trend continued to the target's due month, see ``dashboard.warehouse.forecast``; None with too few months."""
        at = self.area(area)
        return self.figures_seen.forecast(self.indicator(code).code, at.code, self._month(month), at.level)
