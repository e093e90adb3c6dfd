"""What lies in the source files of every module, counted by plain Python: the rows of each table and the sum of its amounts.

Only the names are the product's: which file, sheet or table a table is delivered in, which headers are its key and its amount.  A table that
is delivered in a way this file does not know raises, so that none is left out.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import yaml

from etl.contract import Contract, Table
from tests.naive.reading import FULL

NOTES = re.compile(r"^(注|说明|备注|填表|填报|制表|审核|数据来源|数据截至)[^，。]{0,6}[:：、]|^注\d")
TOTALS = re.compile(r"(小计|合计|总计)[:：]?$")
Record = dict[str, Any]


def counted(sources: Path, region: Path, contract: Contract, table: Table) -> tuple[int, Decimal]:
    """(rows delivered, sum of what the rows say of money)."""
    told = yaml.safe_load((region / "sources.yaml").read_text(encoding="utf-8"))["modules"][contract.module]
    place = Path(str(told.get("path") or told.get("url")).removeprefix("sqlite:///").format(sources=sources, region=region, ledger=""))
    heads = {bare(h): c.name for c in table.columns for h in (c.source, *c.aliases)}
    key = {h for h, name in heads.items() if name in table.key}
    money = {h for h, name in heads.items() if table.money and name == table.money}
    match told["kind"]:
        case "sql":
            rows = database(place, table.source)
        case "csv":
            rows = delimited(place, table.source, key)
        case "workbook":
            rows = sheets(place, table.source, set(heads))
        case "jsonl":
            rows = (torn(line) for path in sorted(place.glob(table.source)) for line in path.read_bytes().splitlines() if line.strip())
        case "api":
            rows = iter(json.loads((sources / contract.module / f"{table.source}.json").read_bytes()))
        case kind:
            raise NotImplementedError(kind)
    count, total = 0, Decimal(0)
    for row in rows:
        count += 1
        for head in row:
            if bare(head) in money:
                total += amount(row[head], "万元" in head)
    return count, total


def database(path: Path, table: str) -> Iterator[Record]:
    with sqlite3.connect(path) as con:
        cursor = con.execute(f'select * from "{table}"')
        names = [c[0] for c in cursor.description]
        for row in cursor:
            yield dict(zip(names, row, strict=True))


def delimited(place: Path, pattern: str, key: set[str]) -> Iterator[Record]:
    """Lines below the header, which is the first one with a key; those that only sum up are no records."""
    paths = [place] if place.is_file() else [p for p in place.rglob("*.csv") if fnmatch(p.relative_to(place).as_posix(), pattern)]
    for path in sorted(paths):
        content = path.read_bytes()
        try:
            text = content.decode("utf-16" if content[:2] == b"\xff\xfe" else "utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("gb18030")
        first = next(line for line in text.splitlines() if any(k in bare(line) for k in key))
        head: list[str] = []
        for line in csv.reader(io.StringIO(text), delimiter=max(",;\t|", key=first.count)):
            cells = [c.strip() for c in line]
            if not head:
                head = cells if key & set(map(bare, cells)) else []
            elif any(cells) and not any(TOTALS.search(c) for c in cells[:3]) and not (NOTES.match(cells[0]) and len(cells) < len(head)):
                yield dict(zip(head, cells, strict=False))


def sheets(place: Path, pattern: str, heads: set[str]) -> Iterator[Record]:
    """Rows below the header, of one or two rows, in the visible sheets of that name in all workbooks; totals and notes left out."""
    for path in sorted(place.parent.glob(place.name)):
        for title, rows in pages(path):
            if not fnmatch(title, pattern if "*" in pattern else f"{pattern}*"):
                continue
            joined = [(n + 1, [b or a for a, b in zip(rows[n - 1] if n else rows[n], rows[n], strict=True)]) for n in range(min(12, len(rows)))]
            start, head = max(joined, key=lambda j: (len(heads & set(map(bare, j[1]))), -j[0]))
            for cells in rows[start:]:
                filled = [c for c in cells if c]
                if len(filled) > 1 and not any(TOTALS.search(c.replace(" ", "")) for c in filled[:3]) and not NOTES.match(filled[0]):
                    yield dict(zip(head, cells, strict=True))


@cache
def pages(path: Path) -> list[tuple[str, list[list[str]]]]:
    """(name, cells as text) of each visible sheet."""
    book = openpyxl.load_workbook(path, data_only=True)
    return [
        (page.title, [[str(c).strip() if c is not None else "" for c in r] for r in page.iter_rows(values_only=True)])
        for page in book.worksheets if page.sheet_state == "visible"
    ]  # fmt: skip


def torn(line: bytes) -> Record:
    """The record of a line; a line that was cut off is one, too, and says nothing."""
    try:
        return dict(json.loads(line))
    except ValueError:
        return {}


def bare(head: str) -> str:
    """A header without blanks, with narrow brackets."""
    return re.sub(r"\s", "", head).replace("（", "(").replace("）", ")")


def amount(value: Any, ten_thousands: bool) -> Decimal:
    """Yuan; nothing where it cannot be read."""
    text = str("" if value is None else value).translate(FULL).replace(",", "").replace("，", "")
    try:
        yuan = Decimal(re.sub(r"[元万￥¥\s]", "", text))
    except InvalidOperation:
        return Decimal(0)
    return yuan * 10_000 if "万" in text or ten_thousands else yuan
