"""Looking at a source without reading it: does it answer, are the columns there, does the first row come? And not waiting long for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from etl.connectors.base import Reader, SourceError, passed_over
from etl.contract import Table


def brisk(spec: Mapping[str, Any] | None, seconds: float) -> dict[str, Any] | None:
    """An entry of ``sources.yaml`` for somebody in a hurry: databases and interfaces get ``seconds`` at most for a table, and one attempt.

    Shorter times of the entry itself stand; files on this machine are left as they are.
    """
    told = dict(spec) if spec is not None else None
    match (told or {}).get("kind"):
        case "sql":
            told = {**(told or {}), "timeout": _least(told, "timeout", seconds)}
        case "api":
            told = {**(told or {}), "timeout": _least(told, "timeout", seconds), "limit": _least(told, "limit", seconds), "retries": 0}
    return told


def _least(spec: Mapping[str, Any] | None, key: str, seconds: float) -> float:
    return min(float((spec or {}).get(key) or seconds), seconds)


def glimpse(reader: Reader, table: Table, seconds: float) -> list[str]:
    """Read the header and the first rows of a table, of each of its files; the sentences for files that cannot be read beside others that can.

    SourceError where the table cannot be read at all. No file is begun after ``seconds`` have passed.
    """
    end = time.monotonic() + seconds
    first = getattr(reader, "first", None)
    if first is not None:
        first(table)
        return []
    if not hasattr(reader, "parts"):
        rows = iter(reader.read(table))
        # A reader of several workbooks goes through them one after the other, and passes over those that are broken.
        while next(rows, None) is not None and hasattr(reader, "broken") and time.monotonic() < end:
            pass
        _end(rows)
        return list(passed_over(reader, table).values())
    names, wrong = list(reader.parts(table)), []
    for name in names:
        if time.monotonic() > end:
            break
        rows = iter(reader.read_parts(table, [name]))  # type: ignore[attr-defined]
        try:
            next(rows, None)
        except SourceError as error:
            wrong.append(error)
        finally:
            _end(rows)
    if wrong and len(wrong) == len(names):
        raise wrong[0]
    return [str(error) for error in wrong]


def _end(rows: Any) -> None:
    """Let go of what a reader holds open for rows that nobody asks for any more."""
    getattr(rows, "close", lambda: None)()
