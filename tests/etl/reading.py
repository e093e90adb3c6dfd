"""Reading a published snapshot as a test does: through the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from etl.paths import Layout
from etl.publish import current
from tests.support.published import reader


def read(layout: Layout, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Rows of a query on the current snapshot."""
    here = current(layout)
    assert here is not None
    with reader(here) as con:
        return con.execute(sql, list(parameters)).fetchall()
