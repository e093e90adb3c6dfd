"""Workbooks as offices make them: a title over all columns, a note, a merged two-row header, data, subtotals and footnotes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter

CREATED = datetime(2020, 1, 1)  # noqa: DTZ001 - a fixed stamp, so that the same seed gives the same bytes


@dataclass(frozen=True)
class Column:
    """A header cell: ``group`` over ``leaf``; without a leaf the group's cell spans both rows."""

    group: str
    leaf: str
    width: float = 14


def workbook(path: Path) -> Any:
    """An xlsxwriter workbook with fixed properties."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": CREATED, "author": "", "company": ""})
    return book


def write_sheet(
    book: Any, name: str, title: str, note: str, columns: list[Column], rows: list[list[Any]], footnotes: list[str]
) -> None:
    """Writes one sheet; ``rows`` hold text and numbers, None leaves a cell empty."""
    head = book.add_format({"bold": True, "border": 1, "align": "center", "valign": "vcenter", "bg_color": "#E8EEF7"})
    big = book.add_format({"bold": True, "font_size": 16, "align": "center"})
    sheet = book.add_worksheet(name)
    last = len(columns) - 1
    sheet.merge_range(0, 0, 0, last, title, big)
    sheet.merge_range(1, 0, 1, last, note)
    at = 0
    for group, members in groupby(columns, key=lambda c: c.group):
        cells = list(members)
        if cells[0].leaf == "":
            sheet.merge_range(2, at, 3, at, group, head)
        else:
            if len(cells) > 1:
                sheet.merge_range(2, at, 2, at + len(cells) - 1, group, head)
            else:
                sheet.write_string(2, at, group, head)
            for k, cell in enumerate(cells):
                sheet.write_string(3, at + k, cell.leaf, head)
        at += len(cells)
    for k, column in enumerate(columns):
        sheet.set_column(k, k, column.width)
    for r, row in enumerate(rows, start=4):
        for c, value in enumerate(row):
            if isinstance(value, str):
                if value:
                    sheet.write_string(r, c, value)
            elif value is not None:
                sheet.write_number(r, c, value)
    for k, line in enumerate(footnotes):
        sheet.write_string(4 + len(rows) + k, 0, line)
    sheet.freeze_panes(4, 0)
