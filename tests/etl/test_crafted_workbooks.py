"""Workbooks that are made to bring the reader down: refused in a sentence before anything is opened, in little memory and time.

Each holds one cell in the last corner of the sheet, which calamine would lay out as 17 thousand million cells, written in a way that a
careless look does not notice.
"""

from __future__ import annotations

import io
import re
import resource
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest

from etl.connectors.base import SourceError
from etl.connectors.sheetextent import BLOCK, extent
from etl.connectors.workbook import WorkbookReader, inspect
from tests.etl.conftest import CAREGIVER, WORKER

FAR = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
PREFIX = re.sub(rb"<(/?)(row|c|v)\b", rb"<\1a-b:\2", FAR)
SHEETS = {
    "single quotes": FAR.replace(b'"', b"'"),
    "spaces": FAR.replace(b'r="', b'r\n = "'),
    "another attribute first": FAR.replace(b"<c ", b'<c s=">" xr="A1" '),
    "small letters": FAR.replace(b"XFD", b"xfd"),
    "a prefix": PREFIX,
    "cells that do not say where they stand": b'<row r="1">' + b"<c><v>1</v></c>" * 16384 + b'</row><row r="1048576"><c><v>1</v></c></row>',
    "rows that do not say where they stand": b"<row/>" * 40_000 + b'<row><c r="XFD40000"><v>1</v></c></row>',
    "a place that is no place": FAR.replace(b'"XFD1048576"', b'"&#88;FD1048576"'),
    "a tag over a boundary": b" " * (BLOCK - 900) + FAR.replace(b'<c r="XFD', b"<c " + b" " * 900 + b'r="XFD'),
    "a tag without end": FAR.replace(b'<c r="XFD', b"<c " + b" " * (3 * BLOCK) + b'r="XFD'),
}


def made(path: Path, rows: bytes, place: str = "xl/worksheets/sheet1.xml") -> Path:
    """A workbook with these rows, its sheet at this place."""
    plain = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["人员编号"])
    book.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name in source.namelist():
            content = source.read(name).replace(b"worksheets/sheet1.xml", place.removeprefix("xl/").encode())
            if name == "xl/worksheets/sheet1.xml":
                content = re.sub(rb"<sheetData>.*</sheetData>", lambda _: b"<sheetData>" + rows + b"</sheetData>", content, flags=re.S)
            out.writestr(place if name == "xl/worksheets/sheet1.xml" else name, content)
    return path


def refused(path: Path) -> str:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(SourceError) as said:
        inspect(path, "区人力社保局")
    assert time.process_time() - began < 3 and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # KiB
    return str(said.value)


@pytest.mark.parametrize("how", SHEETS)
def test_item_32_a_far_cell_is_found_however_it_is_written(tmp_path: Path, how: str) -> None:
    assert "展开后过大" in refused(made(tmp_path / "a.xlsx", SHEETS[how]))


def test_item_32_a_far_cell_is_found_wherever_the_sheet_lies(tmp_path: Path) -> None:
    assert "展开后过大" in refused(made(tmp_path / "a.xlsx", FAR, "xl/other/page.dat"))


@pytest.mark.parametrize("other", ["xl/workbook.bin", "content.xml"])
def test_item_32_what_would_be_read_as_another_kind_of_workbook_is_refused(tmp_path: Path, other: str) -> None:
    with zipfile.ZipFile(made(tmp_path / "a.xlsx", b""), "a") as more:
        more.writestr(other, b"x")
    assert "另存为 .xlsx" in refused(tmp_path / "a.xlsx")


def test_item_32_what_a_directory_says_wrongly_of_a_part_is_found(tmp_path: Path) -> None:
    path = made(tmp_path / "a.xlsx", FAR + b" " * (4 << 20))
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/worksheets/sheet1.xml"))
    content[at + 24 : at + 28] = (64).to_bytes(4, "little")
    path.write_bytes(content)
    assert "已损坏" in refused(path)


@pytest.mark.parametrize(("sound", "harm"), [
    (b"</row>", b"</rwo>"), (b'r="B1"', b"r=B1"), (b"<v>", b"&#x110000;<v>"), (b"</sheetData>", b""), (b"<v>", b"\xff<v>"), (b"<v>2", b"<x>2"),
])  # fmt: skip
def test_a_sheet_that_makes_no_sense_is_refused_in_a_sentence(tmp_path: Path, sound: bytes, harm: bytes) -> None:
    rows = b'<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'
    path = made(tmp_path / "a.xlsx", rows)
    with zipfile.ZipFile(path) as source:
        parts = {n: source.read(n) for n in source.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(sound, harm, 1)
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b'name="Sheet"', 'name="在岗人员"'.encode())
    with zipfile.ZipFile(path, "w") as out:
        for name, content in parts.items():
            out.writestr(name, content)
    with pytest.raises(SourceError) as said:
        list(WorkbookReader(CAREGIVER, str(path)).read(WORKER))
    assert str(said.value).endswith("。")


@pytest.mark.parametrize("size", [1, 1 << 10, BLOCK, None])
def test_an_ordinary_sheet_is_as_large_as_its_cells(size: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etl.connectors.sheetextent.BLOCK", size or 7)
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c><c r="C%d" t="s"><v>2</v></c></row>' % (n, n, n) for n in range(1, 41))
    assert extent(io.BytesIO(b"<worksheet><sheetData>" + rows + b"</sheetData></worksheet>"))[:2] == (40 * 3, 40 * 2)
    assert extent(io.BytesIO(b"<sst><si><t>row c</t></si></sst>")) == (0, 0, 18)


