"""How much of a source is read: nothing where it is known, what changed where the source can tell, everything otherwise.

By cursor where the table declares one: rows at or after the last moment seen, less an overlap for what was committed late; the number of
rows is compared each time, the keys when it differs and every night, and once a week everything is read.  By file where a module is a folder of
files; of several files one that cannot be read is passed over, and what was loaded of it before stays.  What is read completely is compared
row by row, so that nothing that stayed the same is loaded again.
"""

from __future__ import annotations

import errno
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, runtime_checkable

import duckdb
import pyarrow as pa

from etl import clock, raw
from etl.checks import Compiled
from etl.clean import first, name
from etl.connectors import Reader, SourceError, observed
from etl.connectors.base import passed_over, unopened
from etl.contract import Table
from etl.raw import Receipt, short

Depth = Literal["quick", "keys", "full"]
"""``quick``: what a micro-batch needs; ``keys``: compare all keys where there is a cursor (each night); ``full``: read everything."""
OVERLAP = timedelta(days=1)
COMPLETE_EVERY = timedelta(days=7)
HASTY = "~"
"""After the fingerprint of what a micro-batch has read: its keys are still to be compared at night, though the source be the same."""


@runtime_checkable
class Cursored(Protocol):
    """A reader that can give the rows changed since a moment."""

    def changed(self, table: Table, since: datetime) -> Iterator[pa.RecordBatch]:
        """All rows of every key of which a row changed at or after ``since`` (or does not say when)."""
        ...

    def total(self, table: Table) -> int:
        """How many rows there are now."""
        ...

    def keys(self, table: Table) -> Iterator[pa.RecordBatch]:
        """The source columns of key and cursor of all rows, as text, named c0, c1 …"""
        ...


@runtime_checkable
class Filed(Protocol):
    """A reader of files that can be told apart; their names are the rows' ``_source``."""

    skipped: Counter[str]
    broken: dict[str, dict[str, str]]

    def parts(self, table: Table) -> Mapping[str, str]:
        """File → fingerprint."""
        ...

    def read_parts(self, table: Table, names: Collection[str]) -> Iterator[pa.RecordBatch]:
        """The rows of these files only."""
        ...


@runtime_checkable
class Glanced(Protocol):
    """A reader of a file too large to be hashed whenever somebody has written to it."""

    def glance(self) -> str | None:
        """What stays while nobody touches the file; '' where nothing would tell, None where its fingerprint is to be asked for instead."""
        ...


@runtime_checkable
class Foresighted(Protocol):
    """A cursored reader of a file, which can be asked before its turn."""

    def look_ahead(self, table: Table, since: datetime, most: int, keys: bool) -> None:
        """Hold ready what ``changed`` gives, and ``keys`` if asked, each if it takes no more than ``most`` bytes. It counts until the file is touched."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """What was read: the receipt, lines passed over in the whole delivery, and what to remember of it in ``state.delivery``."""

    receipt: Receipt
    skipped: int
    state: dict[str, Any] = field(default_factory=dict)


def take(
    con: duckdb.DuckDBPyConnection, compiled: Compiled, reader: Reader, before: dict[str, Any] | None, depth: Depth
) -> Taken:
    """Read what is needed of one table; SourceError when it cannot be read or has no rows at all."""
    table = compiled.table
    shape = short("|".join(compiled.raw_columns))
    glance = _glance(reader)
    unhashed = before is not None and _unhashed(before, glance, depth)
    fingerprint = None if unhashed else reader.fingerprint(table)
    marked = f"{fingerprint}#{shape}" if fingerprint else None
    state: dict[str, Any] = {"fingerprint": marked, "content": shape, "glance": glance or None}
    known = before is not None and depth != "full" and before["content"] == shape
    if before and known:
        # What a killed run left in raw is in nobody's way: it is cleared before the table is read next.
        unseen = (
            depth == "quick" and not marked and not unhashed and not (table.cursor and isinstance(reader, Cursored)) and _in_order(con, compiled.module)
        )
        untouched = bool(unhashed and glance and before["glance"] == glance)
        seen = (marked, f"{marked}{HASTY}") if depth == "quick" else (marked,)
        if unseen or untouched or (marked and before["fingerprint"] in seen):
            return Taken(_nothing(before), before["skipped"], _known(before) | ({"glance": glance} if glance else {}))
    raw.shape(con, compiled, before["batch"] if before else None)
    raw.clear(con, compiled, before["batch"] if before else None)
    if before and known and table.cursor and isinstance(reader, Cursored):
        receipt = _by_cursor(con, compiled, reader, before, depth)
        if receipt:
            if marked and depth == "quick":
                state["fingerprint"] = f"{marked}{HASTY}"
            return _taken(compiled, receipt, state | {"skipped": before["skipped"], "complete_at": before["complete_at"]})
    if isinstance(reader, Filed):
        receipt, parts = _by_file(con, compiled, reader, before, afresh=depth == "full" or not before or before["content"] != shape)
        skipped = sum(int(p[1]) for p in parts.values())
        state |= {"parts": json.dumps(parts, ensure_ascii=False)}
    else:
        passed = sum(reader.skipped.values())
        # A reader of several workbooks finds out while reading which of them it has to pass over.
        broken = getattr(reader, "broken", {}).setdefault(table.name, {})
        batches = reader.read(table)
        if before:
            receipt = raw.replace(con, compiled, batches, before["batch"], without=broken)
        else:
            receipt = raw.append(con, compiled, batches, broken)
        skipped = sum(reader.skipped.values()) - passed
    if passed_over(reader, table):
        state["fingerprint"] = None  # so that the next run looks at it again
    return _taken(compiled, receipt, state | {"skipped": skipped, "complete_at": clock.now()}, before is None)


def _in_order(con: duckdb.DuckDBPyConnection, module: str) -> bool:
    """Whether a module stands as it should: of one that does not, even a micro-batch asks whether it does by now, rather than take it for granted."""
    return first(con, "select 1 from state.module where module = ? and status in ('ok', 'late', 'partial')", [module]) is not None


def _glance(reader: Reader) -> str | None:
    return reader.glance() if isinstance(reader, Glanced) else None


def _unhashed(before: Mapping[str, Any], glance: str | None, depth: Depth) -> bool:
    """Whether a glance at the file is enough: at night where it tells that somebody has written to it, which its hash would only say again."""
    return glance is not None and (depth == "quick" or (depth == "keys" and bool(before["glance"]) and before["glance"] != glance))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a module's files are going to be asked for: its tables, each with the delivery in force and the moment since which its cursor is read."""

    tables: Sequence[tuple[Table, Mapping[str, Any] | None, datetime | None]]
    depth: Depth

    def ask(self, reader: Reader, most: int) -> bool:
        """Ask for it before its turn; whether the reader holds something ready, at most ``most`` bytes of each thing. SourceError, OSError as at its turn.

        Hashes of files are remembered beside their readers, as long as nobody touches the files (:func:`etl.connectors.base.content_hash`).
        """
        ready = False
        for table, before, since in self.tables:
            glance = _glance(reader)
            if before is not None and _unhashed(before, glance, self.depth):
                changed = before["glance"] != glance
            else:
                changed = before is None or not str(before["fingerprint"]).startswith(f"{reader.fingerprint(table)}#")
            if changed and since and isinstance(reader, Foresighted):
                reader.look_ahead(table, since, most, keys=self.depth == "keys")
                ready = True
        return ready


def _nothing(before: Mapping[str, Any]) -> Receipt:
    return Receipt(before["batch"], before["read"], 0, 0)


def _known(before: Mapping[str, Any]) -> dict[str, Any]:
    """What was remembered of a delivery that is not read again."""
    return {k: before[k] for k in ("fingerprint", "content", "parts", "skipped", "complete_at", "glance")}


def _taken(compiled: Compiled, receipt: Receipt, state: dict[str, Any], first_time: bool = False) -> Taken:
    # Of a table that had rows, an empty delivery is for the guards: a person decides (guards.py).
    if not receipt.rows and not compiled.table.may_be_empty and first_time:
        raise SourceError(f"{compiled.table.title}（{compiled.table.source}）没有任何数据行。请确认报送是否完整。")
    return Taken(receipt, state["skipped"], state)


def moment(con: duckdb.DuckDBPyConnection, compiled: Compiled, before: Mapping[str, Any], depth: Depth) -> datetime | None:
    """Since when a table is read by its cursor; None where it is to be read completely."""
    newest = first(con, f"select max({name(compiled.table.cursor)}) from checked.{name(compiled.full_name)}")
    overdue = depth == "keys" and (not before["complete_at"] or clock.now() - before["complete_at"] > COMPLETE_EVERY)
    if overdue or not newest or not newest[0]:
        return None
    # A moment in the future (a clock that went wrong) must not hide what comes after today.
    return min(newest[0], before["loaded_at"]) - OVERLAP  # type: ignore[no-any-return]


def _by_cursor(
    con: duckdb.DuckDBPyConnection, compiled: Compiled, reader: Cursored, before: Mapping[str, Any], depth: Depth
) -> Receipt | None:
    """The rows changed since the last moment seen, and those gone; None where only a complete reading will do."""
    table, since = compiled.table, moment(con, compiled, before, depth)
    if since is None:
        return None
    receipt = raw.merge(con, compiled, reader.changed(table, since), before["batch"])
    if depth == "keys" or reader.total(table) != receipt.rows:
        found = raw.strike(con, compiled, reader.keys(table), receipt)
        if found is None:
            raw.clear(con, compiled, before["batch"])
        return found
    return receipt


def _by_file(
    con: duckdb.DuckDBPyConnection, compiled: Compiled, reader: Filed, before: Mapping[str, Any] | None, afresh: bool
) -> tuple[Receipt, dict[str, list[Any]]]:
    """The files that changed, came or went; the receipt, and file → [fingerprint, lines passed over, columns] for all of them.

    What is told of the delivery's columns are those of all its files, also of the ones not read again. Where all files are unreadable, the first one's SourceError.
    """
    table, broken = compiled.table, reader.broken.setdefault(compiled.table.name, {})
    marks = reader.parts(table)
    had: dict[str, list[Any]] = json.loads(before["parts"]) if before and before["parts"] else {}
    known = {} if afresh or "*" in had else had  # "*": a work file of an earlier version did not tell these files apart
    parts = {file: known[file] for file, mark in marks.items() if file in known and known[file][0] == mark}
    changed = [file for file in marks if file not in parts]

    def rows() -> Iterator[pa.RecordBatch]:
        failures: list[SourceError] = []
        for file in changed:
            passed = sum(reader.skipped.values())
            observed.taken(table.name)
            try:
                yield from reader.read_parts(table, [file])
            except OSError as error:
                if error.errno == errno.ENOSPC:
                    raise
                failures.append(unopened(file, compiled.table.title, error))
            except SourceError as error:
                failures.append(error)
            else:
                parts[file] = [marks[file], sum(reader.skipped.values()) - passed, observed.taken(table.name)]
                continue
            broken[file] = str(failures[-1])
            if len(broken) == len(marks):
                raise failures[0]
            if file in had:
                parts[file] = had[file]

    others = [*changed, *(file for file in known if file not in marks)] if known else None
    receipt = raw.replace(con, compiled, rows(), before["batch"], others, broken) if before else raw.append(con, compiled, rows(), broken)
    observed.taken(table.name)
    if all(len(part) > 2 and part[2] for part in parts.values()):  # an earlier version did not remember them
        for part in parts.values():
            observed.headers(table.name, part[2])
    return receipt, parts
