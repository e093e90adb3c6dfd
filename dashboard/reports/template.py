"""The Excel template of a contract: empty sheets with the very headers that the connector looks for, choices as lists, and how to fill it in.

A filled-in template is read by the workbook connector without a change.  Examples stand on a sheet of their own, which no table names.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import etl.sources
from dashboard.reports.sheets import Book
from etl.checks import raw_columns
from etl.contract import Choice, Column, Contract, Date, Flag, Integer, Money, Month, Number, Point, Table, Timestamp
from etl.wording import ColumnWords, ContractWords, TableWords

ROWS = 5000
HEAD = 2
"""The header's line, counted from 0: a title and a note stand above it."""
EXAMPLES = 2
LONGEST_LIST = 250
"""Characters of a list that Excel takes inside a cell's rule; a longer one stands on a sheet."""
_INK = {"border": 1, "border_color": "#9aa3b0"}


def template_xlsx(contract: Contract, words: ContractWords, bureau: str) -> bytes:
    """The workbook to hand to the owner of a module."""
    book = Book(f"{bureau} · {contract.title} 填报模板", {"title": f"{contract.title}填报模板", "author": bureau})
    groups = _by_sheet(contract)
    said = {t.name: t for t in words.tables}
    _about(book, words, bureau, list(groups))
    lists = _Lists(book)
    for name, tables in groups.items():
        _sheet(book, lists, name, tables, [said[t.name] for t in tables], contract)
    _examples(book, contract)
    lists.finish()
    return book.bytes()


def sheet_name(table: Table) -> str:
    """The worksheet in which a table is handed in: the one that the connector looks for."""
    named = table.source.replace("*", "").replace("?", "1").strip("_ ")
    # A database's own name says nothing to whoever fills in a sheet, and a file's is none that a sheet can have.
    return (table.title if not named or named.isascii() or any(c in named for c in "/.[]:\\") else named)[:31]


def _by_sheet(contract: Contract) -> dict[str, list[Table]]:
    """Tables by worksheet; two tables may be read from one."""
    found: dict[str, list[Table]] = {}
    for table in contract.tables:
        found.setdefault(sheet_name(table), []).append(table)
    return found


class _Lists:
    """Long lists of choices, on a hidden sheet made when the first is needed."""

    def __init__(self, book: Book) -> None:
        self.book, self.columns = book, list[Sequence[str]]()

    def source(self, values: Sequence[str]) -> Any:
        """What a rule refers to: the values themselves, or the range that holds them."""
        if len(",".join(values)) <= LONGEST_LIST and not any("," in v for v in values):
            return list(values)
        if values not in self.columns:
            self.columns.append(values)
        letter = chr(ord("A") + self.columns.index(values))
        return f"=选项!${letter}$1:${letter}${len(values)}"

    def finish(self) -> None:
        if self.columns:
            sheet = self.book.sheet("选项")
            for column, values in enumerate(self.columns):
                for row, value in enumerate(values):
                    self.book.text(sheet, row, column, value)
            sheet.hide()


def _about(book: Book, words: ContractWords, bureau: str, sheets: Sequence[str]) -> None:
    page = book.sheet("填表说明")
    book.text(page, 0, 0, f"{words.title}填报模板", bold=True, font_size=14)
    facts = [
        ("收件单位", bureau), ("责任单位", words.owner), ("报送频次", words.cadence), ("接入方式", words.delivery), ("工作表", "、".join(sheets)),
        ("怎样填", "在各工作表的表头下逐行填写，一行一条记录；不要改动表头、工作表名称和列的格式，不要合并单元格。蓝色表头必填，灰色表头可空。"),
        ("编号与证件号", "按文本填写，开头的 0 和 18 位数字都要保留；损坏的号码会被退回，系统不会代为改正。"),
        ("示例", "“示例”工作表只供参考，不会被读取，可以删除。"),
        ("不合格的行", "不合格的行会被隔离并退回责任单位，其余各行照常入库；存疑的行入库并提示。"),
    ]  # fmt: skip
    for row, (name, text) in enumerate((f for f in facts if f[1]), start=2):
        book.text(page, row, 0, name, bold=True, valign="top")
        book.text(page, row, 1, text, text_wrap=True)
    heads = ("工作表", "列名", "含义", "类型", "单位", "允许取值", "必填", "个人信息", "说明")
    rows: list[tuple[Any, ...]] = []
    for table in words.tables:
        rows += [(table.title, c.name, c.title, c.kind, c.unit, c.allowed, c.must, c.privacy, c.meaning) for c in table.columns]
    at = book.table(page, 13, heads, rows) + 2
    for sentence in words.whole:
        for column, text in enumerate(("整批", "核验", sentence)):
            book.text(page, at, column, text)
        at += 1
    for table in words.tables:
        for head, sentences in (("重复报送", (table.twice,)), ("不合格", table.rejects), ("存疑", table.warns)):
            for sentence in sentences:
                for column, text in enumerate((table.title, head, sentence)):
                    book.text(page, at, column, text)
                at += 1
    page.freeze_panes(0, 0)
    page.set_column(0, 0, 16)
    page.set_column(1, 1, 60)
    page.set_column(2, 8, 22)


def _sheet(
    book: Book, lists: _Lists, name: str, tables: Sequence[Table], words: Sequence[TableWords], contract: Contract
) -> None:
    page = book.sheet(name)
    told: dict[str, ColumnWords] = {c.name: c for t in reversed(words) for c in t.columns}
    columns = {raw: column for t in tables for column in t.columns for raw in _raws(column)}
    heads = list(dict.fromkeys(raw for t in tables for raw in raw_columns(t)))
    title = "、".join(dict.fromkeys(t.title for t in tables))
    book.text(page, 0, 0, f"{contract.title}：{title}", bold=True, font_size=14)
    book.text(page, 1, 0, f"每行为{words[0].grain}；蓝色表头必填，灰色表头可空；逐列说明见“填表说明”。", font_color="#5A6573")
    page.set_row(0, 24)
    for k, head in enumerate(heads):
        said = told[head]
        book.text(page, HEAD, k, head, bold=True, align="center", text_wrap=True, bg_color="#CFE0F5" if said.required else "#ECEFF3", **_INK)
        note = "\n".join(x for x in (said.title if said.title != head else "", said.kind, said.allowed, said.meaning, said.must) if x)
        page.write_comment(HEAD, k, note, {"x_scale": 1.6})
        column = columns[head]
        page.set_column(k, k, min(max(2 * len(head) + 4, 12), 34), book.format(num_format=_number_format(column)))
        rule = _rule(column, head, lists)
        if rule:
            page.data_validation(HEAD + 1, k, HEAD + ROWS, k, {"ignore_blank": True, **rule})
    page.freeze_panes(HEAD + 1, 1)
    page.repeat_rows(HEAD)
    page.hide_gridlines(0)


def _raws(column: Column) -> list[str]:
    extra = [column.latitude_source, column.crs_source] if isinstance(column, Point) else []
    return [s for s in (column.source, *extra) if s]


def _number_format(column: Column) -> str:
    """Everything that is no quantity is text, so that the spreadsheet leaves it alone."""
    match column:
        case Date():
            return "yyyy-mm-dd"
        case Timestamp():
            return "yyyy-mm-dd hh:mm:ss"
        case Money():
            return "#,##0.00"
        case Integer():
            return "0"
        case Number() | Point():
            return "General"
        case _:
            return "@"


def _rule(column: Column, head: str, lists: _Lists) -> dict[str, Any] | None:
    """A rule that hints while one types; the contract's own checks decide."""
    low: float | None
    high: float | None
    match column:
        case Choice():
            values = list(map(str, column.allowed))
            return {"validate": "list", "source": lists.source(values), "error_title": head, "error_message": "请从列表中选择。"}
        case Flag():
            return {"validate": "list", "source": [column.true[0], column.false[0]], "error_title": head, "error_message": "请从列表中选择。"}
        case Integer():
            low, high = column.minimum, column.maximum
            kind = "integer"
        case Number() | Money():
            low, high = column.minimum, getattr(column, "maximum", None)
            kind = "decimal"
        case Month():
            return {"validate": "any", "input_title": head, "input_message": "按文本填写，如 2026-10"}
        case _:
            return None
    if low is None and high is None:
        return None
    bound: dict[str, Any] = {"validate": kind, "error_type": "warning", "error_title": head, "error_message": "超出约定范围，请核对。"}
    if low is not None and high is not None:
        return {**bound, "criteria": "between", "minimum": low, "maximum": high}
    return {**bound, "criteria": ">=" if low is not None else "<=", "value": low if low is not None else high}


def _examples(book: Book, contract: Contract) -> None:
    """The first rows of each table's sample, marked as examples."""
    page = book.sheet("示例")
    book.text(page, 0, 0, "示例：以下各行只供参考，不会被读取；人名、号码均为虚构。", bold=True, font_color="#B3261E")
    at = 2
    for table in contract.tables:
        heading, *rows = sample(contract.module, table.name) or [[]]
        if not rows:
            continue
        book.text(page, at, 0, f"{table.title}（示例）", bold=True)
        for line, row in enumerate([heading, *rows[:EXAMPLES]], start=at + 1):
            first = line == at + 1
            for k, value in enumerate(row):
                book.text(page, line, k, value, **_INK, **({"bold": True, "bg_color": "#ECEFF3"} if first else {}))
        at += min(len(rows), EXAMPLES) + 3
    page.set_column(0, 30, 18)


def sample(module: str, table: str) -> list[list[str]]:
    """Heading and rows of the sample that lies beside a contract; empty where there is none."""
    path = Path(next(iter(etl.sources.__path__))) / module / "sample" / f"{table}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))
