"""The facts that a policy's conditions may speak of: one SQL file each, whose header names its columns.

Every fact is what was known at the end of a month: rows (month, provider_id, happened_on, source_table, row_key, own columns).
The engine adds ``age``: whole calendar months from happened_on to the month, 0 in the month itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

COMMON = {"happened_on": "date", "month": "text", "row_key": "text", "age": "number"}
_TITLE = re.compile(r"-- fact: (\w+) · (.+)")
_COLUMN = re.compile(r"-- column: (\w+) \| (text|bool|number|money|date) \| ([^|\n]+?)(?: \| ([^|\n]+))?$")


@dataclass(frozen=True, slots=True)
class Column:
    """``counts_from``: the date column whose day is the first that a number of days counts."""

    name: str
    type: str
    title: str
    allowed: tuple[str, ...] = ()
    counts_from: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    title: str
    columns: dict[str, Column]
    sql: str


@cache
def facts() -> dict[str, Fact]:
    """All facts by name, read from the SQL files of this folder; a header that does not parse is an error."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        head = _TITLE.match(text)
        if head is None or head[1] != path.stem:
            raise ValueError(f"{path.name}: the first line must read '-- fact: {path.stem} · <title>'")
        columns = {}
        for line in text.splitlines():
            if line.startswith("-- column:"):
                match = _COLUMN.match(line)
                if match is None:
                    raise ValueError(f"{path.name}: {line}")
                begins = match[4][5:] if match[4] and match[4].startswith("from ") else ""
                columns[match[1]] = Column(match[1], match[2], match[3], tuple(match[4].split(",")) if match[4] and not begins else (), begins)
        found[path.stem] = Fact(path.stem, head[2], columns, text)
    return found
