"""One table as an Excel file: what is asked for, the table that answers, and the file that says what it is, from when, for whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dashboard.format import fmt_date, fmt_month, fmt_time
from dashboard.reports.model import SYNTHETIC, SYNTHETIC_NOTE
from dashboard.reports.sheets import Book

ROW_CAP = 20_000


@dataclass(frozen=True)
class Meta:
    """What a file says of itself besides its rows."""

    area: str
    month: str
    data_date: date
    run_id: str
    synthetic: bool
    by: str
    at: datetime
    purpose: str = ""
    definition: str = ""
    source: str = ""
    figure: str = ""
    """For the rows behind a figure: the figure itself, as the page shows it."""
    total: int | None = None
    """Rows that exist; where more than the file holds, the file says so."""

    @property
    def stamp(self) -> str:
        """The watermark: who, when, what for."""
        return f"{self.by} {fmt_time(self.at)} 导出" + (f"，用途：{self.purpose}" if self.purpose else "")


@dataclass(frozen=True)
class Sheet:
    """One table to export: titles and rows of plain values or ``Cell``."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    definition: str = ""
    source: str = ""
    total: int | None = None
    figure: str = ""


@dataclass(frozen=True)
class Wish:
    """What is asked for, straight from the URL: nothing in it is trusted, the warehouse judges it."""

    area: str
    month: str
    table: str
    code: str = ""
    which: str = "part"
    provider: str | None = None
    programme: str | None = None
    module: str | None = None
    owner: str | None = None
    cap: int = field(default=ROW_CAP)


def table_xlsx(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], meta: Meta) -> bytes:
    """A workbook with the table (frozen header, filter, formula-safe) and a sheet that states definition, source, data date and watermark."""
    book = Book(
        meta.stamp + (f" {SYNTHETIC}" if meta.synthetic else ""),
        {
            "title": title,
            "author": meta.by,
            "created": meta.at.replace(tzinfo=None),
            "keywords": SYNTHETIC if meta.synthetic else "",
        },
    )
    held = list(rows)
    sheet = book.sheet(title)
    sheet.set_row(0, 24)
    book.text(sheet, 0, 0, title, bold=True, font_size=14)
    mark = f"　【{SYNTHETIC}】" if meta.synthetic else ""
    line = f"{meta.area} {fmt_month(meta.month)}　数据时点 {fmt_date(meta.data_date)}{mark}　{meta.stamp}"
    book.text(sheet, 1, 0, line, font_color="#5A6573")
    top = 2
    cut = meta.total is not None and meta.total > len(held)
    if cut:
        book.text(sheet, 2, 0, _cut(meta.total or 0, len(held)), font_color="#B3261E", bold=True)
        top = 3
    book.table(sheet, top, list(columns), held)
    about = book.sheet("说明")
    about.set_column(0, 0, 14)
    about.set_column(1, 1, 90)
    facts = [
        ("表名", title), ("区划", meta.area), ("月份", fmt_month(meta.month)), ("数据时点", fmt_date(meta.data_date)), ("数据快照", meta.run_id),
        ("指标值", meta.figure), ("口径", meta.definition), ("数据来源", meta.source), ("行数", f"{len(held):,}" if not cut else _cut(meta.total or 0, len(held))),
        ("导出", meta.stamp), ("脱敏", "个人信息已按本人权限脱敏，请按保密规定使用，不得外传。"),
    ]  # fmt: skip
    if meta.synthetic:
        facts.append((SYNTHETIC, SYNTHETIC_NOTE))
    for n, (name, value) in enumerate(f for f in facts if f[1]):
        book.text(about, n, 0, name, bold=True)
        book.text(about, n, 1, value, text_wrap=True)
    return book.bytes()


def _cut(total: int, held: int) -> str:
    return f"共{total:,}行，超出单次导出上限，本表只含前{held:,}行；请按街道、社区或服务单位分别导出。"
