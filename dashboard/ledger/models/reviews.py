"""What an administrator did to somebody's way in, and who released it."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.ledger.models.base import Base


class AccountReview(Base):
    """One change of what an account may do or of how it is logged in to. While ``closed_at`` is 0 the account is held: nobody logs in to it.

    ``done_by_id``: the account of whoever did it, empty for the command line, whose changes are closed from the start.  ``half``: the sealed second
    half of a password given with the change, kept until a second person takes it.
    """

    __tablename__ = "account_review"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    act: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(String(600), default="")
    done_by: Mapped[str] = mapped_column(String(64))
    done_by_id: Mapped[int | None] = mapped_column(Integer, nullable=True)
    done_at: Mapped[int] = mapped_column(BigInteger)
    half: Mapped[str] = mapped_column(Text, default="")
    closed_at: Mapped[int] = mapped_column(BigInteger, default=0)
    closed_by: Mapped[str] = mapped_column(String(64), default="")
