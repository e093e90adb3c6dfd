"""What one person may read of one snapshot. There is no other way to read.

Every argument may come from a URL, a callback or a form: anything that is not text, not known or not within the scope raises ``Unknown``,
always the same, so that an answer never tells what exists elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.access.scope import Scope
from dashboard.impact import Impact
from dashboard.ledger import Ledger
from dashboard.warehouse import deliveries, impact, inspections, lists, origins, providers, records, rows
from dashboard.warehouse.providers import Course
from dashboard.warehouse.records import Record, Witness
from dashboard.warehouse.snapshot import Snapshot
from dashboard.warehouse.types import Area, Change, Figure, Forecast, Point, RatedMonth, Rating, Rows, Standing, Unknown
from etl.indicators import Indicator
from etl.wording import ContractWords


class Warehouse:
    """A reader: one snapshot narrowed by one scope. Cheap to make, one per request; not shared between users."""

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
        self._courses: dict[str, Course] = {}
        self._details: dict[tuple[str, str], dict[str, Any]] = {}
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
        """An area within the scope."""
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

    # ------------------------------------------------------------------ providers

    def providers(self, area: Any, month: Any) -> list[dict[str, Any]]:
        """Providers whose main site lies in the area, with star and exit state; those that left stay listed while they have a state."""
        return providers.listed(self.snapshot, self.scope, self.snapshot.below[self.area(area).code], self._month(month))

    def courses(self, area: Any) -> list[dict[str, Any]]:
        """Providers of the area in any month: name, kind, lng, lat and ``months``: month → (star, exit state) of the months they were in the area."""
        inside = self.snapshot.below[self.area(area).code] & self._mine
        out = []
        for provider_id, row in providers.courses(self.snapshot).items():
            months = {m: (star, state) for m, (community, star, state) in row["months"].items() if community in inside}
            if months and row["lng"] is not None and row["lat"] is not None and self.scope.sees_provider(provider_id):
                out.append({**row, "months": months})
        return out

    def provider(self, provider_id: Any, month: Any) -> dict[str, Any]:
        """One provider with ``permits``, ``sites`` and ``beds`` (lists of dicts)."""
        key = (self._provider(provider_id, month), self._month(month))
        if key not in self._details:
            self._details[key] = providers.detail(self.snapshot, self.scope, *key)
        return dict(self._details[key])

    def _provider(self, provider_id: Any, month: Any) -> str:
        """The id, if the provider is visible in that month: its main site's community lies within the scope."""
        known = self.snapshot.providers(self._month(month)).get(provider_id) if isinstance(provider_id, str) else None
        if known is None or known["community_code"] not in self._mine or not self.scope.sees_provider(known["provider_id"]):
            raise Unknown("provider")
        return str(known["provider_id"])

    def by_provider(self, codes: Sequence[str], area: Any, month: Any) -> list[dict[str, Any]]:
        """As :meth:`providers`, each with the figures under their codes."""
        known = [self.indicator(code).code for code in codes]
        found = self.providers(area, month)
        figure = self.provider_figures_seen.figure
        for row in found:
            row.update((code, figure(code, row["provider_id"], month, None)) for code in known)
        return found

    def provider_figures(self, codes: Sequence[str], provider_id: Any, month: Any) -> dict[str, Figure]:
        """Figures of one provider by code."""
        known = self._provider(provider_id, month)
        return {self.indicator(code).code: self.provider_figures_seen.figure(code, known, month, None) for code in codes}

    def provider_trend(self, code: str, provider_id: Any, months: int = 24, until: Any = None) -> list[Point]:
        """The course of one figure of one provider, oldest month first."""
        when = self._month(until) if until is not None else self.latest_month
        return self.provider_figures_seen.trend(self.indicator(code).code, self._provider(provider_id, when), months, when)

    def rating(self, provider_id: Any, month: Any) -> Rating:
        """The supervision rating with its domains and evidence; no star where it was not rated in that month."""
        return self._course(self._provider(provider_id, month)).rating(self._month(month))

    def rating_history(self, provider_id: Any) -> list[tuple[str, int | None, str | None]]:
        """(month, star, exit state), oldest first."""
        return self._course(self._provider(provider_id, self.latest_month)).history()

    def rated_months(self, provider_id: Any) -> list[RatedMonth]:
        """Every month with star, score, confidence and the policy version that it was rated by, oldest first."""
        return self._course(self._provider(provider_id, self.latest_month)).rated_months()

    def _course(self, known: str) -> Course:
        """The months of a provider that the reader sees; a page says several things of them and reads them once."""
        if known not in self._courses:
            self._courses[known] = Course(self.snapshot, known)
        return self._courses[known]

    def changes(self, provider_id: Any, month: Any) -> list[Change]:
        """What would gain or lose a star; empty but for the latest month."""
        return providers.changes(self.snapshot, self._provider(provider_id, month), self._month(month))

    def standings(self, provider_id: Any, month: Any) -> list[Standing]:
        """The provider among those of its kind in the district and among those of its street; few peers are left out."""
        return providers.standings(self.snapshot, self._provider(provider_id, month), self._month(month))

    def exits(self, area: Any, month: Any) -> list[dict[str, Any]]:
        """Providers whose exit state is not normal, with since, because, basis and ``reasons`` (list of dicts)."""
        return providers.exits(self.snapshot, self.providers(area, month), self._month(month))

    # ------------------------------------------------------------------ inspections

    @property
    def communities(self) -> frozenset[str]:
        """The codes of the reader's own area and of all below it."""
        return self._mine

    def risks(self, area: Any, month: Any) -> list[dict[str, Any]]:
        """The inspection risk of each operating provider of the area, the highest first: its row of :meth:`providers` with score, weight, stratum,
        due_rule, due_because, last_on, last_team and ``reasons``.
        """
        mine = {p["provider_id"]: p for p in self.providers(area, month)}
        found = inspections.risks(self.snapshot, self._month(month))
        return [{**mine[r["provider_id"]], "risk": r["score"], **r} for r in found if r["provider_id"] in mine]

    def credit(self, area: Any, month: Any) -> list[dict[str, Any]]:
        """The credit grade of each operating provider of the area with because, basis, since, ``reasons`` and ``registered``."""
        found = inspections.credit(self.snapshot, self._month(month))
        return [{**p, **found[p["provider_id"]]} for p in self.providers(area, month) if p["provider_id"] in found]

    def grade_checks(self, area: Any, month: Any) -> list[dict[str, Any]]:
        """Providers of the area whose claimed grade is contradicted, each as ``grade_check_month`` has it."""
        mine = {p["provider_id"] for p in self.providers(area, month)}
        return [dict(row) for row in inspections.grade_checks(self.snapshot, self._month(month)) if row["provider_id"] in mine]

    def self_reports(self, area: Any, month: Any) -> list[dict[str, Any]]:
        """Self-reports of the area's providers against the records of others: its row of :meth:`providers` with months, known, reported,
        missing, rate, verdict."""
        mine = {p["provider_id"]: p for p in self.providers(area, month)}
        found = inspections.self_reports(self.snapshot, self._month(month))
        return [{**mine[r["provider_id"]], **r} for r in found if r["provider_id"] in mine]

    def incidents_of(self, provider_id: Any, month: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """One provider's row of ``self_report_month`` and the incidents behind it, see ``inspections.incidents_of``; ({}, []) where nothing is
        known. Unknown without the right to rows."""
        if not self.scope.may("rows"):
            raise Unknown("rows")
        known, when = self._provider(provider_id, month), self._month(month)
        found = next((r for r in inspections.self_reports(self.snapshot, when) if r["provider_id"] == known), None)
        return (dict(found), inspections.incidents_of(self.snapshot, known, when, found["months"])) if found else ({}, [])

    def open_findings(self, area: Any, month: Any) -> list[dict[str, Any]]:
        """Findings of the area's providers that are not rectified at the month's end, the gravest first. Unknown without the right to rows."""
        if not self.scope.may("rows"):
            raise Unknown("rows")
        mine = {p["provider_id"] for p in self.providers(area, month)}
        return [dict(row) for row in inspections.findings(self.snapshot, self._month(month)) if row["provider_id"] in mine]

    def findings_of(self, provider_id: Any, month: Any) -> list[dict[str, Any]]:
        """One provider's findings of twelve months, see ``inspections.findings_of``. Unknown without the right to rows."""
        if not self.scope.may("rows"):
            raise Unknown("rows")
        return inspections.findings_of(self.snapshot, self._provider(provider_id, month), self._month(month))

    # ------------------------------------------------------------------ impact of an exit

    def impact(self, provider_id: Any, month: Any) -> Impact:
        """Who is concerned if the provider leaves, who could take over, and a plan; see ``dashboard.impact``.

        The plan is the district's; elders outside the reader's area are numbers only. Unknown where the district has no such policy, and for
        a reader with a provider set: the plan names the others.
        """
        if self.scope.providers is not None:
            raise Unknown("impact")
        known, when = self._provider(provider_id, month), self._month(month)
        return impact.narrowed(self.snapshot, impact.assessed(self.snapshot, known, when), self._mine, self.scope)

    def served(self, month: Any) -> dict[str, int]:
        """How many elders each visible provider served in the months that an assessment looks at; empty without such a policy."""
        counts = impact.counts(self.snapshot, self._month(month))
        known = self.snapshot.providers(month)
        return {p: n for p, n in counts.items() if p in known and known[p]["community_code"] in self._mine and self.scope.sees_provider(p)}

    # ------------------------------------------------------------------ rows behind a figure

    def rows(
        self, code: str, area: Any, month: Any, which: str = "part", provider: Any = None, offset: int = 0, limit: int = 50
    ) -> Rows:
        """The records that a figure counts, personal data masked by role; Unknown where the role may not see rows."""
        if not self.scope.may("rows"):
            raise Unknown("rows")
        at, when = self.area(area), self._month(month)
        known = None if provider is None else self._provider(provider, when)
        found = rows.behind(self.snapshot, self.scope, self.indicator(code), at.code, when, which, known, offset, limit)
        if self.witness is not None and records.personal(found.columns):
            of = f"，单位 {known}" if known else ""
            self.witness.read(f"{code} {at.code} {when}", f"明细（脱敏）自第 {offset + 1} 条起 {len(found.rows)} 条，共 {found.total} 条{of}")
        return found

    def record(self, code: str, area: Any, month: Any, which: str, key: Any, provider: Any = None, *, quiet: bool = False) -> Record:
        """One record behind a figure by its number, with the elder's entry in the register where it names one.

        Masked, unless the witness knows of leave; read under the witness's eyes, unless ``quiet`` (then always masked).  Unknown where the
        role may not see rows, and for whatever is not in the area.
        """
        if not self.scope.may("rows") or not isinstance(key, str):
            raise Unknown("rows")
        at, when, i = self.area(area), self._month(month), self.indicator(code)
        known = None if provider is None else self._provider(provider, when)
        measure = i.whole if which == "whole" and i.whole is not None else i.part
        present = self.snapshot.tables.get(measure.mart, [])
        place = next((c for c in rows.AREA_COLUMNS if c in present), None)
        columns = rows.columns_of(self.snapshot, measure.mart) if present else []
        if place is None or "month" not in present or not records.personal(columns) or (known and "provider_id" not in present):
            raise Unknown("record")
        found = records.fetch(self.snapshot, columns, measure.mart, key, when, place, at.code, known, self.scope.providers)
        subject = records.subject_of(measure.mart, key, columns, found)
        entry = rows.columns_of(self.snapshot, records.CONTACT) if records.CONTACT in self.snapshot.tables else []
        filed = records.contact(self.snapshot, entry, subject, self.scope.area)
        leave = self.witness.leave(subject) if self.witness is not None and not quiet and self.scope.may("unmask") else None
        classed = [c for c in (*columns, *(entry if filed else ())) if c.privacy and c.privacy not in self.scope.unmask]
        titles = tuple(dict.fromkeys(c.title for c in classed))
        if self.witness is not None and not quiet:
            how = f"完整信息，用途：{leave.purpose}" if leave else "脱敏"
            self.witness.read(f"{subject}", f"{i.name}，编号 {key}，{when}（{how}）")
        return Record(
            measure.mart, key, subject, records.shown(columns, found, self.scope.unmask, leave is not None),
            records.shown(entry, filed, self.scope.unmask, leave is not None) if filed else records.NOBODY, leave, () if leave else titles,
        )  # fmt: skip

    def record_key(self, code: str, which: str) -> str:
        """The column by which a record behind a figure is opened; empty where the records are about nobody."""
        i = self.indicator(code)
        measure = i.whole if which == "whole" and i.whole is not None else i.part
        named = records.keys(self.snapshot).get(measure.mart, "")
        return named if named and records.personal(rows.columns_of(self.snapshot, measure.mart)) else ""

    def evidence_row(self, provider_id: Any, month: Any, source_table: Any, row_key: Any) -> Rows:
        """The record that a rating's evidence or an exit reason rests on; Unknown unless such an evidence is recorded for the provider."""
        if not self.scope.may("rows"):
            raise Unknown("rows")
        found = rows.evidence(
            self.snapshot, self.scope, self._provider(provider_id, month), self._month(month), source_table, row_key
        )
        if self.witness is not None and records.personal(found.columns):
            self.witness.read(f"{source_table} {row_key}", f"依据的记录（脱敏）{len(found.rows)} 条，单位 {provider_id} {month}")
        return found

    # ------------------------------------------------------------------ money

    def subsidies(self, area: Any, month: Any) -> list[dict[str, Any]]:
        """One row per programme: budget of the year, applied, approved, paid (month and year to date); see ``lists.subsidies``."""
        at = self.area(area)
        return lists.subsidies(self.snapshot, at, self._month(month))

    def subsidies_by_street(self, programme: Any, month: Any) -> list[dict[str, Any]]:
        """One row per street within the scope, of one programme or (None) of all; to the district also what no street could be found for."""
        if programme is not None and not isinstance(programme, str):
            raise Unknown("programme")
        streets = [a for a in self.snapshot.areas.values() if a.level < 3 and a.code in self._mine]
        return lists.subsidies_by_street(self.snapshot, streets, programme, self._month(month))

    # ------------------------------------------------------------------ where the data comes from

    def source_of(self, code: str) -> list[tuple[str, str, str, Any]]:
        """(module, title, owner, data date) of every module that an indicator is computed from."""
        return lists.sources(self.snapshot, self.indicator(code).code)

    def modules(self) -> list[dict[str, Any]]:
        """The modules with owner, cadence, status and data date. No records, so every role may see them."""
        return lists.modules(self.snapshot)

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
