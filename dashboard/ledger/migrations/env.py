"""How Alembic reaches the ledger: over the connection, and in the transaction, of whoever opens it."""

from __future__ import annotations

from alembic import context

from dashboard.ledger.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
