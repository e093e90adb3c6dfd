"""Old binary workbooks (.xls), whole, damaged and made to bring the reader down; and long texts that many cells of a new one share."""

from __future__ import annotations

import re
import resource
import struct
import time
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from etl.connectors import apart
from etl.connectors.base import SourceError
from etl.connectors.workbook import WorkbookReader
from tests.etl.conftest import CAREGIVER, WORKER, id_number
from tests.support import oldbook as old

HEADER = ["人员编号", "身份证号", "姓名", "社区代码", "持证", "入职日期"]
PEOPLE = 60
TEXTS = [*HEADER, "330105001051", "是", "𠮷·𡈼", *[t for n in range(PEOPLE) for t in (f"C{n}", id_number(n))]]
CELLS = b"".join(old.label(0, c, c) for c in range(6)) + b"".join(
    old.label(n + 1, 0, 9 + 2 * n) + old.label(n + 1, 1, 10 + 2 * n) + old.label(n + 1, 2, 8) + old.label(n + 1, 3, 6)
    + old.label(n + 1, 4, 7) + old.number(n + 1, 5, 45049)
    for n in range(PEOPLE)
)  # fmt: skip
SHARED = old.strings(TEXTS)
WHOLE = old.book("在岗人员", CELLS, SHARED)


def read(path: Path) -> list[dict[str, str]]:
    return [r for b in WorkbookReader(CAREGIVER, str(path)).read(WORKER) for r in b.to_pylist()]


def refused(path: Path) -> str:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(SourceError) as said:
        read(path)
    assert time.process_time() - began < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # KiB
    return str(said.value)


def test_a_whole_one_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(old.ole(WHOLE))
    rows = read(tmp_path / "a.xls")
    assert [r["人员编号"] for r in rows] == [f"C{n}" for n in range(PEOPLE)]
    assert rows[7] | {"_source": "", "_position": 0} == {
        "人员编号": "C7", "身份证号": id_number(7), "姓名": "𠮷·𡈼", "社区代码": "330105001051", "持证": "是", "入职日期": "45049",
        "_source": "", "_position": 0, "_defect": None,
    }  # fmt: skip


BOMBS = {
    "an extent of a thousand million rows": old.book("在岗人员", CELLS, SHARED, extent=old.dimensions(0xFFFFFFFF, 0xFFFF)),
    "an extent of 65,535 columns": old.book("在岗人员", CELLS, SHARED, extent=old.dimensions(65535, 65535)),
    "an extent that ends before it begins": old.book("在岗人员", CELLS, SHARED, extent=old.record(0x200, struct.pack("<IIHHH", 9, 2, 9, 1, 0))),
    "a far cell": old.book("在岗人员", CELLS + old.label(65535, 65535, 0), SHARED),
    "one text in very many cells": old.book("在岗人员", b"".join(old.label(n, 0, 0) for n in range(60_000)), old.strings(["x" * 4000])),
}


@pytest.mark.parametrize("how", BOMBS)
def test_item_32_an_old_workbook_that_asks_for_all_memory_costs_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(apart, "MEMORY", 256 << 20)
    (tmp_path / "a.xls").write_bytes(old.ole(BOMBS[how]))
    assert "展开后过大" in refused(tmp_path / "a.xls")


def test_item_32_more_text_than_a_workbook_may_hold_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "ANSWER", 4000)
    (tmp_path / "a.xls").write_bytes(old.ole(WHOLE))
    assert "展开后过大" in refused(tmp_path / "a.xls")


FILE = old.ole(WHOLE)
HALF = len(FILE) // 2
DAMAGED = {
    "half of it": FILE[:HALF],
    "without its last part": FILE[:-1024],
    "a sector of nothing": FILE[: HALF // 512 * 512] + bytes(512) + FILE[HALF // 512 * 512 + 512 :],
    "sectors in a circle": old.ole(WHOLE, chain={9: 4}),
    "a sector that follows itself": old.ole(WHOLE, chain={3: 3}),
    "a directory in a circle": old.ole(WHOLE, chain={1: 1}),
    "a sector that is not there": old.ole(WHOLE, chain={4: 90_000}),
    "sectors of no size": old.ole(WHOLE, header={30: b"\0\0"}),
    "a table of tables in a circle": old.ole(WHOLE, chain={127: 0}, header={68: struct.pack("<II", 0, 1)}),
    "a sheet beyond the end": old.ole(old.book("在岗人员", CELLS, SHARED, at=10**9)),
    "a sheet that does not begin where it should": old.ole(old.book("在岗人员", CELLS, SHARED, at=33)),
    "a sheet without an end": old.ole(WHOLE[:-4]),
    "a text that is not there": old.ole(old.book("在岗人员", CELLS + old.label(70, 2, 9999), SHARED)),
    "a text longer than its record": old.ole(old.book("在岗人员", CELLS, old.record(0xFC, struct.pack("<IIHB", 999, 999, 65535, 1) + b"ab"))),
    "merged cells without places": old.ole(old.book("在岗人员", CELLS + old.record(0xE5, struct.pack("<H", 60000)), SHARED)),
}


@pytest.mark.parametrize("how", DAMAGED)
def test_item_32_a_damaged_old_workbook_is_refused_and_loses_no_row_in_silence(tmp_path: Path, how: str) -> None:
    (tmp_path / "a.xls").write_bytes(DAMAGED[how])
    assert "已损坏" in refused(tmp_path / "a.xls")


@pytest.mark.parametrize("way", [0, 1])
def test_item_32_an_old_workbook_with_a_password_is_refused(tmp_path: Path, way: int) -> None:
    (tmp_path / "a.xls").write_bytes(old.ole(old.book("在岗人员", CELLS, SHARED, more=old.record(0x2F, struct.pack("<HHH", way, 1, 1)))))
    assert "设有密码" in refused(tmp_path / "a.xls")


def shared(path: Path, cells: int, letters: int, merged: bytes = b"") -> Path:
    """A new workbook whose cells all show one text."""
    plain = path.with_suffix(".plain")
    with xlsxwriter.Workbook(str(plain)) as book:
        book.add_worksheet("在岗人员").write_row(0, 0, HEADER)
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>6</v></c></row>' % (n, n) for n in range(2, cells + 2))
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b"</sheetData>", rows + b"</sheetData>" + merged)
            if name.endswith("sharedStrings.xml"):
                content = re.sub(b"</sst>", lambda _: b"<si><t>" + b"x" * letters + b"</t></si></sst>", content)
            out.writestr(name, content)
    return path


def test_item_32_a_long_text_that_very_many_cells_share_costs_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "MEMORY", 256 << 20)
    assert "展开后过大" in refused(shared(tmp_path / "a.xlsx", 12_000, 100_000))


def test_where_looking_cannot_tell_the_answer_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shared(tmp_path / "a.xlsx", 50, 100)
    here = read(path)
    monkeypatch.setattr("etl.connectors.workbook.MAX_TEXT", 1)
    assert read(path) == here
    assert len(here) == 50


def test_item_32_merged_cells_that_lie_over_each_other_are_refused(tmp_path: Path) -> None:
    merged = b"<mergeCells>" + b'<mergeCell ref="C2:C3001"/>' * 5_000 + b"</mergeCells>"
    assert "互相重叠" in refused(shared(tmp_path / "a.xlsx", 3_000, 9, merged))
