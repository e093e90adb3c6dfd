"""Where the records of a delimited file lie: a parser counts records, whoever opens the file counts lines."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

import numpy as np

BLOCK = 4 << 20
_QUOTE, _LINE_FEED, _RETURN = b'"\n\r'


def record_lines(text: Path, header: int, delimiter: str) -> np.ndarray | None:
    """The first line, counted from 1, of every record of a UTF-8 file after its ``header`` lines; blank lines are no records.

    None where a record is a line, as nearly always: then the two numbers are the same. Telling this costs one look at the bytes.
    """
    if not _differ(text):
        return None
    found: list[int] = []
    try:
        with text.open(encoding="utf-8", newline="") as stream:
            records = csv.reader(islice(stream, header, None), delimiter=delimiter)
            begins = header + 1
            for record in records:
                if record:
                    found.append(begins)
                begins = header + records.line_num + 1
    except csv.Error:  # a field beyond all measure: the parser decides about the file
        return None
    return np.array(found, np.int64)


def _differ(text: Path) -> bool:
    """True where a file has blank lines, or line breaks in quotes."""
    quotes, last = 0, b""
    with text.open("rb") as stream:
        while block := stream.read(BLOCK):
            block = last + block
            signs = np.frombuffer(block, np.uint8)
            breaks = np.flatnonzero((signs == _LINE_FEED) | (signs == _RETURN) if b"\r" in block else signs == _LINE_FEED)
            again = breaks[1:][np.diff(breaks) == 1]
            if ((signs[again] != _LINE_FEED) | (signs[again - 1] != _RETURN)).any():
                return True
            if b'"' in block:
                quoted = np.flatnonzero(signs == _QUOTE)
                if ((np.searchsorted(quoted, breaks) + quotes) % 2).any():
                    return True
                quotes += len(quoted) - block.endswith(b'"')
            last = block[-1:]  # seen again with the next block: a pair may lie on both sides
    return False
