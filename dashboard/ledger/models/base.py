"""What all tables of the ledger share.

Moments are whole seconds since 1970 (UTC) where only machines compare them, dates are ISO text, areas 12-digit text; what is hashed is text in
a fixed form, because its hashes must be the same on every database.
"""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """All tables of the ledger."""
