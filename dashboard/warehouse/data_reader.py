"""Where the data comes from: modules, loads, what was rejected, held, revised, and the way from source to figure."""

from __future__ import annotations

from typing import Any

from dashboard.warehouse import deliveries, lists, origins, tasks
from dashboard.warehouse.reader import Reader
from dashboard.warehouse.types import Rows, Unknown
from etl.wording import ContractWords


class DataReader(Reader):
    """What the pages 数据 show; all but the modules' own state needs the right to it."""

    def source_of(self, code: str) -> list[tuple[str, str, str, Any]]:
        """(module, title, owner, data date) of every module that an indicator is computed from."""
        return lists.sources(self.snapshot, self.indicator(code).code)

    def modules(self) -> list[dict[str, Any]]:
        """The modules with owner, cadence, status and data date. No records, so every role may see them."""
        return lists.modules(self.snapshot)

    def tasks(self, area: Any, month: Any) -> list[dict[str, Any]]:
        """The plan's tasks that this area, or one directly below it, leads; see ``tasks.tasks``. No records of persons, so every role may see them."""
        at, when = self.area(area), self._month(month)
        return tasks.tasks(self.snapshot, {at.code, *(a.code for a in self.children(at.code))}, when)

    def loads(self) -> list[dict[str, Any]]:
        """The last load of each table: read = loaded + quarantined + superseded. Unknown where the role may not see the data modules."""
        self._may_see_data()
        return lists.loads(self.snapshot)

    def quarantine(self, module: Any = None, offset: int = 0, limit: int = 50, owner: Any = None) -> Rows:
        """Rejected rows of the reader's own area with the reason; at the district also those that no community could be found for."""
        self._may_see_data()
        return lists.rejected(self.snapshot, "quarantine", self.scope.area, module, offset, limit, owner)

    def warnings(self, module: Any = None, offset: int = 0, limit: int = 50) -> Rows:
        """Doubtful rows that were loaded all the same, as :meth:`quarantine`."""
        self._may_see_data()
        return lists.rejected(self.snapshot, "warning", self.scope.area, module, offset, limit)

    def returns(self) -> list[dict[str, Any]]:
        """Rejected rows of the reader's own area by owner, module and reason, see ``deliveries.returns``."""
        self._may_see_data()
        return deliveries.returns(self.snapshot, self.scope.area)

    def returned_rows(self, owner: Any, cap: int) -> tuple[list[dict[str, Any]], int]:
        """The rejected rows that go back to one owner (of the reader's own area, masked), and how many there are."""
        self._may_see_data()
        return deliveries.returned_rows(self.snapshot, self.scope.area, owner, cap)

    def held(self) -> list[dict[str, Any]]:
        """Deliveries held back, and what was decided about them."""
        self._may_see_data()
        return deliveries.held(self.snapshot)

    @property
    def may_decide(self) -> bool:
        """Whether the reader may release or reject what is held."""
        return self.scope.may("held")

    def contract(self, module: Any) -> ContractWords:
        """What a module has to deliver, in words."""
        self._may_see_data()
        return deliveries.contract(self.snapshot, module)

    def way(self, code: Any) -> origins.Way:
        """From source columns to an indicator."""
        self._may_see_data()
        return origins.of_indicator(self.snapshot, self.indicator(code).code)

    def way_from(self, table: Any) -> origins.Way:
        """From a source table to everything that depends on it."""
        self._may_see_data()
        return origins.of_table(self.snapshot, table)

    def runs(self) -> list[dict[str, Any]]:
        """The last runs of the line, newest first."""
        self._may_see_data()
        return deliveries.runs(self.snapshot)

    def arrivals(self, area: Any) -> list[dict[str, Any]]:
        """The units below an area that report on their own, with the last day that their data reach."""
        self._may_see_data()
        return deliveries.arrivals(self.snapshot, self.area(area).code)

    def revisions(self, since: Any = None) -> list[dict[str, Any]]:
        """Months already reported that runs revised, newest first; ``since`` a day: only what was recorded after it."""
        self._may_see_data()
        return deliveries.revisions(self.snapshot, since)

    def snapshots(self) -> list[dict[str, Any]]:
        """The snapshots that can be re-opened, newest first."""
        self._may_see_data()
        return deliveries.snapshots(self.snapshot)

    def gap(self, code: str, month: str) -> tuple[str, str] | None:
        """(module title, last month known) where a figure is missing because the module did not deliver; else None."""
        found = lists.gaps(self.snapshot).get(code)
        if found is None or month <= found[1]:
            return None
        titles = {m["module"]: m["title"] for m in lists.modules(self.snapshot)}
        return titles.get(found[0], found[0]), found[1]

    def _may_see_data(self) -> None:
        if not self.scope.may("data") or self.scope.providers is not None:  # deliveries are not told apart by provider
            raise Unknown("data")
