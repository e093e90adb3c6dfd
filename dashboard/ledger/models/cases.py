"""Admission and exit cases: what was done, with which documents, on which evidence, for whom.

Nothing here is ever changed: where a case stands follows from its steps. A row that is updated or deleted through the ORM raises.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.ledger.models.base import Base


class Case(Base):
    """One case. ``provider_id`` is empty for an applicant who is not on the register; ``area_path`` are the codes above, district first."""

    __tablename__ = "case_file"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    procedure: Mapped[str] = mapped_column(String(16))
    policy_version: Mapped[str] = mapped_column(String(40))
    provider_id: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    area_code: Mapped[str] = mapped_column(String(12))
    area_path: Mapped[str] = mapped_column(String(64))
    opened_at: Mapped[int] = mapped_column(BigInteger)
    opened_by: Mapped[str] = mapped_column(String(64))


class CaseStep(Base):
    """A step taken: the ``seq``-th of its case, with the state that it led to.

    ``fields``: what its form said, as canonical JSON. ``measure``: how supervision records the decision. ``token``: of the form, so that the
    same form sent twice is one step. ``digest``: SHA-256 over the step, its documents and evidence, and the digest of the step before.
    """

    __tablename__ = "case_step"
    __table_args__ = (
        UniqueConstraint("case_id", "seq", name="case_step_once"),
        UniqueConstraint("token", name="case_step_token"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    seq: Mapped[int] = mapped_column(Integer)
    step: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(32))
    at: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(64))
    by_name: Mapped[str] = mapped_column(String(64))
    sentence: Mapped[str] = mapped_column(Text)
    fields: Mapped[str] = mapped_column(Text)
    measure: Mapped[str] = mapped_column(String(16))
    document_no: Mapped[str] = mapped_column(String(60))
    token: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))


class CaseDocument(Base):
    """A document of a step. The bytes lie beside the ledger under their hash; made ones are numbered ``series〔year〕serial号``."""

    __tablename__ = "case_document"
    __table_args__ = (
        Index("case_document_of", "case_id", "seq"),
        UniqueConstraint("series", "year", "serial", name="case_document_number"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    seq: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(60))
    series: Mapped[str | None] = mapped_column(String(20))
    year: Mapped[int | None] = mapped_column(Integer)
    serial: Mapped[int | None] = mapped_column(Integer)
    filename: Mapped[str] = mapped_column(String(120))
    media: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))

    @property
    def number(self) -> str:
        """``拱民养退告〔2026〕3号``; empty for a document that was handed in."""
        return f"{self.series}〔{self.year}〕{self.serial}号" if self.series else ""


class CaseEvidence(Base):
    """The figures that a step rested on, frozen: canonical JSON and its SHA-256, with the run and the policy version they came from."""

    __tablename__ = "case_evidence"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    seq: Mapped[int] = mapped_column(Integer)
    run_id: Mapped[str] = mapped_column(String(32))
    month: Mapped[str] = mapped_column(String(7))
    policy_version: Mapped[str] = mapped_column(String(80))
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))


class CaseParty(Base):
    """Who took part in a step besides the one who recorded it."""

    __tablename__ = "case_party"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    seq: Mapped[int] = mapped_column(Integer)
    role: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(64))


class CaseResettlement(Base):
    """Where an elder goes: the newest row of an elder counts. ``price_difference``: yuan a month as text, unknown where None."""

    __tablename__ = "case_resettlement"
    __table_args__ = (Index("case_resettlement_of", "case_id", "elder_id", "id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"))
    elder_id: Mapped[str] = mapped_column(String(64))
    elder_name: Mapped[str] = mapped_column(String(64))
    community_code: Mapped[str] = mapped_column(String(12))
    provider_id: Mapped[str] = mapped_column(String(64))
    provider_name: Mapped[str] = mapped_column(String(200))
    distance_m: Mapped[int | None] = mapped_column(Integer)
    price_difference: Mapped[str | None] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(String(200))
    at: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(64))


def _refuse(_mapper: Any, _connection: Any, row: Any) -> None:
    raise ValueError(f"{row.__tablename__} is append-only")


for _model in (Case, CaseStep, CaseDocument, CaseEvidence, CaseParty, CaseResettlement):
    event.listen(_model, "before_update", _refuse)
    event.listen(_model, "before_delete", _refuse)
