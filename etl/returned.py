"""What a row that goes back is called by: its key and the columns that a rule looked at, as delivered and as they may be shown."""

from __future__ import annotations

from functools import lru_cache

import sqlglot
from sqlglot import exp

from etl.checks import Compiled, shown
from etl.clean import name, quote


def shown_key(compiled: Compiled) -> str:
    """The delivered key of a row as it may be shown, under the source's own column names; null where there is none."""
    cells = {c.column.source: c for c in compiled.cells if c.name in compiled.table.key}
    given = (f"case when {name('t:' + raw)} is not null then concat({quote(raw + ' ')}, {shown(cell)}) end" for raw, cell in cells.items())
    return f"nullif(concat_ws('；', {', '.join(given)}), '')"


def involved(compiled: Compiled, condition: str) -> tuple[str, str]:
    """(titles, shown values) of the columns that a rule looks at, as SQL over the cleaned row; ``null`` for both where it looks at none."""
    used = _looked_at(condition)
    cells = list({id(c.column): c for c in reversed(compiled.cells) if c.name in used}.values())[::-1]
    if not cells:
        return "null", "null"
    titles = quote("、".join(c.column.heading for c in cells))
    if len(cells) == 1:
        return titles, shown(cells[0])
    return titles, "concat_ws('；', " + ", ".join(f"concat({quote(c.column.heading + '：')}, coalesce({shown(c)}, '空'))" for c in cells) + ")"


@lru_cache(maxsize=1024)
def _looked_at(condition: str) -> frozenset[str]:
    """The checked columns that a condition names; what is hidden beside one (``split:community_code``) counts as that one."""
    return frozenset(c.name.rpartition(":")[2] for c in sqlglot.parse_one(condition, read="duckdb").find_all(exp.Column))
