"""Plans and draws in the ledger: each step once, in its order, in somebody's name, with its audit line in the same transaction."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from dashboard.ledger import Ledger, audit
from dashboard.ledger.models.inspections import InspectionPlan, Inspector, InspectorConflict
from etl import draw
from etl.draw import DrawError, Paper
from etl.draw.plan import Candidate, Exclusion, Person, exclusions, plan
from etl.policy.oversight_model import InspectionVersion

STAGES = {"planned": "已编制", "committed": "已承诺", "drawn": "已抽取", "void": "已作废"}


class NoPlanError(LookupError):
    """No such plan for this reader."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it stands: its row, and the paper of its draw."""

    row: InspectionPlan
    paper: Paper

    @property
    def barred(self) -> list[Exclusion]:
        """Who does not visit whom, with the reasons."""
        return [Exclusion(*entry) for entry in json.loads(self.row.reasons)]


@dataclass(frozen=True, slots=True)
class By:
    """In whose name something is done, and from where."""

    username: str
    ip: str = ""


class Inspections:
    """The plans of one district (``area``, 12 digits). Plans are the bureau's; what is drawn is narrowed to a reader's area where it is shown."""

    def __init__(self, ledger: Ledger, area: str) -> None:
        self.ledger, self.area = ledger, area

    # ------------------------------------------------------------------ inspectors

    def people(self, session: OrmSession) -> tuple[list[Person], list[tuple[str, str, str]]]:
        """The active inspectors, and (provider, inspector, reason) of the conflicts in force."""
        rows = list(session.scalars(select(Inspector).where(Inspector.active).order_by(Inspector.number)))
        numbers = {row.id: row.number for row in rows}
        found = session.scalars(select(InspectorConflict).where(InspectorConflict.ended_at == 0).order_by(InspectorConflict.id))
        declared = [(c.provider_id, numbers[c.inspector_id], c.reason) for c in found if c.inspector_id in numbers]
        return [Person(row.number, row.name, row.street) for row in rows], declared

    def inspectors(self) -> list[dict[str, Any]]:
        """Active inspectors with the number of conflicts declared, by number."""
        with self.ledger.read() as session:
            people, declared = self.people(session)
            units = {row.number: row.unit for row in session.scalars(select(Inspector))}
        return [
            {"number": p.id, "name": p.name, "street": p.street, "unit": units[p.id], "conflicts": sum(i == p.id for _, i, _ in declared)}
            for p in people
        ]  # fmt: skip

    def take_over(self, text: str, streets: Iterable[str], by: By) -> tuple[int, int]:
        """Inspectors and conflicts from a CSV text (编号, 姓名, 单位, 街道代码, 回避单位编号, 回避事由; one line a conflict): (inspectors, conflicts).

        The list replaces the one before: who is not on it is no longer active, what is not declared any more is struck. DrawError with
        the line that is wrong, and then nothing is changed.
        """
        rows = _read_list(text, set(streets))
        now = _now()
        with self.ledger.write() as session:
            there = {row.number: row for row in session.scalars(select(Inspector))}
            for row in there.values():
                row.active = False
            for entry in rows:
                held = there.get(entry["number"])
                if held is None:
                    held = there[entry["number"]] = Inspector(number=entry["number"])
                    session.add(held)
                held.name, held.unit, held.street, held.active = entry["name"], entry["unit"], entry["street"], True
            session.flush()
            wanted = {(there[e["number"]].id, e["provider"]): e["reason"] for e in rows if e["provider"]}
            for conflict in session.scalars(select(InspectorConflict).where(InspectorConflict.ended_at == 0)):
                if wanted.get((conflict.inspector_id, conflict.provider_id)) == conflict.reason:
                    del wanted[conflict.inspector_id, conflict.provider_id]
                else:
                    conflict.ended_at = now
            for (inspector, provider), reason in wanted.items():
                session.add(InspectorConflict(inspector_id=inspector, provider_id=provider, reason=reason, declared_at=now,
                                              declared_by=by.username, ended_at=0))  # fmt: skip
            numbers = {e["number"] for e in rows}
            conflicts = sum(1 for e in rows if e["provider"])
            audit.append(session, by.username, "检查人员名录", "", f"{len(numbers)} 人，回避 {conflicts} 项", by.ip)
        return len(numbers), conflicts

    # ------------------------------------------------------------------ reading plans

    def listed(self, month: str = "") -> list[Plan]:
        """Plans, of one month or all, the newest first."""
        wanted = select(InspectionPlan).where(InspectionPlan.area_code == self.area).order_by(InspectionPlan.id.desc())
        with self.ledger.read() as session:
            return [_plan(row) for row in session.scalars(wanted.where(InspectionPlan.month == month) if month else wanted)]

    def plan(self, number: object) -> Plan:
        """One plan by its number; NoPlanError."""
        with self.ledger.read() as session:
            return _plan(self._row(session, number))

    def changed(self) -> str:
        """What answers that show plans depend on: differs after every change of a plan or a repair."""
        found = self.ledger.fetch(
            "select (select coalesce(sum(revision), 0) from inspection_plan where area_code = ?), (select count(*) from credit_repair),"
            " (select count(*) from credit_repair where outcome <> '')",
            (self.area,),
        )
        return "-".join(str(int(v)) for v in found or (0, 0, 0))

    def _row(self, session: OrmSession, number: object) -> InspectionPlan:
        wanted = select(InspectionPlan).where(InspectionPlan.area_code == self.area, InspectionPlan.number == str(number))
        row = session.scalars(wanted).first()
        if row is None:
            raise NoPlanError(str(number))
        return row

    # ------------------------------------------------------------------ the steps

    def make(self, version: InspectionVersion, candidates: Sequence[Candidate], month: str, seed_source: str, seed_on: date, by: By) -> Plan:
        """A plan for a month. One that is not committed yet is replaced; DrawError where one is under way, or the list cannot be drawn from."""
        with self.ledger.write() as session:
            rows = list(session.scalars(select(InspectionPlan).where(InspectionPlan.area_code == self.area, InspectionPlan.month == month)))
            standing = next((r for r in rows if r.stage in ("committed", "drawn")), None)
            if standing is not None:
                raise DrawError(f"{month} 的抽查计划 {standing.number} {STAGES[standing.stage]}，不能重新编制。")
            people, declared = self.people(session)
            if not people:
                raise DrawError("检查人员名录为空，请先导入名录（yiguan draw inspectors 名录.csv）。")
            barred = exclusions(candidates, people, declared)
            row = next((r for r in rows if r.stage == "planned"), None)
            number = row.number if row else f"SSJ-{month}-{len(rows) + 1}"
            entries = plan(version, candidates, people, barred, plan_id=number, month=month, region=self.area, seed_source=seed_source, seed_on=seed_on)
            wrong = draw.problems(entries)
            if wrong:
                raise DrawError("\n".join(wrong))
            if row is None:
                row = InspectionPlan(number=number, area_code=self.area, month=month, stage="planned", sha256="", committed_by="", drawn_by="",
                                     void_reason="", revision=0)  # fmt: skip
                session.add(row)
            row.reasons = json.dumps([[e.provider, e.inspector, e.reason] for e in barred], ensure_ascii=False)
            row.planned_at, row.planned_by = _now(), by.username
            _keep(row, Paper(list=entries))
            audit.append(session, by.username, "编制抽查计划", number, f"名单 {len(candidates)} 家，版本 {version.version}", by.ip)
            session.flush()
            return _plan(row)

    def commit(self, number: object, by: By) -> Plan:
        """Commit to the list: its hash goes into the audit trail. DrawError where the plan is not to be committed to now."""
        with self.ledger.write() as session:
            row = self._at(session, number, "planned", "承诺")
            paper = draw.commit(_paper(row).list, datetime.now(UTC))
            row.stage, row.sha256, row.committed_by = "committed", paper.sha256, by.username
            _keep(row, paper)
            said = f"SHA-256 {paper.sha256}；种子 {paper.list.seed_source}（{paper.list.seed_on}）"
            audit.append(session, by.username, "承诺抽查名单", row.number, said, by.ip)
            return _plan(row)

    def draw(self, number: object, numbers: tuple[tuple[int, ...], ...], evidence: str, published_at: datetime, by: By) -> Plan:
        """Fix the seed and draw. DrawError where it is not younger than the commitment, lies in the future, or another was fixed."""
        with self.ledger.write() as session:
            row = self._at(session, number, "committed", "抽取")
            if published_at > datetime.now(UTC):
                raise DrawError("种子的公布时间在将来，请核对。")
            paper = draw.draw(draw.fix_seed(_paper(row), numbers, evidence, published_at))
            row.stage, row.drawn_by = "drawn", by.username
            _keep(row, paper)
            said = f"种子 {draw.key_of(paper.numbers)}（{paper.seed_evidence}）；抽中 {len(paper.result)} 家"
            audit.append(session, by.username, "双随机抽取", row.number, said, by.ip)
            return _plan(row)

    def void(self, number: object, reason: str, by: By) -> Plan:
        """Give a plan up; it stays listed with its hash and the reason, so that nobody draws until the result pleases. DrawError without a reason."""
        with self.ledger.write() as session:
            row = self._row(session, number)
            if row.stage not in ("planned", "committed"):
                raise DrawError(f"计划 {row.number} {STAGES[row.stage]}，不能作废。")
            if not reason.strip():
                raise DrawError("作废须写明理由，并随计划公示。")
            row.stage, row.void_reason, row.revision = "void", reason.strip()[:200], row.revision + 1
            audit.append(session, by.username, "作废抽查计划", row.number, f"摘要 {row.sha256 or '—'}；理由：{row.void_reason}", by.ip)
            return _plan(row)

    def _at(self, session: OrmSession, number: object, stage: str, what: str) -> InspectionPlan:
        row = self._row(session, number)
        if row.stage != stage:
            raise DrawError(f"计划 {row.number} {STAGES[row.stage]}，不能{what}。")
        return row


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


def _paper(row: InspectionPlan) -> Paper:
    return draw.read(row.paper)


def _keep(row: InspectionPlan, paper: Paper) -> None:
    row.paper, row.revision = draw.write(paper), row.revision + 1


def _plan(row: InspectionPlan) -> Plan:
    return Plan(row, _paper(row))


COLUMNS = {"编号": "number", "姓名": "name", "单位": "unit", "街道代码": "street", "回避单位编号": "provider", "回避事由": "reason"}
_LONGEST = {"number": 32, "name": 64, "unit": 100, "street": 12, "provider": 64, "reason": 100}


def _read_list(text: str, streets: set[str]) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = [title for title in COLUMNS if title not in (reader.fieldnames or [])]
    if missing:
        raise DrawError(f"检查人员名录缺少列：{'、'.join(missing)}。")
    rows: list[dict[str, str]] = []
    people: dict[str, tuple[str, str, str]] = {}
    for line, found in enumerate(reader, 2):
        row = {name: (found[title] or "").strip() for title, name in COLUMNS.items()}
        who = (row["name"], row["unit"], row["street"])
        if not row["number"] or not row["name"]:
            raise DrawError(f"检查人员名录第 {line} 行：编号、姓名不能为空。")
        if row["street"] and row["street"] not in streets:
            raise DrawError(f"检查人员名录第 {line} 行：本区没有代码为 {row['street']} 的街道。")
        if bool(row["provider"]) != bool(row["reason"]):
            raise DrawError(f"检查人员名录第 {line} 行：回避单位编号与回避事由应同时填写。")
        if people.setdefault(row["number"], who) != who:
            raise DrawError(f"检查人员名录第 {line} 行：编号 {row['number']} 的姓名、单位或街道前后不一。")
        if any(len(row[name]) > most for name, most in _LONGEST.items()):
            raise DrawError(f"检查人员名录第 {line} 行：内容过长。")
        rows.append(row)
    if not rows:
        raise DrawError("检查人员名录中没有人员。")
    return rows


__all__ = ["STAGES", "By", "Inspections", "NoPlanError", "Plan"]
