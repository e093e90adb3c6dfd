"""Opening a published snapshot as the application does, so that both may have it open in one process."""

from __future__ import annotations

from pathlib import Path

import duckdb

from dashboard.warehouse.snapshot import OPENED_WITH


def reader(snapshot: Path) -> duckdb.DuckDBPyConnection:
    """A reading connection. DuckDB refuses a second one with other settings to a file that the process has open, and pages keep theirs open."""
    return duckdb.connect(str(snapshot), read_only=True, config=dict(OPENED_WITH))
