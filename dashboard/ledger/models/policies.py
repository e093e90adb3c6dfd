"""Drafts of policies: tried, then approved or rejected by a second person. The text approved is what the line applies."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.ledger.models.base import Base


class PolicyDraft(Base):
    """One draft: ``subject`` rating or exit, ``text`` the whole file, ``result`` what the trial gave (JSON).

    ``stage``: tried → approved, rejected or withdrawn; ``decided_*`` are empty (0) until then.
    """

    __tablename__ = "policy_draft"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    subject: Mapped[str] = mapped_column(String(16))
    area_code: Mapped[str] = mapped_column(String(12))
    version: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[str] = mapped_column(String(7))
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    result: Mapped[str] = mapped_column(Text)
    tried_by: Mapped[str] = mapped_column(String(64))
    tried_at: Mapped[int] = mapped_column(BigInteger)
    stage: Mapped[str] = mapped_column(String(12))
    decided_by: Mapped[str] = mapped_column(String(64))
    decided_at: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(200))
