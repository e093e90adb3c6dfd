"""Drafts of policies with their trials and decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _text(name: str, size: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(size), nullable=False)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "policy_draft",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("subject", 16), _text("area_code", 12), _text("version", 64), _text("valid_from", 7),
        sa.Column("text", sa.Text, nullable=False),
        _text("sha256", 64),
        sa.Column("result", sa.Text, nullable=False),
        _text("tried_by", 64),
        sa.Column("tried_at", sa.BigInteger, nullable=False),
        _text("stage", 12), _text("decided_by", 64),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        _text("reason", 200),
    )  # fmt: skip
