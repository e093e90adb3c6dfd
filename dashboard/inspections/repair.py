"""Repair of credit: an application by one person, a decision by another; a repaired record no longer counts for the grade from that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

from dashboard.inspections.store import By
from dashboard.ledger import Ledger, audit
from dashboard.ledger.models.inspections import CreditRepair

OUTCOMES = ("同意", "不同意")


class RepairError(Exception):
    """A step of a repair that is not possible; the text says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Record:
    """The record that an application is about, as ``Warehouse.credit`` gives it; ``repairable_on`` None: not put right yet."""

    provider_id: str
    community_code: str
    source_table: str
    row_key: str
    sentence: str
    repairable_on: date | None


class Repairs:
    """The repairs of the providers in the communities ``codes`` (a reader's own), of ``providers`` alone where he has a set; None for all."""

    def __init__(self, ledger: Ledger, codes: frozenset[str] | None = None, providers: frozenset[str] | None = None) -> None:
        self.ledger, self.codes, self.providers = ledger, codes, providers

    def _mine(self, row: CreditRepair) -> bool:
        return (self.codes is None or row.community_code in self.codes) and (self.providers is None or row.provider_id in self.providers)

    def listed(self) -> list[CreditRepair]:
        """All applications, the newest first."""
        wanted = select(CreditRepair).order_by(CreditRepair.id.desc())
        with self.ledger.read() as session:
            found = [row for row in session.scalars(wanted) if self._mine(row)]
            session.expunge_all()
            return found

    def apply(self, record: Record, grounds: str, today: date, by: By) -> CreditRepair:
        """An application. RepairError without grounds, before its day, or where one is open or was granted already."""
        if not grounds.strip():
            raise RepairError("申请修复须写明理由：整改到位的情况和证明材料。")
        if record.repairable_on is None:
            raise RepairError("该记录所涉问题尚未整改到位，不能申请修复。")
        if today < record.repairable_on:
            raise RepairError(f"该记录自 {record.repairable_on} 起方可申请修复。")
        same = (CreditRepair.provider_id == record.provider_id, CreditRepair.source_table == record.source_table, CreditRepair.row_key == record.row_key)
        with self.ledger.write() as session:
            if session.scalars(select(CreditRepair).where(*same, CreditRepair.outcome.in_(("", "同意")))).first():
                raise RepairError("该记录已有待决定或已同意的修复申请。")
            row = CreditRepair(
                provider_id=record.provider_id, community_code=record.community_code, source_table=record.source_table, row_key=record.row_key,
                sentence=record.sentence, grounds=grounds.strip()[:400], applied_at=int(datetime.now(UTC).timestamp()), applied_by=by.username,
                decided_on="", decided_by="", outcome="", note="",
            )  # fmt: skip
            session.add(row)
            session.flush()
            audit.append(session, by.username, "申请信用修复", record.provider_id, f"{row.id}：{record.sentence}；理由：{row.grounds}", by.ip)
        return row

    def decide(self, number: Any, outcome: str, note: str, today: date, by: By) -> CreditRepair:
        """The decision. RepairError by whoever applied, without a reason, or a second time; LookupError where there is no such application."""
        if outcome not in OUTCOMES:
            raise RepairError("决定只能是同意或不同意。")
        if not note.strip():
            raise RepairError("决定须写明理由。")
        with self.ledger.write() as session:
            row = session.get(CreditRepair, int(number)) if str(number).isascii() and str(number).isdigit() and len(str(number)) < 10 else None
            if row is None or not self._mine(row):
                raise LookupError(number)
            if row.outcome:
                raise RepairError("该申请已经决定。")
            if row.applied_by == by.username:
                raise RepairError("本人提出的申请须由他人决定。")
            row.outcome, row.note, row.decided_on, row.decided_by = outcome, note.strip()[:400], today.isoformat(), by.username
            audit.append(session, by.username, "决定信用修复", row.provider_id, f"{row.id}：{outcome}；理由：{row.note}", by.ip)
            return row
