"""Random mess through every reader and the contract: every row and every cent accounted for, no exception but one sentence, no name told."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from etl import clean, load
from etl.connectors import SourceError, open_reader
from etl.contract import AreaCode, Choice, Contract, Date, IdNumber, Key, Money, Table, Text, daily
from etl.load import Loaded
from etl.region import Area
from tests.support.webs import paged, site

TABLE = Table(
    name="row", title="明细", source="mx", grain="一行", key=["row_id"], money="amount", order_by="on", community="place",
    columns=[
        Key(name="row_id", source="编号"), IdNumber(name="id_number", source="身份证号", optional=True),
        Text(name="who", source="姓名", privacy="name", max_length=30), Date(name="on", source="日期", optional=True),
        Money(name="amount", source="金额"), AreaCode(name="place", source="社区", optional=True, at="on"),
        Choice(name="kind", source="类别", allowed={"甲": 1, "乙": 2}, optional=True),
    ],
    reject={"日期在将来": "\"on\" > current_date", "同一编号超过三行": "count(*) over (partition by row_id) > 3"},
    warn={"没有日期": "\"on\" is null"},
)  # fmt: skip
CONTRACT = Contract(module="mess", title="杂乱", owner="测试单位", systems=["S0"], tables=[TABLE], due=daily())
HEADERS = [c.source for c in TABLE.columns]
AREAS = [
    Area("330105000000", "区", "区", 1, None, None, None, None, True),
    Area("330105001000", "街", "街", 2, "330105000000", None, None, None, True),
    Area("330105001051", "社", "社", 3, "330105001000", date(2000, 1, 1), None, None, True),
    Area("330103001001", "旧", "旧", 3, "330105001000", date(2000, 1, 1), date(2021, 4, 9), "330105001051", True),
]
NAME, NUMBER = "司马𠮷野", "11010519491231002X"
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
CELLS: dict[str, st.SearchStrategy[Any]] = {
    "编号": st.sampled_from(["1", "2", "3", "'4", "５", " 6 ", "7.0E+17", "1.1e+17", "", "小计", "合计", "注：说明", "=1+1"]) | ANY,
    "身份证号": st.sampled_from([NUMBER, NUMBER.lower(), "110105491231002", "1.1E+17", NUMBER[:-1] + "0", f"'{NUMBER}", ""]) | ANY,
    "姓名": st.sampled_from([NAME, "阿卜杜拉·买买提", "", "\u3000"]) | ANY,
    "日期": st.sampled_from(["2023-05-03", "2023.5.3", "2023年5月3日", "45049", "0000-00-00", "2023-02-30", "2099-01-01", ""]) | ANY,
    "金额": st.sampled_from(["1", "0.10", "1,234.50元", "１２", "3.5万元", "(5)", "12,34", "-1", "x", "", "9" * 30, "NaN"]) | ANY,
    "社区": st.sampled_from(["330105001051", "330103001001", "330199009009", "3.3E+11", ""]) | ANY,
    "类别": st.sampled_from(["甲", "乙", "丙", "无", ""]),
}
ROWS = st.lists(st.tuples(*CELLS.values()), min_size=1, max_size=8)
MESSY = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@dataclass
class Line:
    """A work file in memory that is emptied before each example."""

    con: duckdb.DuckDBPyConnection
    folder: Path

    def take(self, spec: dict[str, Any]) -> Loaded | None:
        """Load once; None where the delivery was refused, in one Chinese sentence without personal values."""
        for schema in ("raw", "checked", "state"):
            self.con.execute(f"drop schema if exists {schema} cascade; create schema {schema}")
        load.prepare(self.con, [CONTRACT])
        try:
            (done,) = load.load_module(self.con, CONTRACT, open_reader(CONTRACT, spec, self.folder))
        except SourceError as error:
            sentence = str(error)
            assert re.search(r"[\u4e00-\u9fff]", sentence)
            assert sentence.endswith("。")
            assert "\n" not in sentence
            assert NAME not in sentence
            assert NUMBER[:17] not in sentence
            return None
        self.check(done)
        return done

    def check(self, done: Loaded) -> None:
        """What holds of every accepted delivery."""
        counts = done.counts
        counts.verify("mess")
        rows, money = self.con.execute("select count(*), coalesce(sum(amount), 0) from checked.mess_row").fetchall()[0]
        assert (rows, Decimal(money)) == (counts.loaded, counts.money_loaded)
        raw = self.con.execute("select count(*) from raw.mess_row").fetchall()[0]
        assert raw[0] == counts.read
        given = self.con.execute('select coalesce(sum(coalesce(yg_money(yg_text("金额")), 0)), 0) from raw.mess_row where _defect is null')
        assert counts.money_read == given.fetchall()[0][0]
        listed = self.con.execute("select count(distinct (source, position)) from state.quarantine").fetchall()[0][0]
        assert listed == counts.quarantined
        for table in ("quarantine", "warning"):
            found = self.con.execute(f"select sentence, value_masked from state.{table}").fetchall()
            assert all(sentence for sentence, _ in found)
            told = repr(found)
            assert NAME not in told
            assert NUMBER[:17] not in told
            assert "买买提" not in told


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    """The work file."""
    con = duckdb.connect()
    clean.prepare(con, AREAS, date(2026, 11, 22))
    with tempfile.TemporaryDirectory() as folder:
        yield Line(con, Path(folder))
    con.close()


@contextmanager
def fresh(line: Line, file: str) -> Iterator[Path]:
    """A path that does not exist yet, and not any more afterwards."""
    path = line.folder / file
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


@MESSY
@given(rows=ROWS)
def test_databases(line: Line, rows: list[tuple[str, ...]]) -> None:
    with fresh(line, "mess.sqlite") as path:
        with sqlite3.connect(path) as con:
            con.execute(f"create table mx ({', '.join(HEADERS)})")
            con.executemany(f"insert into mx values ({', '.join('?' * len(HEADERS))})", rows)
        con.close()
        done = line.take({"kind": "sql", "url": f"sqlite:///{path}"})
        assert done is not None
        assert done.counts.read == len(rows)


@MESSY
@given(rows=ROWS, title=st.booleans(), total=st.booleans(), number=st.booleans())
def test_workbooks(line: Line, rows: list[tuple[str, ...]], title: bool, total: bool, number: bool) -> None:
    with fresh(line, "mess.xlsx") as path:
        book = openpyxl.Workbook()
        page = book.active
        page.title = "mx"
        if title:
            page.append(["明细表"])
        page.append(HEADERS)
        written = [[ILLEGAL_CHARACTERS_RE.sub("", c) for c in row] for row in rows]
        for row in written:
            page.append([int(c) if number and c.isascii() and c.isdigit() and len(c) < 300 else c for c in row])
            for cell in page[page.max_row]:
                cell.data_type = "s" if cell.data_type == "f" else cell.data_type
        if total:
            page.append(["合计", *[None] * 6])
        book.save(path)
        done = line.take({"kind": "workbook", "path": str(path)})
        if done is not None:
            filled = sum(any(re.sub(r"[\s\ufeff]", "", c) for c in row) for row in written) + total
            assert done.counts.read + done.skipped <= filled
            assert done.counts.read + done.skipped >= sum(any(c.strip("\ufeff\u200b \t\r\n\u3000\xa0") for c in row) for row in written)


@MESSY
@given(
    rows=ROWS, encoding=st.sampled_from(["gb18030", "utf-8", "utf-8-sig", "utf-16"]), delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]), total=st.booleans(),
)  # fmt: skip
def test_delimited_files(line: Line, rows: list[tuple[str, ...]], encoding: str, delimiter: str, end: str, total: bool) -> None:
    rows = [tuple(re.sub(r"[\r\n\x1c-\x1e\x85\u2028\u2029]", "", c) for c in row) for row in rows]
    with fresh(line, "mess.csv") as path:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_MINIMAL)
        writer.writerows([HEADERS, *rows])
        if total:
            writer.writerow(["合计", *[""] * 6])
        path.write_bytes(text.getvalue().encode(encoding))
        done = line.take({"kind": "csv", "path": str(path), "encoding": "gb18030"})
        if done is not None:
            assert done.counts.read + done.skipped == len(rows) + total


@MESSY
@given(rows=ROWS, damage=st.lists(st.tuples(st.integers(0, 400), st.sampled_from([b"\0", b"\xff", b'"', b"\n", b",", b"\x81", b""])), max_size=3),
       cut=st.integers(0, 600))  # fmt: skip
def test_damaged_bytes(line: Line, rows: list[tuple[str, ...]], damage: list[tuple[int, bytes]], cut: int) -> None:
    with fresh(line, "mess.csv") as path:
        text = io.StringIO()
        csv.writer(text).writerows([HEADERS, *rows])
        content = text.getvalue().encode("gb18030")
        for at, byte in damage:
            content = content[:at] + byte + content[at:]
        path.write_bytes(content[:cut])
        line.take({"kind": "csv", "path": str(path), "encoding": "gb18030"})


@MESSY
@given(rows=ROWS, torn=st.lists(st.sampled_from(["{", "null", '"x"', "[1]", '{"编号": {"a": 1}}']), max_size=2))
def test_json_lines(line: Line, rows: list[tuple[str, ...]], torn: list[str]) -> None:
    with fresh(line, "mess.jsonl") as path:
        documents = [json.dumps(dict(zip(HEADERS, row, strict=True)), ensure_ascii=False) for row in rows]
        path.write_text("\n".join([*documents, *torn, ""]), encoding="utf-8")
        done = line.take({"kind": "jsonl", "path": str(path)})
        if done is not None:
            assert len(rows) <= done.counts.read <= len(rows) + len(torn)


@settings(MESSY, max_examples=8)
@given(rows=ROWS)
def test_interfaces(line: Line, rows: list[tuple[str, ...]]) -> None:
    paging = {"style": "page", "parameter": "pageNo", "size_parameter": "pageSize", "size": 2, "total": "data.total", "echo": "data.page"}
    spec = {"kind": "api", "records": "data.list", "paging": paging, "good": {"code": 0}, "message": "msg", "timeout": 5, "retries": 0}
    with site(paged([dict(zip(HEADERS, row, strict=True)) for row in rows])) as here:
        done = line.take(spec | {"url": here.url})
    if done is not None:
        assert done.counts.read == len(rows)
