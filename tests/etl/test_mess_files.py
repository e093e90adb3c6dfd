"""Files as departments send them, through the real readers: the pollutions of the Pollock benchmark, and workbooks with a past."""

from __future__ import annotations

import datetime
import resource
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from etl.connectors import SourceError
from etl.connectors.csvfile import CsvReader
from etl.connectors.workbook import WorkbookReader
from tests.etl.conftest import CAREGIVER, PAYMENT, SUBSIDY, WORKER, id_number

HEAD = "发放编号,月份,街道代码,金额"
ROWS = ["F1,2026-10,330105001,1", "F2,2026-10,330105002,2.50"]
Rows = list[tuple[str, ...]]
REAL = Path(__file__).parents[2].parent / "shared" / "real"


@pytest.fixture
def csv(tmp_path: Path) -> Callable[[bytes], Rows]:
    """Read one file of payments: the four columns and the defect of each row."""

    def read(content: bytes) -> Rows:
        folder = tmp_path / "subsidy"
        folder.mkdir(exist_ok=True)
        (folder / "发放_1.csv").write_bytes(content)
        reader = CsvReader(SUBSIDY, str(folder), "gb18030", tmp_path)
        return [tuple(r.values()) for b in reader.read(PAYMENT) for r in b.drop_columns(["_source", "_position"]).to_pylist()]

    return read


def whole(rows: Rows) -> Rows:
    return sorted(r for r in rows if not r[-1])


GOOD = [("F1", "2026-10", "330105001", "1", None), ("F2", "2026-10", "330105002", "2.50", None)]
POLLUTIONS = {
    "no pollution": "\n".join([HEAD, *ROWS, ""]),
    "CRLF": "\r\n".join([HEAD, *ROWS, ""]),
    "CR alone": "\r".join([HEAD, *ROWS, ""]),
    "no line end at the end": "\n".join([HEAD, *ROWS]),
    "semicolons": "\n".join([HEAD, *ROWS, ""]).replace(",", ";"),
    "tabs": "\n".join([HEAD, *ROWS, ""]).replace(",", "\t"),
    "bars": "\n".join([HEAD, *ROWS, ""]).replace(",", "|"),
    "all quoted": "\n".join(",".join(f'"{c}"' for c in line.split(",")) for line in [HEAD, *ROWS]) + "\n",
    "preamble": "\n".join(["测试区发放明细表", "单位：元", HEAD, *ROWS, ""]),
    "empty lines": "\n".join([HEAD, "", ROWS[0], "", ROWS[1], "", ""]),
    "blank lines before": "\n\n" + "\n".join([HEAD, *ROWS, ""]),
    "total line": "\n".join([HEAD, *ROWS, "合计,,,3.50", ""]),
    "total of the month": "\n".join([HEAD, *ROWS, "本月合计,,,3.50", ""]),
    "total with its unit": "\n".join([HEAD, *ROWS, "合计（元）,,,3.50", ""]),
    "subtotal of a place": "\n".join([HEAD, *ROWS, ",大关街道小计,,3.50", ""]),
    "notes and empty cells": "\n".join([HEAD, *ROWS, ",,,", "注：金额以元计,,,", ",填报单位见封面,,", ""]),
    "other order and more columns": "\n".join(["备注,金额,街道代码,月份,发放编号", "x,1,330105001,2026-10,F1", "y,2.50,330105002,2026-10,F2", ""]),
    "blanks round the headers": "\n".join([" 发放编号 , 月份,街道代码 ,金额", *ROWS, ""]),
    "full-width headers": "\n".join([HEAD, *ROWS, ""]).replace("金额", "金 额"),
}


@pytest.mark.parametrize("kind", POLLUTIONS)
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_polluted_files_give_the_same_rows(csv: Callable[[bytes], Rows], kind: str, encoding: str) -> None:
    assert whole(csv(POLLUTIONS[kind].encode(encoding))) == GOOD


@pytest.mark.parametrize(("line", "defect"), [("F3,2026-10", "该行应有 4 列，实有 2 列"), ("F3,2026-10,330105001,1,9", "该行应有 4 列，实有 5 列")])
def test_ragged_lines_are_set_aside(csv: Callable[[bytes], Rows], line: str, defect: str) -> None:
    rows = csv("\n".join([HEAD, ROWS[0], line, ROWS[1], ""]).encode())
    assert whole(rows) == GOOD
    assert [r[-1] for r in rows if r[-1]] == [defect]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_row_stands_where_whoever_opens_the_file_finds_it(tmp_path: Path, encoding: str, end: str) -> None:
    """Blank lines, and line breaks in quotes, count as lines: of good rows, of damaged ones, and in the sentence on a torn file."""
    lines = ["发放明细表", HEAD + ",备注", "", '"F1",2026-10,330105001,1,"两', '行"', "", "", "F2,2026-10", 'F3,2026-10,330105001,2.50,"1"', ""]
    (tmp_path / "发放_1.csv").write_bytes(end.join(lines).encode(encoding))
    reader = CsvReader(SUBSIDY, str(tmp_path), "gb18030", tmp_path)
    rows = [r for b in reader.read(PAYMENT) for r in b.to_pylist()]
    assert {(r["发放编号"], r["_position"]) for r in rows} == {("F1", 4), ("", 8), ("F3", 9)}
    (tmp_path / "发放_1.csv").write_bytes(end.join([*lines, "F4,20"]).encode(encoding))
    with pytest.raises(SourceError, match="在第 11 行中断"):
        list(reader.read(PAYMENT))


@pytest.mark.parametrize(("content", "words"), [
    ("\n".join([HEAD, ROWS[0], "F\0,2026-10,330105001,1", ""]).encode(), "空字符"),
    (b"\xef\xbb\xbf" + "\n".join([HEAD, *ROWS, ""]).encode("gb18030"), "编码无法识别"),
    ("\n".join([HEAD, ROWS[0], ""]).encode() + "F2,2026-10,330105002,一,二\n".encode("gb18030"), ""),
    ("\n".join([HEAD, ROWS[0], 'F2,2026-10,"330105002,2', ""]).encode(), "引号不成对"),
    ("\n".join([HEAD, *ROWS, "F3,20"]).encode(), "只传了一部分"),
    ("\n".join([HEAD, *ROWS, "F3,2026-10,𠀀"]).encode("gb18030")[:-1], ""),
    ("发放编号,月份,街道代码\nF1,2026-10,330105001\n".encode(), "缺少“金额”列"),
    (b"", "空的"),
    (b"<html><body>404</body></html>", "缺少"),
])  # fmt: skip
def test_files_that_cannot_be_trusted_are_refused_in_a_sentence(csv: Callable[[bytes], Rows], content: bytes, words: str) -> None:
    with pytest.raises(SourceError) as error:
        csv(content)
    assert words in str(error.value)
    assert str(error.value).endswith("。")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16"])
def test_rare_characters_survive_every_encoding(csv: Callable[[bytes], Rows], encoding: str) -> None:
    rows = csv("\n".join([HEAD, "𠮷·𡈼•㐂,2026-10,330105001,1", ""]).encode(encoding))
    assert rows[0][0] == "𠮷·𡈼•㐂"


# ---------------------------------------------------------------- workbooks

HEADER = ["人员编号", "身份证号", "姓名", "社区代码", "持证", "入职日期"]


def row(n: int, **change: object) -> list[object]:
    return list(({"人员编号": f"C{n}", "身份证号": id_number(n), "姓名": "某", "社区代码": "330105001051", "持证": "是", "入职日期": "2020-01-01"}
                 | change).values())  # fmt: skip


def sheet(path: Path, rows: list[list[object]], change: Callable[[openpyxl.Workbook], None] = lambda _: None) -> list[dict[str, str]]:
    """Rows that the reader makes of a workbook with the usual header."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "在岗人员"
    for line in [HEADER, *rows]:
        page.append(line)
    change(book)
    book.save(path)
    return [r for b in WorkbookReader(CAREGIVER, str(path)).read(WORKER) for r in b.to_pylist()]


def test_hidden_sheets_are_not_read(tmp_path: Path) -> None:
    def hide(book: openpyxl.Workbook) -> None:
        old = book.create_sheet("在岗人员（旧）")
        old.append(HEADER)
        old.append(row(9))
        old.sheet_state = "hidden"
        book["在岗人员"].title = "在岗人员2026"

    assert [r["人员编号"] for r in sheet(tmp_path / "a.xlsx", [row(1)], hide)] == ["C1"]


def test_a_formula_without_a_value_is_set_aside_not_taken_for_blank(tmp_path: Path) -> None:
    rows = sheet(tmp_path / "a.xlsx", [row(1), row(2, 入职日期="=TODAY()"), row(3), ["小计", "=COUNTA(A2:A4)", None, None, None, None]])
    assert [(r["人员编号"], bool(r["_defect"])) for r in rows] == [("C1", False), ("C2", True), ("C3", False)]
    assert "公式" in rows[1]["_defect"]


def test_days_counted_from_1904(tmp_path: Path) -> None:
    def old_mac(book: openpyxl.Workbook) -> None:
        book.epoch = CALENDAR_MAC_1904

    rows = sheet(tmp_path / "a.xlsx", [row(1, 入职日期=datetime.date(2023, 5, 3)), row(2, 入职日期=43587)], old_mac)
    assert rows[0]["入职日期"] == "2023-05-03"
    assert rows[1]["入职日期"] == "45049"
    assert sheet(tmp_path / "b.xlsx", [row(1, 入职日期=45049)])[0]["入职日期"] == "45049"


def test_cells_merged_over_rows_count_for_each_of_them_but_keys_do_not(tmp_path: Path) -> None:
    def merge(book: openpyxl.Workbook) -> None:
        book["在岗人员"].merge_cells("D2:D4")
        book["在岗人员"].merge_cells("A3:A4")

    rows = sheet(tmp_path / "a.xlsx", [row(1), row(2, 社区代码=None), row(3, 社区代码=None, 人员编号=None)], merge)
    assert [(r["人员编号"], r["社区代码"]) for r in rows] == [("C1", "330105001051"), ("C2", "330105001051"), ("", "330105001051")]


def test_a_wrong_extension_is_no_matter_where_the_content_is_right(tmp_path: Path) -> None:
    sheet(tmp_path / "a.xlsx", [row(1)])
    (tmp_path / "a.xlsx").rename(tmp_path / "b.xls")
    assert len([r for b in WorkbookReader(CAREGIVER, str(tmp_path / "b.xls")).read(WORKER) for r in b.to_pylist()]) == 1
    (tmp_path / "c.xlsx").write_bytes("人员编号,姓名\n".encode())
    with pytest.raises(SourceError, match="不是 Excel 文件"):
        list(WorkbookReader(CAREGIVER, str(tmp_path / "c.xlsx")).read(WORKER))


def test_bombs_cost_neither_memory_nor_time(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "在岗人员"
    book.active["XFD1048576"] = "x"
    book.save(tmp_path / "sparse.xlsx")
    with zipfile.ZipFile(tmp_path / "packed.xlsx", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("xl/workbook.xml", "<workbook/>")
        out.writestr("xl/worksheets/sheet1.xml", b"0" * (70 << 20))
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    for name in ("sparse.xlsx", "packed.xlsx"):
        with pytest.raises(SourceError, match="展开后过大"):
            list(WorkbookReader(CAREGIVER, str(tmp_path / name)).read(WORKER))
    assert time.process_time() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024  # KiB


# ---------------------------------------------------------------- real files, where they lie beside the project


@pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real files is not there")
def test_real_files_are_read_or_refused_in_a_sentence() -> None:
    books = sorted(p for p in REAL.rglob("*") if p.suffix in (".xls", ".xlsx"))
    assert books
    for path in books:
        with pytest.raises(SourceError) as error:
            list(WorkbookReader(CAREGIVER, str(path)).read(WORKER))
        assert "没有工作表“在岗人员”" in str(error.value), path.name
