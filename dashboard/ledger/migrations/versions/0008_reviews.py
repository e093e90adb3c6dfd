"""Changes of accounts that wait for a second person. What was done before stays as it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "account_review",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("detail", sa.String(600), nullable=False),
        sa.Column("done_by", sa.String(64), nullable=False),
        sa.Column("done_by_id", sa.Integer, nullable=True),
        sa.Column("done_at", sa.BigInteger, nullable=False),
        sa.Column("half", sa.Text, nullable=False),
        sa.Column("closed_at", sa.BigInteger, nullable=False),
        sa.Column("closed_by", sa.String(64), nullable=False),
    )  # fmt: skip
    op.create_index("ix_account_review_account_id", "account_review", ["account_id"])
