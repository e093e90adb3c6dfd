"""The source files as plain Python sees them: sqlite3, openpyxl, csv. No code of the product is used here, on purpose."""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
FULL = {ord("０") + i: str(i) for i in range(10)} | {ord("Ｘ"): "X", ord("．"): "."}
FOREVER = date(9999, 12, 31)
Row = dict[str, Any]


def sql(path: Path, table: str) -> Iterator[Row]:
    """The rows of one table, in the order written."""
    with sqlite3.connect(path) as con:
        con.row_factory = sqlite3.Row
        for row in con.execute(f'select * from "{table}" order by rowid'):
            yield dict(row)


def sheet(path: Path, name: str) -> Iterator[Row]:
    """Data rows under a two-row header (the lower cell names the column, the upper one where it is empty)."""
    book = openpyxl.load_workbook(path, read_only=False, data_only=True)
    rows = [list(r) for r in book[name].iter_rows(values_only=True)]
    at = next(i for i, r in enumerate(rows) if sum(c not in (None, "") for c in r) >= 3)
    upper, lower = rows[at], rows[at + 1]
    if any(c is not None and re.search(r"\d{4}", str(c)) for c in lower):  # a header of one row
        lower, start = [None] * len(upper), at + 1
    else:
        start = at + 2
    head = [str(b or a or "") for a, b in zip(upper, lower, strict=True)]
    for r in rows[start:]:
        first = str(r[0] or "")
        if not first or first in ("小计", "合计") or first.startswith(("注", "填报", "填表", "说明")):
            continue
        yield dict(zip(head, r, strict=True))


def finance(path: Path) -> Iterator[Row]:
    """A finance extract without its total line."""
    with path.open(encoding="gb18030", newline="") as file:
        for row in csv.DictReader(file):
            if "合计" not in row.values():
                yield {k: (v if v != "" else None) for k, v in row.items()}


def id_number(value: Any) -> str | None:
    """Eighteen characters with a right checksum, or None."""
    text = re.sub(r"\s", "", str(value or "")).lstrip("'").translate(FULL).upper()
    if len(text) == 15 and text.isdigit():
        body = text[:6] + "19" + text[6:]
        text = body + "10X98765432"[sum(int(c) * w for c, w in zip(body, WEIGHTS, strict=True)) % 11]
    if not re.fullmatch(r"\d{17}[\dX]", text):
        return None
    check = "10X98765432"[sum(int(c) * w for c, w in zip(text, WEIGHTS, strict=False)) % 11]
    return text if text[17] == check else None


def day(value: Any) -> date | None:
    """A date in any of the forms met in the files."""
    if value in (None, "", "0000-00-00"):
        return None
    if isinstance(value, datetime):
        return value.date()
    text = str(value).strip()
    if re.fullmatch(r"\d{5}(\.0)?", text):
        return date(1899, 12, 30) + timedelta(days=int(float(text)))
    if re.fullmatch(r"\d{8}", text):
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    parts = re.match(r"(\d{4})\D+(\d{1,2})\D+(\d{1,2})", text)
    return date(*(int(p) for p in parts.groups())) if parts else None


def moment(value: Any) -> datetime | None:
    """A moment: date and time with any separators."""
    if value in (None, ""):
        return None
    if isinstance(value, datetime):
        return value
    if re.fullmatch(r"\d{8}", str(value).strip()):
        return datetime.strptime(str(value).strip(), "%Y%m%d")
    if re.fullmatch(r"\d{5}(\.\d+)?", str(value).strip()):
        return datetime(1899, 12, 30) + timedelta(seconds=round(float(value) * 86400))
    parts = [int(p) for p in re.findall(r"\d+", str(value))]
    return datetime(*parts[:6])


def money(value: Any) -> Decimal | None:
    """Yuan; 万元 is ten thousand."""
    if value in (None, ""):
        return None
    text = str(value).translate(FULL).replace(",", "")
    amount = Decimal(re.sub(r"[^\d.\-]", "", text))
    return amount * 10_000 if "万" in text else amount


class Areas:
    """Codes and what has become of them."""

    def __init__(self, path: Path) -> None:
        with path.open(encoding="utf-8", newline="") as file:
            self.rows = {r["code"]: r for r in csv.DictReader(file)}
        live = [r for r in self.rows.values() if not r["valid_to"] and r["supervised"] == "1"]
        self.district = next(r["code"] for r in live if r["level"] == "1")
        self.streets = {r["code"]: r for r in live if r["level"] == "2"}
        self.communities = {r["code"]: r for r in live if r["level"] == "3"}
        self.all = [self.district, *self.streets, *self.communities]

    def now(self, code: Any, level: str) -> str | None:
        """Today's code of a code that may have been abolished; None where it is unknown or of another level."""
        text = str(code or "").ljust(12, "0")
        seen = 0
        while text in self.rows and self.rows[text]["valid_to"] and seen < 9:
            text, seen = self.rows[text]["successor_code"], seen + 1
        return text if text in self.rows and self.rows[text]["level"] == level else None

    def above(self, code: str) -> list[str]:
        """The code and its ancestors; nothing where the code is not supervised."""
        if code in self.communities:
            return [code, self.communities[code]["parent_code"], self.district]
        if code in self.streets:
            return [code, self.district]
        return [code] if code == self.district else []
