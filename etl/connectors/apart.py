"""Workbooks that may ask for more than there is are opened in a process of their own, with bounded memory, time and answer.

calamine ends the whole process where memory does not suffice, and there are many ways in which an old binary workbook (.xls) can ask for too
much: its stated extent, a far cell, a directory that leads back to itself.  Rather than know them all, whatever happens here costs this process
nothing but a sentence.  The file runs as a program of its own as well, and then needs nothing of the product.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook, PasswordError, SheetVisibleEnum

MEMORY = 2 << 30
SECONDS = 60
ANSWER = 256 << 20
LOCKED, FULL = 3, 4


class DamagedError(ValueError):
    """The workbook cannot be opened."""


class TooLargeError(ValueError):
    """The workbook asks for more memory, time or text than it may have."""


class SheetApart:
    """One sheet as the other process read it; what the reader uses of a sheet of calamine's."""

    def __init__(self, told: Sequence[Any], rows: str):
        self.name, self.total_height, self.total_width, self._merged = told
        self._rows = rows

    @property
    def merged_cell_ranges(self) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        return [((top, left), (bottom, right)) for (top, left), (bottom, right) in self._merged]

    def to_python(self, skip_empty_area: bool = False) -> list[list[Any]]:
        """The cells from the first row and column on; dates and times are such again."""
        return json.loads(self._rows, object_hook=lambda told: datetime.fromisoformat(told["at"]))  # type: ignore[no-any-return]


class BookApart:
    """The visible sheets of a workbook; what the reader uses of a workbook of calamine's."""

    def __init__(self, sheets: Sequence[SheetApart]):
        self._sheets = {s.name: s for s in sheets}

    @property
    def sheet_names(self) -> list[str]:
        return list(self._sheets)

    def get_sheet_by_name(self, name: str) -> SheetApart:
        return self._sheets[name]


def open_apart(path: Path) -> BookApart:
    """The workbook; PasswordError, DamagedError or TooLargeError where it cannot be had."""
    command = [sys.executable, "-I", "-X", "utf8", __file__, str(path.resolve()), str(MEMORY)]
    quiet = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": {"LC_ALL": "C.UTF-8"}}
    with subprocess.Popen(command, stdout=subprocess.PIPE, **quiet) as other:  # type: ignore[call-overload]  # noqa: S603
        answer = other.stdout.read(ANSWER + 1)
        if len(answer) > ANSWER:
            other.kill()
        code = FULL if len(answer) > ANSWER else other.wait()
    if code == LOCKED:
        raise PasswordError(path.name)
    if code == FULL or code < 0:
        raise TooLargeError(path.name)
    if code:
        raise DamagedError(path.name)
    lines = iter(answer.decode().split("\n")[:-1])
    return BookApart([SheetApart(json.loads(told), rows) for told, rows in zip(lines, lines, strict=True)])


def _told(value: object) -> object:
    """What JSON has no word for: a moment, else its text."""
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return value.isoformat() if isinstance(value, date) else str(value)


def _main(path: str, memory: int) -> int:
    """Write two lines for each visible sheet: what it is, and its cells."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with Path(path).open("rb") as stream:
            book = CalamineWorkbook.from_filelike(stream)
        for about in book.sheets_metadata:
            if about.visible == SheetVisibleEnum.Visible:
                sheet = book.get_sheet_by_name(about.name)
                told = [about.name, sheet.total_height, sheet.total_width, sheet.merged_cell_ranges or []]
                for part in (told, sheet.to_python(skip_empty_area=False)):
                    sys.stdout.write(json.dumps(part, ensure_ascii=False, default=_told) + "\n")
        sys.stdout.flush()
    except PasswordError:
        return LOCKED
    except MemoryError:
        return FULL
    return 0


if __name__ == "__main__":
    # Without the machinery of an orderly end: a reader that has read enough is gone already.
    os._exit(_main(sys.argv[1], int(sys.argv[2])))
