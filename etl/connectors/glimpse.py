"""Looking at a source without reading it: does it answer, are the columns there, does the first row come? And not waiting long for it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from etl.connectors.base import Reader, SourceError, passed_over
from etl.contract import Table

QUICK_SECONDS = 30.0
"""What a micro-batch gives a table of a database or an interface, unless its entry says ``quick_timeout``."""


def paced(spec: Mapping[str, Any] | None, *, quick: bool) -> dict[str, Any] | None:
    """An entry of ``sources.yaml`` as a run uses it: a micro-batch (``quick``) does not wait long, as others wait for it. SourceError for a wrong time."""
    if spec is None:
        return None
    _seconds(spec, "timeout")
    limit = _seconds(spec, "quick_timeout") or QUICK_SECONDS
    return brisk(spec, limit) if quick else {k: v for k, v in spec.items() if k != "quick_timeout"}


def brisk(spec: Mapping[str, Any] | None, seconds: float, retries: int | None = None) -> dict[str, Any] | None:
    """An entry of ``sources.yaml`` for somebody in a hurry: databases and interfaces get ``seconds`` at most for a table, and ``retries``.

    Shorter times of the entry itself stand; files on this machine are left as they are.
    """
    if spec is None:
        return None
    told = {k: v for k, v in spec.items() if k != "quick_timeout"}
    keys = {"sql": ("timeout",), "api": ("timeout", "limit")}.get(str(told.get("kind")), ())
    told |= {key: min(_seconds(spec, key) or seconds, seconds) for key in keys}
    return told if retries is None or told.get("kind") != "api" else told | {"retries": retries}


def _seconds(spec: Mapping[str, Any], key: str) -> float | None:
    """A time of an entry; None where it says nothing."""
    if spec.get(key) is None:
        return None
    try:
        found = float(spec[key])
    except (TypeError, ValueError):
        found = 0.0
    if not 0 < found < math.inf:
        raise SourceError(f"sources.yaml 中的 {key} 应为大于 0 的秒数。请管理员改正。")
    return found


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
