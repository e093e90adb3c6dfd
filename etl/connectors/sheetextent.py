"""How large a rectangle a worksheet asks for, found without opening it: calamine holds a sheet as a dense rectangle and ends the process where that does
not fit into memory.

Where a cell stands is read as calamine reads it, whatever the quotes, the spaces, the order of attributes or the prefix, also where a cell says nothing of its place and
follows the one before.  What is doubtful counts as large.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import IO, NamedTuple

BLOCK = 1 << 20
LONGEST_TAG = 1 << 16
MOST_ROWS, MOST_COLUMNS = 1 << 20, 1 << 14
_CELLS = re.compile(rb"<(?:[^\s<>/:=]+:)?c(?=[\s/>])")
_ROWS = re.compile(rb"<(?:[^\s<>/:=]+:)?row(?=[\s/>])")
_TEXTS = re.compile(rb"<(?:[^\s<>/:=]+:)?si(?=[\s/>])")
# As Excel, WPS and all libraries write them; whatever else there is goes the slow way.
_PLAIN_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')
_PLAIN_ROW = re.compile(rb'<row r="(\d{1,7})"')
_TAG = re.compile(rb"""<(?:[^\s<>/:=]+:)?(c|row)(?=[\s/>])((?:[^>"']++|"[^"]*+"|'[^']*+')*+)(>?)""")
_PLACE = re.compile(rb"""(?:^|\s)r\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_STATED = re.compile(rb"\s*\$?([A-Za-z]{0,3})\$?(\d{1,7})\s*")


class Extent(NamedTuple):
    """Of one part of a workbook: ``area``, rows × columns of the rectangle that holds every cell (0 where it is no worksheet); ``cells`` in it;
    ``longest``, the bytes of the longest text that cells may share (0 where it holds none)."""

    area: int
    cells: int
    longest: int


def extent(stream: IO[bytes]) -> Extent:
    """What a part asks for.  The stated dimension is not to be trusted.  Errors of the archive come through."""
    rows = columns = loose_rows = loose_cells = count = longest = 0
    begun: int | None = None
    rest = b""
    while block := stream.read(BLOCK):
        text = rest + block
        cut = text.rfind(b"<")
        rest = text[cut:] if cut >= 0 else b""
        if len(rest) <= LONGEST_TAG:
            text = text[:cut] if cut >= 0 else text
        else:  # a long text, or a tag that is made to be overlooked: as such it is not closed, and counts as large
            rest = b""
        longest, begun = _longest(text, longest, begun)
        cells, lines, all_cells = _PLAIN_CELL.findall(text), _PLAIN_ROW.findall(text), len(_CELLS.findall(text))
        count += all_cells
        if len(cells) == all_cells and len(lines) == len(_ROWS.findall(text)):
            columns = max([columns, *map(_column, {letters for letters, _ in cells})])
            rows = max([rows, *map(int, {number for _, number in cells}), *map(int, lines)])
            continue
        for kind, row, column in _places(text):
            rows, columns = max(rows, row), max(columns, column)
            loose_rows += kind == b"row" and not row
            loose_cells += kind == b"c" and not column
    for kind, row, column in _places(rest):
        rows, columns = max(rows, row), max(columns, column)
        loose_rows += kind == b"row" and not row
        loose_cells += kind == b"c" and not column
    return Extent(min(rows + loose_rows, MOST_ROWS) * min(columns + loose_cells, MOST_COLUMNS), count, longest)


def _longest(text: bytes, longest: int, begun: int | None) -> tuple[int, int | None]:
    """(longest shared text so far, bytes of the one that goes on after this piece); None before the first one."""
    if begun is None and b"<si" not in text and b":si" not in text:
        return longest, None
    first, *others = _TEXTS.split(text)
    if begun is not None:
        longest = max(longest, begun + len(first))
    if others:
        return max(longest, *map(len, others)), len(others[-1])
    return longest, begun if begun is None else begun + len(first)


def _places(text: bytes) -> Iterable[tuple[bytes, int, int]]:
    """(``c`` or ``row``, row, column) of every tag, 0 for what it does not say; the largest there is for what cannot be read."""
    for kind, attributes, closed in _TAG.findall(text):
        said = _PLACE.search(attributes)
        if said is None and closed:
            yield kind, 0, 0
            continue
        stated = _STATED.fullmatch(said[1] if said[1] is not None else said[2]) if said is not None and closed else None
        if stated is None:
            yield kind, MOST_ROWS, MOST_COLUMNS
        else:
            yield kind, int(stated[2]), _column(stated[1].upper())


def _column(letters: bytes) -> int:
    """A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
