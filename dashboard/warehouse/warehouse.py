"""What one person may read of one snapshot. There is no other way to read.

Every argument may come from a URL, a callback or a form: anything that is not text, not known or not within the scope raises ``Unknown``,
always the same, so that an answer never tells what exists elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from dashboard.access.scope import Scope
from dashboard.impact import Impact
from dashboard.ledger import Ledger
from dashboard.warehouse import impact, inspections, lists, providers, records, rows
from dashboard.warehouse.burdens import Burdens, burdens, open_findings
from dashboard.warehouse.data_reader import DataReader
from dashboard.warehouse.providers import Course
from dashboard.warehouse.records import Record, Witness
from dashboard.warehouse.snapshot import Snapshot
from dashboard.warehouse.types import Change, Figure, Point, RatedMonth, Rating, Rows, Standing, Unknown


class Warehouse(DataReader):
    """A reader: one snapshot narrowed by one scope. Cheap to make, one per request; not shared between users."""

    def __init__(self, snapshot: Snapshot, scope: Scope, ledger: Ledger | None = None, witness: Witness | None = None) -> None:
        """As ``Reader``."""
        super().__init__(snapshot, scope, ledger, witness)
        self._courses: dict[str, Course] = {}
        self._details: dict[tuple[str, str], dict[str, Any]] = {}

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

    def with_credit_code(self, code: str) -> list[dict[str, Any]]:
        """Who in the whole district holds or held a credit code, see ``providers.with_credit_code``: it is registered once, wherever."""
        return providers.with_credit_code(self.snapshot, code)

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

    def burdens(self, provider_id: Any, month: Any) -> Burdens:
        """What weighs on the rating of a month: caps and the heaviest deductions, each with what would end it."""
        known, when = self._provider(provider_id, month), self._month(month)
        names = {code: ind.name for code, ind in self.snapshot.indicators.items()}
        return burdens(self.rating(known, when), open_findings(self.snapshot, known, when), lambda code: names.get(code, "所列数据"))

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

    def incident_returns(self, area: Any, month: Any) -> list[dict[str, Any]]:
        """The area's providers whose monthly reports of twelve months ask for a question, see ``inspections.incident_returns``: its row of
        :meth:`providers` with asked, zeros, unfiled, doubted, months_unfiled, months_doubted."""
        mine = {p["provider_id"]: p for p in self.providers(area, month)}
        found = inspections.incident_returns(self.snapshot, self._month(month))
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

    def violations(self, provider_id: Any, since: date, last: date) -> list[tuple[date, str]]:
        """What was found or decided against a provider after ``since``, see ``inspections.violations``."""
        return inspections.violations(self.snapshot, self._provider(provider_id, self.latest_month), since, last)

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

    def concerned(self, provider_id: Any, month: Any) -> frozenset[str] | None:
        """The ids of the elders whom a provider's exit concerns and who are still here, within the reader's area; None without an assessment."""
        try:
            return frozenset(e.elder_id for e in self.impact(provider_id, month).elders if e.present)
        except Unknown:
            return None

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
