"""Monthly reports as issued."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def _text(name: str, size: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(size), nullable=False)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "issued_report",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("area_code", 12), _text("month", 7),
        sa.Column("revision", sa.Integer, nullable=False),
        _text("number", 40), _text("data_date", 10), _text("run_id", 40),
        sa.Column("content", sa.Text, nullable=False),
        _text("digest", 64), _text("found", 64),
        sa.Column("changes", sa.Text, nullable=False),
        _text("reason", 200), _text("issued_by", 64), _text("issued_name", 64),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("area_code", "month", "revision", name="one_revision_once"),
    )  # fmt: skip
