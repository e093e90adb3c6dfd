"""A report as pure data: what Word, Excel and PDF are all rendered from.

Text is finished; numbers keep their value for Excel."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from dashboard.format import fmt_month

Kind = Literal["text", "number", "date"]
SYNTHETIC = "模拟数据"
SYNTHETIC_NOTE = "本报告所用数据为系统生成的模拟数据，仅供演示，不反映任何真实个人、单位或地区的情况。"


class Cell(NamedTuple):
    """One cell: the text as printed everywhere, and the number behind it (in the unit of the text) with its Excel format."""

    text: str
    value: float | Decimal | date | None = None
    format: str = ""


_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without control characters and lone surrogates, which neither XML nor UTF-8 can hold."""
    return _ILLEGAL.sub("", text)


@dataclass(frozen=True)
class Column:
    """``width`` is a share of the table's width; numbers stand right."""

    title: str
    width: float = 1.0
    kind: Kind = "text"


@dataclass(frozen=True)
class Paragraph:
    """A sentence or several, composed from figures."""

    text: str


@dataclass(frozen=True)
class Heading:
    """A second-level heading; its number （一） is given when the section is printed."""

    text: str


@dataclass(frozen=True)
class Table:
    """``key`` names the table for Excel and export. ``strong`` marks row numbers printed bold (totals).

    ``printed`` is False for what only the workbook holds: paper carries what is read, not everything that is known.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    strong: frozenset[int] = frozenset()
    printed: bool = True


@dataclass(frozen=True)
class Series:
    """One line or row of bars; a gap is None."""

    name: str
    values: tuple[float | None, ...]
    style: Literal["solid", "dashed", "target"] = "solid"


@dataclass(frozen=True)
class Chart:
    """A chart in the reader's unit. ``bar`` lies (ranking), ``column`` stands, ``line`` runs through months."""

    key: str
    kind: Literal["bar", "column", "line"]
    title: str
    unit: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    decimals: int = 0
    description: str = ""


Block = Paragraph | Heading | Table | Chart


@dataclass(frozen=True)
class Section:
    """A first-level section; its number 一、 is given by its place, so a section left out leaves no hole."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Definition:
    """What a figure of the report means and where it comes from. ``modules``: the sources without their owners; ``printed``: it stands on paper."""

    name: str
    unit: str
    definition: str
    sources: str
    basis: str
    modules: str = ""
    printed: bool = True


@dataclass(frozen=True)
class RowSheet:
    """Rows behind a figure, masked as the reader may see them; Excel only. ``total`` may exceed the rows given."""

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int


@dataclass(frozen=True)
class Report:
    """The monthly report of one area. ``digest`` identifies its content: same figures, same digest."""

    area_code: str
    area_name: str
    area_path: str
    level: int
    month: str
    number: str
    region_name: str
    data_date: date
    run_id: str
    synthetic: bool
    sections: tuple[Section, ...]
    definitions: tuple[Definition, ...] = ()
    row_sheets: tuple[RowSheet, ...] = field(default=(), compare=False)

    @property
    def addressee(self) -> str:
        """主送; empty: to nobody in particular."""
        return ""

    @property
    def title(self) -> str:
        """``拱墅区养老服务监管月报``."""
        return f"{self.area_name}养老服务监管月报"

    @property
    def month_text(self) -> str:
        """``2026年10月``."""
        return fmt_month(self.month)

    @property
    def digest(self) -> str:
        """SHA-256 of everything that the reader sees of figures and sentences (not of who printed it and when)."""
        seen = {
            "area": self.area_code,
            "month": self.month,
            "data_date": str(self.data_date),
            "synthetic": self.synthetic,
            "sections": [[s.title, [_plain(b) for b in s.blocks]] for s in self.sections],
        }
        text = json.dumps(seen, ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()

    def tables(self) -> Iterator[Table]:
        """All tables in order."""
        return (b for s in self.sections for b in s.blocks if isinstance(b, Table))

    @property
    def annex(self) -> Table | None:
        """What the printed figures mean and where they come from; None without any."""
        rows = tuple((Cell(f"{d.name}（{d.unit}）"), Cell(d.definition), Cell(d.modules or d.sources)) for d in self.definitions if d.printed)
        columns = (Column("指标", 1.5), Column("口径", 3), Column("来源", 1.3))
        return Table("definitions", "指标口径与数据来源", columns, rows, "各模块的报送单位和数据时点见“数据质量”。") if rows else None

    def charts(self) -> Iterator[Chart]:
        """All charts in order."""
        return (b for s in self.sections for b in s.blocks if isinstance(b, Chart))

    def texts(self) -> Iterator[str]:
        """Every text that is printed, for the check that the fonts have all characters."""
        yield from (self.title, self.month_text, self.number, self.area_path, self.region_name)
        for section in self.sections:
            yield section.title
            for block in section.blocks:
                yield from _texts(block)
        for d in self.definitions:
            yield from (d.name, d.unit, d.definition, d.sources, d.basis)


@dataclass(frozen=True)
class Issue:
    """Who printed it, when and what for: the watermark; who signed it, in words (empty: a draft); and the ``bureau`` in whose name it is."""

    by: str
    at: datetime
    purpose: str = ""
    signed: str = ""
    bureau: str = ""

    @property
    def text(self) -> str:
        """``2026年11月5日签发（陈某）　王某 2026年11月5日 09:30 生成，用途：例会``; a draft says that it is one."""
        from dashboard.format import fmt_time

        return f"{self.signed or '未签发稿'}　{self.by} {fmt_time(self.at)} 生成" + (f"，用途：{self.purpose}" if self.purpose else "")


def _plain(block: Block) -> Any:
    if isinstance(block, Table):
        return [block.title, [c.title for c in block.columns], [[c.text for c in row] for row in block.rows], block.note]
    if isinstance(block, Chart):
        return [
            block.title,
            block.categories,
            [[s.name, [None if v is None else round(v, 6) for v in s.values]] for s in block.series],
        ]
    return block.text


def _texts(block: Block) -> Iterator[str]:
    if isinstance(block, Table):
        yield block.title
        yield block.note
        yield from (c.title for c in block.columns)
        yield from (c.text for row in block.rows for c in row)
    elif isinstance(block, Chart):
        yield block.title
        yield block.unit
        yield from block.categories
        yield from (s.name for s in block.series)
    else:
        yield block.text


_DIGITS = "零一二三四五六七八九"


def chinese_number(n: int) -> str:
    """1–99 in Chinese numerals, as headings are counted: 一 … 十, 十一, 二十."""
    tens, ones = divmod(n, 10)
    head = "" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十"
    return head + (_DIGITS[ones] if ones or not tens else "")


def numbered(section: Section, place: int) -> tuple[str, list[tuple[Block, str]]]:
    """The section's printed title (``一、总体情况``) and what paper carries of its blocks, each with the number a heading gets (``（一）``), else ``""``."""
    found: list[tuple[Block, str]] = []
    headings = 0
    for block in section.blocks:
        if isinstance(block, Table) and not block.printed:
            continue
        if isinstance(block, Heading):
            headings += 1
            found.append((block, f"（{chinese_number(headings)}）"))
        else:
            found.append((block, ""))
    return f"{chinese_number(place)}、{section.title}", found
