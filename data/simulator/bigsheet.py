"""Long sheets: the rows are laid into a workbook's XML column by column, because writing a million cells one by one takes minutes."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.simulator.workbook import CREATED, Column, workbook, write_sheet
from data.simulator.writers import arrow

HEAD = 4


def long_sheet(
    path: Path, name: str, title: str, note: str, columns: list[Column], values: Sequence[Any], footnotes: Sequence[str] = ()
) -> int:
    """A workbook of one sheet with title, note and merged header, then one row per entry of ``values`` (a text array per column).

    Empty text and null leave a cell empty; at most 26 columns. Returns the number of rows.
    """
    book = workbook(path)
    write_sheet(book, name, title, note, columns, [], [])
    book.close()
    arrays = [arrow(v, pa.string()) for v in values]
    rows = [*_rows(arrays), *(_footnote(HEAD + len(arrays[0]) + 1 + k, line) for k, line in enumerate(footnotes))]
    with zipfile.ZipFile(path) as old:
        parts = {item.filename: old.read(item) for item in old.infolist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"</sheetData>", "".join(rows).encode() + b"</sheetData>")
    stamp = (CREATED.year, 1, 1, 0, 0, 0)
    with zipfile.ZipFile(path, "w") as new:
        for part, data in parts.items():
            new.writestr(zipfile.ZipInfo(part, stamp), data, zipfile.ZIP_DEFLATED, compresslevel=1)
    return len(arrays[0])


def _rows(arrays: list[pa.Array]) -> list[str]:
    """``<row>`` elements with the texts inline."""
    number = pc.cast(pa.array(range(HEAD + 1, HEAD + 1 + len(arrays[0])), pa.int64()), pa.string())
    cells = []
    for letter, values in zip(ascii_uppercase, arrays, strict=False):
        text = values
        for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = pc.replace_substring(text, sign, entity)
        cell = pc.binary_join_element_wise(
            f'<c r="{letter}', number, '" t="inlineStr"><is><t>', text, "</t></is></c>", "", null_handling="replace"
        )
        empty = pc.or_(pc.is_null(values), pc.equal(pc.utf8_length(pc.fill_null(values, "")), 0))
        cells.append(pc.if_else(empty, "", cell))
    return pc.binary_join_element_wise('<row r="', number, '">', *cells, "</row>", "").to_pylist()


def _footnote(row: int, line: str) -> str:
    return f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>{line}</t></is></c></row>'
