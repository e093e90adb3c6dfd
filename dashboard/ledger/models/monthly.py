"""Monthly reports as they were issued; a later correction is a further line, never a change of this one."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.ledger.models.base import Base


class IssuedReport(Base):
    """One issue of one area's report: ``revision`` 0, then 1, 2 … for corrections.

    ``content`` is the report as data (JSON), ``digest`` its hash; ``found`` the hash of those of its chapters
    that only a correction changes; ``changes`` what the revision changed (JSON, empty at first issue); ``issued_at`` seconds since 1970.
    """

    __tablename__ = "issued_report"
    __table_args__ = (UniqueConstraint("area_code", "month", "revision", name="one_revision_once"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    area_code: Mapped[str] = mapped_column(String(12))
    month: Mapped[str] = mapped_column(String(7))
    revision: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(String(40))
    data_date: Mapped[str] = mapped_column(String(10))
    run_id: Mapped[str] = mapped_column(String(40))
    content: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    found: Mapped[str] = mapped_column(String(64))
    changes: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(200))
    issued_by: Mapped[str] = mapped_column(String(64))
    issued_name: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[int] = mapped_column(BigInteger)
