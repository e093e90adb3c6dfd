"""Sealed audit lines that the database itself refuses to change, archives of old ones, and leave to see a record in full."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_SQLITE = (
    "create trigger audit_no_update before update on audit begin select raise(abort, 'audit lines cannot be changed'); end",
    # Moments are local time of the office (UTC+8) as text; the six months are the law's and no setting's.
    "create trigger audit_no_delete before delete on audit"
    " when not exists (select 1 from audit_archive a where old.id between a.first_line and a.last_line)"
    " or old.at > strftime('%Y-%m-%dT%H:%M:%S', 'now', '+8 hours', '-6 months')"
    " begin select raise(abort, 'audit lines cannot be deleted'); end",
    "create trigger audit_archive_no_update before update on audit_archive begin select raise(abort, 'archive records cannot be changed'); end",
    "create trigger audit_archive_no_delete before delete on audit_archive begin select raise(abort, 'archive records cannot be deleted'); end",
)
_POSTGRESQL = (
    "create function audit_refuse() returns trigger language plpgsql as $$"
    " begin raise exception 'audit lines and archive records cannot be changed or deleted'; end $$",
    "create function audit_keep() returns trigger language plpgsql as $$ begin"
    " if not exists (select 1 from audit_archive a where old.id between a.first_line and a.last_line)"
    " or old.at > to_char((now() at time zone 'Asia/Shanghai') - interval '6 months', 'YYYY-MM-DD\"T\"HH24:MI:SS')"
    " then raise exception 'audit lines cannot be deleted'; end if; return old; end $$",
    "create trigger audit_no_update before update on audit for each row execute function audit_refuse()",
    "create trigger audit_no_delete before delete on audit for each row execute function audit_keep()",
    "create trigger audit_no_truncate before truncate on audit for each statement execute function audit_refuse()",
    "create trigger audit_archive_fixed before update or delete on audit_archive for each row execute function audit_refuse()",
    "create trigger audit_archive_no_truncate before truncate on audit_archive for each statement execute function audit_refuse()",
)


def upgrade() -> None:
    """Add the column, the two tables, and the triggers."""
    op.add_column("audit", sa.Column("form", sa.String(16), nullable=False, server_default=""))
    op.create_table(
        "audit_archive",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("first_line", sa.BigInteger, nullable=False),
        sa.Column("last_line", sa.BigInteger, nullable=False),
        sa.Column("last_hash", sa.String(64), nullable=False),
        sa.Column("file", sa.String(255), nullable=False),
        sa.Column("file_hash", sa.String(64), nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("archived_at", sa.BigInteger, nullable=False),
        sa.Column("seal", sa.String(96), nullable=False),
    )
    op.create_table(
        "unmasking",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("session_hash", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(160), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("given_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_unmasking_account_id", "unmasking", ["account_id"])
    op.create_index("unmasking_by_session", "unmasking", ["session_hash", "subject"])
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)
