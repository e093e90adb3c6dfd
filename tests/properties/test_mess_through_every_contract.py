"""Random mess in the form in which each of the modules is delivered, through its reader and its own contract: every row and every cent accounted for.

``test_mess_through_every_reader`` tries one small contract in every way; here every real contract is tried in its own way.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter
import yaml

from etl import clean, load
from etl.connectors import SourceError, open_reader
from etl.contract import (
    AreaCode,
    Choice,
    Column,
    Contract,
    CreditCode,
    Date,
    Flag,
    IdNumber,
    Integer,
    Key,
    Money,
    Month,
    Number,
    Point,
    Table,
    Timestamp,
)
from etl.paths import DEFAULT_REGION
from tests.properties.test_mess_through_every_reader import AREAS
from tests.support.webs import Answer, paged, site

# The ledger is the product's own database: nobody else writes there (tests/etl/test_ledger_source.py).
CONTRACTS = [c for c in load.contracts() if c.module != "ledger"]
TOLD = yaml.safe_load((DEFAULT_REGION / "sources.yaml").read_text(encoding="utf-8"))["modules"]
NUMBER = "11010519491231002X"
SOUND: list[tuple[type[Column], Callable[[Column, int], str]]] = [
    (Key, lambda c, n: f"K{n}"), (IdNumber, lambda c, n: NUMBER), (CreditCode, lambda c, n: "91350100M000100Y43"),
    (Choice, lambda c, n: list(c.allowed)[n % len(c.allowed)]),  # type: ignore[attr-defined]
    (Flag, lambda c, n: c.true[0]), (Date, lambda c, n: "2026-03-05"), (Timestamp, lambda c, n: "2026-03-05 08:00:00"),  # type: ignore[attr-defined]
    (Month, lambda c, n: "2026-03"), (Integer, lambda c, n: str(int(c.minimum or 0) + 1)), (Number, lambda c, n: str((c.minimum or 0) + 1)),  # type: ignore[attr-defined]
    (Money, lambda c, n: "12.50"), (AreaCode, lambda c, n: "330105001051" if c.level == 3 else "330105001000"),  # type: ignore[attr-defined]
    (Point, lambda c, n: "120.15"), (Column, lambda c, n: f"文{n}𠮷·𡈼"),
]  # fmt: skip
# Columns whose rules ask for more than their kind.
OWN: dict[str, Callable[[int], str]] = {
    "code": lambda n: f"33010500{n + 1:04d}", "parent_code": lambda n: "330105000000", "opens": lambda n: "08:00", "closes": lambda n: "18:00",
}  # fmt: skip
MESS = [
    "", " ", "无", "0000-00-00", "2023-02-30", "2099-01-01", "45049", "1.1E+17", "'K1", "Ｋ２", "１２", "1,234.50元", "3.5万元", "(5)", "12,34",
    "-1", "9" * 30, "NaN", "110105491231002", NUMBER[:-1] + "0", "330199009009", "330103001001", "=1+1", "小计", "<b>&\"'", "阿卜杜拉•买买提",
    "x" * 5000, "\u200b", "null", "1e999", "2026年3月", "是", "丙",
]  # fmt: skip


def sources(table: Table) -> dict[str, Column]:
    """Header → the column it is read into (a point has two, and perhaps one that says in which system it is)."""
    found: dict[str, Column] = {}
    for column in table.columns:
        found[column.source] = column
        if isinstance(column, Point):
            found[column.latitude_source] = column
            found |= {column.crs_source: column} if column.crs_source else {}
    return found


def rows(table: Table, chance: random.Random) -> list[dict[str, str]]:
    """A few records: most of their cells sound, some not; now and then one key twice."""
    made = []
    for n in range(12):
        spoilt = chance.choice([0.0, 0.0, 0.04, 0.3])
        row = {}
        for head, column in sources(table).items():
            good = next(make for kind, make in SOUND if isinstance(column, kind))(column, chance.randrange(9) if n > 9 else n)
            if isinstance(column, Point) and head != column.source:
                good = "30.31" if head == column.latitude_source else "GCJ-02"
            good = OWN.get(column.name, lambda _, own=good: own)(n)
            row[head] = chance.choice(MESS) if chance.random() < spoilt else good
        made.append(row)
    return made


def file_name(pattern: str) -> str:
    """A name that fits a table's pattern."""
    name = pattern.replace("??", "26").replace("*", "x")
    return name if "." in name else f"{name}.csv"


def deliver(contract: Contract, given: dict[str, list[dict[str, str]]], folder: Path, stack: ExitStack) -> dict[str, Any]:
    """Lay the records out as the module's systems do; how they are reached."""
    spec, place = dict(TOLD[contract.module]), folder / contract.module
    place.mkdir()
    if spec["kind"] == "sql":
        with sqlite3.connect(place / "x.sqlite") as con:
            for table in contract.tables:
                heads = list(sources(table))
                con.execute(f'create table "{table.source}" ({", ".join(clean.name(h) for h in heads)})')
                con.executemany(f'insert into "{table.source}" values ({", ".join("?" * len(heads))})', [tuple(r.values()) for r in given[table.name]])
        con.close()
        return spec | {"url": f"sqlite:///{place}/x.sqlite"}
    if spec["kind"] == "workbook":
        with xlsxwriter.Workbook(str(place / "x.xlsx"), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            for table in contract.tables:
                page = book.add_worksheet(table.source.replace("*", ""))
                page.write_row(0, 0, list(sources(table)))
                for n, row in enumerate(given[table.name]):
                    page.write_row(n + 1, 0, list(row.values()))
        return spec | {"path": str(place / "*.xlsx")}
    if spec["kind"] == "api":
        answers = {t.source: paged([nested(r) for r in given[t.name]]) for t in contract.tables}

        def script(path: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
            return answers[path.rpartition("/")[2]](path, query, headers)

        here = stack.enter_context(site(script))
        paging = {"style": "page", "parameter": "pageNo", "size_parameter": "pageSize", "size": 5, "total": "data.total", "echo": "data.page"}
        return spec | {"url": here.url, "paging": paging, "retries": 0, "timeout": 5}
    for table in contract.tables:
        path = place / file_name(table.source)
        path.parent.mkdir(exist_ok=True)
        if spec["kind"] == "jsonl":
            path.write_text("".join(json.dumps(nested(r), ensure_ascii=False) + "\n" for r in given[table.name]), encoding="utf-8")
        else:
            text = io.StringIO()
            csv.writer(text).writerows([list(sources(table)), *(list(r.values()) for r in given[table.name])])
            path.write_bytes(text.getvalue().encode("gb18030" if spec["encoding"] == "gb18030" else "utf-8-sig"))
    return spec | {"path": str(place)}


def nested(row: dict[str, str]) -> dict[str, Any]:
    """``a.b`` is a field within a field."""
    made: dict[str, Any] = {}
    for head, value in row.items():
        within = made
        *outer, last = head.split(".")
        for part in outer:
            within = within.setdefault(part, {})
        within[last] = value
    return made


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = duckdb.connect()
    clean.prepare(made, AREAS, date(2026, 11, 22), (120.10, 30.26, 120.22, 30.40))
    load.prepare(made, CONTRACTS)
    yield made
    made.close()


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.module)
def test_every_row_and_every_cent_of_every_module_is_accounted_for(con: duckdb.DuckDBPyConnection, contract: Contract, tmp_path: Path) -> None:
    given = {t.name: rows(t, random.Random(f"{contract.module} {t.name}")) for t in contract.tables}
    with ExitStack() as stack:
        reader = open_reader(contract, deliver(contract, given, tmp_path, stack), tmp_path)
        try:
            done = load.load_module(con, contract, reader)
        except SourceError as error:
            pytest.fail(f"refused as a whole: {error}")
    assert len(done) == len(contract.tables)
    for told in done:
        table = contract.table(told.table)
        told.counts.verify(f"{told.module}.{told.table}")
        sent = given[told.table]
        assert told.counts.read + told.skipped == len(sent) - blank(sent, TOLD[contract.module]["kind"])
        full = f"{told.module}_{told.table}"
        money = f"coalesce(sum({clean.name(table.money)}), 0)" if table.money else "0"
        ((count, amount),) = con.execute(f"select count(*), {money} from checked.{full}").fetchall()
        assert count == told.counts.loaded > 0
        assert not table.money or Decimal(amount) == told.counts.money_loaded
        ((listed, unsaid),) = con.execute(
            "select count(distinct (source, position)), count(*) filter (sentence is null or value_masked like '%' || ? || '%')"
            " from state.quarantine where module = ? and table_name = ?", [NUMBER[:17], told.module, told.table],
        ).fetchall()  # fmt: skip
        assert (listed, unsaid) == (told.counts.quarantined, 0)


def blank(sent: list[dict[str, str]], kind: str) -> int:
    """Rows of a file or a sheet in which nothing stands are none."""
    return 0 if kind in ("sql", "api", "jsonl") else sum(not any(re.sub(r"[\s\u200b]", "", v) for v in r.values()) for r in sent)
