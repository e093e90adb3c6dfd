"""JSON records as rows of text: what an API answers and what a JSON Lines file holds are read alike.

Numbers keep their digits (an identifier beyond 15 digits must not pass through a float), nested fields are found by a dotted path
(``elder.id``), lists and objects in a cell stay as compact JSON.  What is no record at all becomes a damaged row.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from etl.checks import raw_columns
from etl.connectors.base import batch, require, spellings
from etl.contract import Contract, Table

NOT_A_RECORD = "不是一条记录（应为一个 JSON 对象）"
DAMAGED_TEXT = "含有无法识别的字符"
_PLAIN = (str, int, float, bool)
_decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def parse(text: str) -> Any:
    """A JSON document whose numbers are text, digit by digit as written; ValueError where it is none."""
    try:
        return _decoder.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def at(document: Any, path: str) -> Any:
    """The value under a dotted path, or None; a key that itself contains dots goes before the path."""
    if not isinstance(document, dict):
        return None
    if path in document:
        return document[path]
    for key in path.split("."):
        if not isinstance(document, dict) or key not in document:
            return None
        document = document[key]
    return document


def column(documents: Sequence[dict[str, Any]], path: str) -> list[Any]:
    """The values under a dotted path in many documents at once, as :func:`at` finds them."""
    first, *steps = path.split(".")
    if steps and any(path in d for d in documents):
        return [at(d, path) for d in documents]
    values = [d.get(first) for d in documents]
    for step in steps:
        values = [v.get(step) if type(v) is dict else None for v in values]
    return values


def has(document: Any, path: str) -> bool:
    """Whether there is such a field, be it empty."""
    if not isinstance(document, dict):
        return False
    if path in document:
        return True
    above, _, last = path.rpartition(".")
    if not above:
        return False
    inner = at(document, above)
    return isinstance(inner, dict) and last in inner


def text(value: Any) -> str:
    """A parsed value as the text of a cell."""
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, _PLAIN):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Records:
    """Makes batches of one table from parsed documents; remembers which of its fields it has met."""

    def __init__(self, table: Table):
        self.table = table
        self.fields = [(raw, spellings(table)[raw]) for raw in raw_columns(table)]
        self.met: dict[str, str] = {}
        self.others: dict[str, None] = {}
        self.read = 0
        self.sound = 0

    def batch(
        self, documents: Sequence[Any], source: str, positions: Sequence[int], defects: Sequence[str | None] | None = None
    ) -> pa.RecordBatch:
        """One row for every document; one that is no object, or comes with a defect, is a damaged row without values."""
        faults: list[str | None] = list(defects) if defects else [None] * len(documents)
        for i, document in enumerate(documents):
            if faults[i] is None and type(document) is not dict:
                faults[i] = NOT_A_RECORD
        sound = [d if f is None else {} for d, f in zip(documents, faults, strict=True)]
        self._look(sound)
        columns = [self._column(sound, raw, names) for raw, names in self.fields]
        self.read += len(documents)
        self.sound += sum(f is None for f in faults)
        try:
            return batch(self.table, columns, source, positions, faults)
        except UnicodeEncodeError:
            # Half a character pair (\ud800) cannot be stored as text: that row alone is damaged.
            for i, row in enumerate(zip(*columns, strict=True)):
                if any(not _storable(cell) for cell in row):
                    faults[i] = DAMAGED_TEXT
            columns = [["" if fault else cell for cell, fault in zip(c, faults, strict=True)] for c in columns]
            return batch(self.table, columns, source, positions, faults)

    def _look(self, documents: Sequence[Any]) -> None:
        missing = [(raw, names) for raw, names in self.fields if raw not in self.met]
        for document in documents if missing else ():
            for raw, names in missing:
                hit = next((n for n in names if raw not in self.met and has(document, n)), None)
                if hit is not None:
                    self.met[raw] = hit
            self.others |= dict.fromkeys(list(document)[:60]) if len(self.others) < 60 else {}

    def _column(self, documents: Sequence[Any], raw: str, names: tuple[str, ...]) -> list[str]:
        name = self.met.get(raw)
        if name is None:
            return [""] * len(documents)
        others = [n for n in names if n != name]
        cells = column(documents, name)
        if others and None in cells:
            cells = [next((v for n in others if (v := at(d, n)) is not None), None) if c is None else c
                     for c, d in zip(cells, documents, strict=True)]  # fmt: skip
        return [c if type(c) is str else text(c) for c in cells]

    def complete(self, contract: Contract, place: str) -> None:
        """SourceError where a column of the contract stood in no record at all: a field was renamed or dropped."""
        if self.sound:
            require(contract, self.table, place, dict.fromkeys(self.met, 0), list(self.others))


def _storable(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True
