"""Inspectors with their conflicts, monthly inspection plans, repairs of credit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _text(name: str, size: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(size), nullable=False)


def _moment(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    """Add the four tables."""
    op.create_table(
        "inspector",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("number", sa.String(32), nullable=False, unique=True),
        _text("name", 64), _text("unit", 100), _text("street", 12),
        sa.Column("active", sa.Boolean, nullable=False),
    )  # fmt: skip
    op.create_table(
        "inspector_conflict",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("inspector_id", sa.Integer, sa.ForeignKey("inspector.id"), nullable=False),
        _text("provider_id", 64), _text("reason", 100), _moment("declared_at"), _text("declared_by", 64), _moment("ended_at"),
    )  # fmt: skip
    op.create_index("ix_inspector_conflict_inspector_id", "inspector_conflict", ["inspector_id"])
    op.create_table(
        "inspection_plan",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("number", 32), _text("area_code", 12), _text("month", 7), _text("stage", 12),
        sa.Column("paper", sa.Text, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        _text("sha256", 64), _moment("planned_at"), _text("planned_by", 64), _text("committed_by", 64), _text("drawn_by", 64),
        _text("void_reason", 200),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.UniqueConstraint("area_code", "number", name="inspection_plan_number"),
    )  # fmt: skip
    op.create_index("ix_inspection_plan_month", "inspection_plan", ["month"])
    op.create_table(
        "credit_repair",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("provider_id", 64), _text("community_code", 12), _text("source_table", 64), _text("row_key", 128),
        sa.Column("sentence", sa.Text, nullable=False),
        _text("grounds", 400), _moment("applied_at"), _text("applied_by", 64), _text("decided_on", 10), _text("decided_by", 64),
        _text("outcome", 8), _text("note", 400),
    )  # fmt: skip
    op.create_index("ix_credit_repair_provider_id", "credit_repair", ["provider_id"])
