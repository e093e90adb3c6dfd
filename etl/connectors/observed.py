"""What a reading shows beside its rows: the columns that the source has, and the totals that its owner wrote below them.

Readers tell it here while they read; whoever started the reading asks for it afterwards. There is one reading at a time in a process
(the run holds the lock), and DuckDB may pull the rows from a thread of its own, so this is a plain global and no context variable; what
another thread reads ahead is collected apart and told when its turn comes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Total:
    """A 小计 or 合计 line: where it stands and the amount it states, as text."""

    position: int
    label: str
    stated: str


@dataclass(slots=True)
class Sheet:
    """One file or sheet: its totals, and position and amount (text) of every record between them."""

    table: str
    source: str
    totals: list[Total] = field(default_factory=list)
    positions: list[pa.Array] = field(default_factory=list)
    amounts: list[pa.Array] = field(default_factory=list)


@dataclass(slots=True)
class Observed:
    """``headers``: table → the source's columns in order; ``sheets``: those files and sheets that carry totals of money."""

    headers: dict[str, list[str]] = field(default_factory=dict)
    sheets: list[Sheet] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    """(table, sentence) of what is odd about a file that can be read all the same."""


_watched: Observed | None = None
_apart = threading.local()


@contextmanager
def observing() -> Iterator[Observed]:
    """Collect what readers tell until the end of the block."""
    global _watched
    _watched = found = Observed()
    try:
        yield found
    finally:
        _watched = None


@contextmanager
def apart() -> Iterator[Observed]:
    """Collect what readers tell in this thread alone until the end of the block."""
    _apart.found = found = Observed()
    try:
        yield found
    finally:
        _apart.found = None


def tell(found: Observed) -> None:
    """Pass on what was collected apart."""
    for table, present in found.headers.items():
        headers(table, present)
    for seen in found.sheets:
        sheet(seen)
    for table, sentence in found.remarks:
        remark(table, sentence)


def headers(table: str, present: Sequence[str]) -> None:
    """A reader has seen these columns (a further file adds to those of the first)."""
    watched = _listener()
    if watched is not None:
        known = watched.headers.setdefault(table, [])
        known += [p for p in present if p and p not in known]


def taken(table: str) -> list[str]:
    """The columns seen of a table since this was last asked; they are forgotten by it."""
    return [] if _watched is None else _watched.headers.pop(table, [])


def sheet(found: Sheet) -> None:
    """A reader has come to the end of a file or sheet; kept where totals were met."""
    watched = _listener()
    if watched is not None and found.totals:
        watched.sheets.append(found)


def remark(table: str, sentence: str) -> None:
    """A reader finds something odd that is no reason to refuse a file; without a full stop."""
    watched = _listener()
    if watched is not None and (table, sentence) not in watched.remarks:
        watched.remarks.append((table, sentence))


def _listener() -> Observed | None:
    mine: Observed | None = getattr(_apart, "found", None)
    return _watched if mine is None else mine
