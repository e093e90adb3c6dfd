"""What somebody does who has the ledger's database in his hands: the database's own refusals are taken away first."""

from __future__ import annotations

import sqlite3
from typing import Any

GUARDS = ("audit_no_update", "audit_no_delete", "audit_archive_no_update", "audit_archive_no_delete")


def unlock(at: Any) -> None:
    """Drop the triggers of a SQLite ledger: ``at`` is a connection of sqlite3, a path, a Ledger or a session."""
    statements = [f"drop trigger if exists {name}" for name in GUARDS]
    if hasattr(at, "fetch"):
        for one in statements:
            at.execute(one, ())
    elif isinstance(at, sqlite3.Connection):
        for one in statements:
            at.execute(one)
    elif hasattr(at, "connection"):
        for one in statements:
            at.connection().exec_driver_sql(one)
    else:
        with sqlite3.connect(at) as con:
            unlock(con)
