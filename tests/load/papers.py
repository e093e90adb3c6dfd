"""What stands in a report file, without what every copy says of itself: when, by whom and from which run it was made."""

from __future__ import annotations

import io
import re

import docx
import openpyxl

OWN = re.compile(r"\d{4}年\d+月\d+日 \d+:\d+(:\d+)?|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?|2026\d{4}T\d{6}-load|[0-9A-Fa-f]{16,64}")


def words(content: bytes, fmt: str) -> str:
    """All text and numbers of a Word or Excel file in their order."""
    if fmt == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(content))
        found = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    else:
        paper = docx.Document(io.BytesIO(content))
        found = [p.text for p in paper.paragraphs] + [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return OWN.sub("", "\n".join(found))
