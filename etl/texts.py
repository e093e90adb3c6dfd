"""The rows that a contract's cleaning reads: trimmed texts of raw columns, and beside them what more than one expression looks at.

One select stands above the other, so that nothing is worked out twice. A lambda would do the same within one expression, but it is made
ready, with every pattern in it, for each 2,048 rows anew: one odd date among them cost as much as all the others together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from etl.clean import name
from etl.contract import Date, Timestamp

if TYPE_CHECKING:
    from etl.checks import Cell


def text(raw: str) -> str:
    """The column of a raw column's trimmed text."""
    return name("t:" + raw)


def quick(cell: str) -> str:
    """The column of what is worked out ahead for a cell: its ``quick``."""
    return name("q:" + cell)


def _folded(cell: str) -> str:
    """The column of the folded text of those rows where a day or a moment is not in its common form."""
    return name("f:" + cell)


def in_halves(column: Date | Timestamp) -> str:
    """SQL of a day or a moment over the rows of :func:`laid`: as its common form says, else as the forms met in the field do."""
    folded = _folded(column.name)
    return f"case when {folded} is null then {quick(column.name)} else yg_{column.kind}_slow({folded}) end"


def laid(raws: Iterable[str], beside: str, source: str, cells: Sequence[Cell]) -> str:
    """SQL of a subquery over raw rows: the texts of ``raws``, the columns ``beside``, and what ``clean`` of the cells looks at."""
    texts = ", ".join(f"yg_text({name(raw)}) as {text(raw)}" for raw in raws)
    rows = f"(select {texts}, {beside} from {source})"
    if ahead := ", ".join(f"{c.quick} as {quick(c.name)}" for c in cells if c.quick):
        rows = f"(select *, {ahead} from {rows})"
    folded = ", ".join(
        f"case when {quick(c.name)} is null and {given} is not null then yg_fold({given}) end as {_folded(c.name)}"
        for c in cells
        if isinstance(c.column, Date | Timestamp) and (given := text(c.column.source))
    )
    return f"(select *, {folded} from {rows})" if folded else rows
