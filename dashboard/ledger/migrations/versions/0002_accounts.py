"""Password history, second factor, recovery codes, outside identities, provider sets, and what a login still has to do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns of accounts and sessions, and the tables that hang on an account."""
    op.add_column("account", sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("account", sa.Column("totp_secret", sa.Text, nullable=False, server_default=""))
    op.add_column("account", sa.Column("totp_step", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("account", sa.Column("providers", sa.Text, nullable=False, server_default=""))
    op.add_column("session", sa.Column("stage", sa.String(8), nullable=False, server_default=""))
    op.add_column("session", sa.Column("way", sa.String(16), nullable=False, server_default="password"))
    op.add_column("session", sa.Column("agent", sa.String(200), nullable=False, server_default=""))
    op.create_table(
        "password_history",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("set_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_password_history_account_id", "password_history", ["account_id"])
    op.create_table(
        "recovery_code",
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("code_hash", sa.String(64), primary_key=True),
        sa.Column("used_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "outside_identity",
        sa.Column("issuer", sa.String(255), primary_key=True),
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("bound_at", sa.BigInteger, nullable=False),
        sa.Column("bound_by", sa.String(64), nullable=False),
    )
    op.create_index("ix_outside_identity_account_id", "outside_identity", ["account_id"])
