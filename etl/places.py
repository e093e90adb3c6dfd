"""Which of two files is the later word on a record: told by their names alone, so that it is the same however often files come again."""

from __future__ import annotations

import re

_ENDING = re.compile(r"(\.(csv|txt|tsv|gz|zip|xlsx|xlsm|xls|et|json|jsonl|ndjson))+$", re.IGNORECASE)
# 2026-10(1), 2026-10 （2）, 2026-10 - 副本, 2026-10_副本 (2), 2026-10 copy 3: what browsers, WPS and file managers append to a second copy.
_COPY = re.compile(r"(?:[\s_－-]*(?P<copy>副本|复件|拷贝|copy)\s*(?P<plain>\d{1,3})?)?\s*(?:[(（]\s*(?P<number>\d{1,3})\s*[)）])?$", re.IGNORECASE)

IN_FILE = r"\.(csv|txt|tsv|gz|xlsx|xlsm|xls|et|jsonl|ndjson)(/|$)"
"""What the source of a row looks like where the row stands in a file, and so at a place that its owner can go to."""
Place = tuple[tuple[tuple[str, int], ...], str]


def later(source: str) -> Place:
    """A sort key of a row's source (``folder/file``, ``workbook/sheet``): of rows with the same key those of the last source count.

    Names go by their characters, without what says the kind of file: a correction (``2026-10_更正.csv``) comes behind its month. Copies of a
    file come behind it, by their number, and before whatever else is named after it.
    """
    return tuple(_part(part) for part in source.split("/")), source


def _part(named: str) -> tuple[str, int]:
    stem = _ENDING.sub("", named)
    found = _COPY.search(stem)
    if found is None or not found.group() or not found.start():
        return stem, 0
    number = found["number"] or found["plain"]
    return stem[: found.start()], int(number) if number else 1 if found["copy"] else 0
