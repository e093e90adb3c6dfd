"""Who may see a record in full for a while, and which parts of the audit trail have been moved to archive files."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.ledger.models.base import Base


class Unmasking(Base):
    """Leave to see one record (or one elder's file) in full: bound to one session, for one purpose, until ``expires_at``."""

    __tablename__ = "unmasking"
    __table_args__ = (Index("unmasking_by_session", "session_hash", "subject"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    session_hash: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(160))
    purpose: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    given_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)


class AuditArchive(Base):
    """One archive file of old lines of the audit trail: which lines, the file's hash, the hash of the last line, sealed with the key.

    ``counts`` keeps how many events of each kind each month had, as canonical JSON: figures over the ledger outlive the lines.
    """

    __tablename__ = "audit_archive"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    first_line: Mapped[int] = mapped_column(BigInteger)
    last_line: Mapped[int] = mapped_column(BigInteger)
    last_hash: Mapped[str] = mapped_column(String(64))
    file: Mapped[str] = mapped_column(String(255))
    file_hash: Mapped[str] = mapped_column(String(64))
    counts: Mapped[str] = mapped_column(Text)
    archived_at: Mapped[int] = mapped_column(BigInteger)
    seal: Mapped[str] = mapped_column(String(96))
