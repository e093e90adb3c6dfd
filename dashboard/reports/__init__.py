"""What leaves the house: the monthly report as Word, Excel and PDF, and tables as Excel.

All three forms are rendered from the same ``content.compose``, so they cannot disagree.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dashboard.reports.model import Issue

if TYPE_CHECKING:
    from dashboard.reports.issued import Issued
    from dashboard.warehouse import Warehouse

Format = Literal["docx", "xlsx", "pdf"]
FORMATS: dict[str, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
"""Forms of the report with their media types."""


def build(
    warehouse: Warehouse, area: Any, month: Any, fmt: str, issued_by: str, now: datetime, purpose: str = "", signed: Issued | None = None,
    bureau: str = "",
) -> bytes:  # fmt: skip
    """The monthly report of an area as a file's bytes: as it was ``signed``, or as the data are now.

    ``issued_by``, ``now`` (local time of the office) and ``purpose`` are the watermark; ``bureau`` signs.  Raises ``Unknown`` for an area or month outside the reader's
    scope, ValueError for another format, IssueError for a signed report that is not whole.  About a second each; safe in threads.
    The workbook of a signed report has the rows behind only while they still add up to it.
    """
    if fmt not in FORMATS:
        raise ValueError(f"unknown format {fmt!r}")
    # Imported here, so that the command line starts without matplotlib.
    from dashboard.reports.issued import current, substance

    report = current(warehouse, area, month, rows=fmt == "xlsx") if signed is None or fmt == "xlsx" else signed.report
    if signed is not None and fmt == "xlsx":
        report = replace(signed.report, row_sheets=report.row_sheets if substance(report) == signed.row.found else ())
    issue = Issue(issued_by, now, purpose, signed.words if signed else "", bureau)
    if fmt == "docx":
        from dashboard.reports import word

        return word.render(report, issue)
    if fmt == "xlsx":
        from dashboard.reports import excel

        return excel.render(report, issue)
    from dashboard.reports import pdf

    return pdf.render(report, issue)


def save(path: str | Path, content: bytes) -> None:
    """Write a file so that a reader sees the whole of it or nothing: beside it first, then renamed. OSError where it cannot be."""
    target = Path(path)
    handle, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o640)
        Path(draft).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise


__all__ = ["FORMATS", "Format", "build", "save"]
