"""Inspectors with the conflicts they declared, the monthly plans with commitment, seed and result, and repairs of credit."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.ledger.models.base import Base


class Inspector(Base):
    """Somebody who inspects. ``street``: 12-digit code of the street that he works for or lives in, empty for none of the district's."""

    __tablename__ = "inspector"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    unit: Mapped[str] = mapped_column(String(100))
    street: Mapped[str] = mapped_column(String(12))
    active: Mapped[bool] = mapped_column(Boolean)


class InspectorConflict(Base):
    """A provider that an inspector does not visit, and why (曾任职, 近亲属 …); it is struck, never deleted: ``ended_at`` 0 = in force."""

    __tablename__ = "inspector_conflict"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    inspector_id: Mapped[int] = mapped_column(ForeignKey("inspector.id"), index=True)
    provider_id: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(100))
    declared_at: Mapped[int] = mapped_column(BigInteger)
    declared_by: Mapped[str] = mapped_column(String(64))
    ended_at: Mapped[int] = mapped_column(BigInteger)


class InspectionPlan(Base):
    """A plan of one month. ``paper``: the file of the draw (JSON, ``etl.draw``) as far as it has come; ``reasons``: why pairs were excluded (JSON).

    ``stage``: planned → committed → drawn, or void with ``void_reason``. ``revision`` grows with every change.
    """

    __tablename__ = "inspection_plan"
    __table_args__ = (UniqueConstraint("area_code", "number", name="inspection_plan_number"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[str] = mapped_column(String(32))
    area_code: Mapped[str] = mapped_column(String(12))
    month: Mapped[str] = mapped_column(String(7), index=True)
    stage: Mapped[str] = mapped_column(String(12))
    paper: Mapped[str] = mapped_column(Text)
    reasons: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    planned_at: Mapped[int] = mapped_column(BigInteger)
    planned_by: Mapped[str] = mapped_column(String(64))
    committed_by: Mapped[str] = mapped_column(String(64))
    drawn_by: Mapped[str] = mapped_column(String(64))
    void_reason: Mapped[str] = mapped_column(String(200))
    revision: Mapped[int] = mapped_column(Integer)


class CreditRepair(Base):
    """An application that a record no longer counts for a provider's credit, and what a second person decided (``outcome`` 同意, 不同意)."""

    __tablename__ = "credit_repair"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(64), index=True)
    community_code: Mapped[str] = mapped_column(String(12))
    source_table: Mapped[str] = mapped_column(String(64))
    row_key: Mapped[str] = mapped_column(String(128))
    sentence: Mapped[str] = mapped_column(Text)
    grounds: Mapped[str] = mapped_column(String(400))
    applied_at: Mapped[int] = mapped_column(BigInteger)
    applied_by: Mapped[str] = mapped_column(String(64))
    decided_on: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(8))
    note: Mapped[str] = mapped_column(String(400))
