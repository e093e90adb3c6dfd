"""The audit trail's table."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.ledger.models.base import Base


class AuditLine(Base):
    """One line of the audit trail; ``hash`` covers the line and ``prev_hash``, so that an edit, a deletion or an insertion shows.

    ``at`` is local time as text: the hashes must be the same on every database.  ``form`` says how the hash was made: empty for SHA-256 over
    the fields (lines from before there were keys), else the short name of the key that it was made with (see ``dashboard.ledger.audit``).
    """

    __tablename__ = "audit"
    __table_args__ = (Index("audit_by_account", "account", "id"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(32))
    account: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(32))
    object: Mapped[str] = mapped_column(String(255))
    detail: Mapped[str] = mapped_column(Text)
    ip: Mapped[str] = mapped_column(String(64))
    form: Mapped[str] = mapped_column(String(16), default="", server_default="")
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
