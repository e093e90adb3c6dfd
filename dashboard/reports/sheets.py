"""Workbooks that are safe to open: every text is a text cell, whatever it begins with, and stays one when it is edited."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import xlsxwriter

from dashboard.reports.model import Cell, clean

LONGEST = 32_000
"""Characters in a cell; Excel refuses a file with more than 32,767."""

_DANGEROUS = tuple("=+-@\t\r\n＝＋－＠﹢﹣﹦﹫")
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")


def safe_text(value: Any) -> str:
    """The text without characters that XML cannot hold, at most ``LONGEST`` characters."""
    text = clean(str(value))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def dangerous(text: str) -> bool:
    """Whether a spreadsheet would take the text for a formula if a person edited the cell or pasted it elsewhere."""
    return text.lstrip(" \u3000\u00a0\ufeff\u200b\u200c\u200d\u2060").startswith(_DANGEROUS)


class Book:
    """A workbook in memory. Sheets are A4 landscape, fit to the width, with page numbers and the watermark in the footer."""

    def __init__(self, stamp: str, properties: dict[str, Any]) -> None:
        self._out = io.BytesIO()
        self.book = xlsxwriter.Workbook(
            self._out,
            {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
        )
        self.book.set_properties({k: safe_text(v) if isinstance(v, str) else v for k, v in properties.items()})
        self._stamp = safe_text(stamp).replace("&", "&&")
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._names: set[str] = set()

    def bytes(self) -> bytes:
        """Close the book; nothing can be written after."""
        self.book.close()
        return self._out.getvalue()

    def format(self, **properties: Any) -> Any:
        """A cell format, made once."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            base = {"font_name": "宋体", "font_size": 10.5, "valign": "vcenter"}
            self._formats[key] = self.book.add_format({**base, **properties})
        return self._formats[key]

    def sheet(self, name: str) -> Any:
        """A new sheet; the name is made legal and unique."""
        plain = _NO_SHEET_NAME.sub(" ", safe_text(name)).strip(" '")[:31] or "表"
        unique, n = plain, 1
        while unique.lower() in self._names:
            n += 1
            unique = f"{plain[: 31 - len(str(n)) - 1]}_{n}"
        self._names.add(unique.lower())
        sheet = self.book.add_worksheet(unique)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L&8{self._stamp[:180]}&R&8&P / &N")
        sheet.hide_gridlines(2)
        return sheet

    def text(self, sheet: Any, row: int, column: int, value: Any, **properties: Any) -> None:
        """A text cell."""
        shown = safe_text(value)
        if dangerous(shown):
            properties["quote_prefix"] = True
        if shown:
            sheet.write_string(row, column, shown, self.format(**properties))
        else:
            sheet.write_blank(row, column, None, self.format(**properties))

    def value(self, sheet: Any, row: int, column: int, value: Any, **properties: Any) -> None:
        """A cell of whatever kind the value is: numbers and dates as such, all else as text."""
        if isinstance(value, Cell):
            if value.value is None:
                self.text(sheet, row, column, value.text, **{"align": "right", **properties} if value.text == "—" else properties)
                return
            properties = {**properties, "num_format": value.format} if value.format else properties
            value = value.value
        if value is None:
            self.text(sheet, row, column, "", **properties)
        elif isinstance(value, bool):
            self.text(sheet, row, column, "是" if value else "否", **properties)
        elif isinstance(value, (int, float, Decimal)):
            self._number(sheet, row, column, value, properties)
        elif isinstance(value, datetime):
            naive = value.replace(tzinfo=None)
            sheet.write_datetime(row, column, naive, self.format(**{"num_format": "yyyy-mm-dd hh:mm", **properties}))
        elif isinstance(value, date):
            if value.year < 1900:
                self.text(sheet, row, column, value.isoformat(), **properties)
            else:
                sheet.write_datetime(row, column, value, self.format(**{"num_format": "yyyy-mm-dd", **properties}))
        elif isinstance(value, time):
            self.text(sheet, row, column, value.isoformat(timespec="minutes"), **properties)
        else:
            self.text(sheet, row, column, value, **properties)

    def _number(self, sheet: Any, row: int, column: int, value: Any, properties: dict[str, Any]) -> None:
        # Excel keeps 15 digits: a longer whole number is an identifier and would be damaged.
        if not math.isfinite(value) or (isinstance(value, int) and abs(value) >= 10**15):
            self.text(sheet, row, column, "" if not math.isfinite(value) else value, **properties)
        else:
            sheet.write_number(row, column, float(value), self.format(**{"align": "right", **properties}))

    def table(
        self,
        sheet: Any,
        top: int,
        titles: Sequence[str],
        rows: Iterable[Sequence[Any]],
        strong: frozenset[int] = frozenset(),
        right: frozenset[int] = frozenset(),
    ) -> int:
        """Header and rows from line ``top`` on, with widths, frozen header, filter and repeated header in print; the last line used."""
        line = {"border": 1, "border_color": "#9aa3b0"}
        widths = [_width(t) for t in titles]
        for column, title in enumerate(titles):
            self.text(sheet, top, column, title, bold=True, bg_color="#E4ECF7", align="center", text_wrap=True, **line)
        at = top
        for n, row in enumerate(rows):
            at = top + 1 + n
            extra = {"bold": True} if n in strong else {}
            for column, value in enumerate(row):
                self.value(sheet, at, column, value, **line, **extra, **({"align": "right"} if column in right else {}))
                if n < 200:
                    widths[column] = max(widths[column], _width(value.text if isinstance(value, Cell) else value))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(max(width + 2, 8), 60))
        sheet.freeze_panes(top + 1, 1 if len(titles) > 3 else 0)
        sheet.repeat_rows(top)
        if at > top and not strong:
            sheet.autofilter(top, 0, at, len(titles) - 1)
        return at


def _width(value: Any) -> float:
    if isinstance(value, datetime):
        return 16
    return sum(2 if ord(c) > 0x2E7F else 1 for c in safe_text("" if value is None else value)[:60])
