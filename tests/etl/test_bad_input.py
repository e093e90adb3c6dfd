"""Deliveries as they should not be: each is refused in one sentence that its owner can act on, or its bad lines are set aside."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from etl.run import RunResult
from etl.standing import quarantine
from tests.etl.conftest import PAYMENTS, Tiny, id_number
from tests.etl.reading import read


def message(result: RunResult, module: str) -> str:
    """What the run says about a module; one line."""
    text = next(m["message"] for m in result.modules if m["module"] == module)
    assert "\n" not in text
    assert "Traceback" not in text
    return text


def book(tiny: Tiny) -> Path:
    return tiny.layout.sources / "caregiver" / "护理员台账.xlsx"


def test_every_module_missing_still_ends_in_an_orderly_way(tiny: Tiny) -> None:
    for path in sorted(tiny.layout.sources.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    result = tiny.run()
    assert result.exit_code == 3
    assert {m["status"] for m in result.modules} == {"failed"}
    assert all(m["message"] for m in result.modules)
    assert read(tiny.layout, "select count(*) from figure") == [(0,)]


def test_a_module_that_the_region_does_not_list(tiny: Tiny) -> None:
    (tiny.region.path / "sources.yaml").write_text("modules: {}\n", encoding="utf-8")
    assert "sources.yaml 没有登记模块 registry" in message(tiny.run(), "registry")


# ---------------------------------------------------------------- workbooks


def test_empty_workbook(tiny: Tiny) -> None:
    book(tiny).write_bytes(b"")
    assert "空文件" in message(tiny.run(), "caregiver")


def test_broken_workbook(tiny: Tiny) -> None:
    book(tiny).write_bytes(book(tiny).read_bytes()[:3000])
    assert "已损坏" in message(tiny.run(), "caregiver")


def test_workbook_with_damaged_sheet(tiny: Tiny) -> None:
    good = book(tiny).read_bytes()
    with zipfile.ZipFile(book(tiny), "w") as out, zipfile.ZipFile(io.BytesIO(good)) as source:
        for name in source.namelist():
            data = source.read(name)
            out.writestr(name, data[: len(data) // 2] if "sheet1" in name else data)
    assert "caregiver" in message(tiny.run(), "caregiver")


def test_html_renamed_to_xls(tiny: Tiny) -> None:
    book(tiny).rename(book(tiny).with_suffix(".bak"))
    book(tiny).with_suffix(".xls").write_text("<html><table><tr><td>人员编号</td></tr></table></html>", encoding="utf-8")
    assert "其实是网页文件" in message(tiny.run(), "caregiver")


def test_password_workbook(tiny: Tiny) -> None:
    # An encrypted workbook is an OLE container that holds the stream "EncryptedPackage".
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
    book(tiny).write_bytes(header + "EncryptedPackage".encode("utf-16-le") + b"\0" * 512)
    assert "设有密码" in message(tiny.run(), "caregiver")


def test_another_zip_is_no_workbook(tiny: Tiny) -> None:
    with zipfile.ZipFile(book(tiny), "w") as out:
        out.writestr("word/document.xml", "<w/>")
    assert "不是 Excel 文件" in message(tiny.run(), "caregiver")


def test_zip_bomb(tiny: Tiny) -> None:
    with zipfile.ZipFile(book(tiny), "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("xl/workbook.xml", "<workbook/>")
        out.writestr("xl/worksheets/sheet1.xml", b"0" * (80 << 20))
    assert book(tiny).stat().st_size < 1 << 20
    assert "展开后过大" in message(tiny.run(), "caregiver")


def test_sparse_bomb(tiny: Tiny) -> None:
    made = openpyxl.Workbook()
    page = made.active
    page.title = "在岗人员"
    page["A1"] = "人员编号"
    page[f"{get_column_letter(16384)}1048576"] = "x"
    made.save(book(tiny))
    assert "展开后过大" in message(tiny.run(), "caregiver")


def test_renamed_sheet_and_known_prefix(tiny: Tiny) -> None:
    rows = [("C1", id_number(11), "赵六", "330105001051", "是", "2020-01-01")]
    tiny.workers(rows, sheet="人员")
    assert "没有工作表“在岗人员”（现有：人员）" in message(tiny.run(), "caregiver")
    tiny.workers(rows, sheet="在岗人员2026")
    assert tiny.run().exit_code == 0


def test_an_alias_of_a_header_is_understood(tiny: Tiny) -> None:
    tiny.workers([("C1", id_number(11), "赵六", "330105001051", "是", "2020-01-01")],
                 header=["人员编号", "身份证号", "姓名", "社区代码", "是否持证", "入职日期"])  # fmt: skip
    assert tiny.run().exit_code == 0


def test_titles_subtotals_and_notes_are_counted_but_not_read(tiny: Tiny) -> None:
    result = tiny.run()
    load = next(row for row in result.loads if row["table"] == "worker")
    assert (load["read"], load["loaded"], load["skipped"]) == (2, 2, 2)


def test_an_id_that_became_a_number_is_set_aside_not_repaired(tiny: Tiny) -> None:
    tiny.workers([("C1", int(id_number(1)[:17] + "0"), "赵六", "330105001051", "是", "2020-01-01"),
                  ("C2", id_number(12), "钱七", "330105001052", "否", "2020-01-01")])  # fmt: skip
    assert tiny.run().exit_code == 3
    (row,) = quarantine(tiny.layout, "caregiver")
    assert (row["column_title"], row["position"]) == ("身份证号", 5)


def test_dates_of_every_form(tiny: Tiny) -> None:
    from datetime import date as day

    forms = ["2023.5.3", "2023年5月3日", "20230503", 45049, day(2023, 5, 3), "２０２３-０５-０３", "2023/5/3"]
    rows = [(f"C{n}", id_number(n), "某", "330105001051", "是", form) for n, form in enumerate(forms)]
    tiny.workers([*rows, ("C8", id_number(8), "某", "330105001051", "是", "2023-02-30"),
                  ("C9", id_number(9), "某", "330105001051", "是", "0000-00-00"),
                  ("C10", id_number(10), "某", "330105001051", "是", "2099-01-01")])  # fmt: skip
    tiny.run()
    assert [(r["column_title"], r["sentence"]) for r in quarantine(tiny.layout, "caregiver")] == [
        ("入职日期", "“入职日期”不是有效日期"), ("入职日期", "入职日期在将来"),
    ]  # fmt: skip
    assert read(tiny.layout, "select count(*) from worker_month where month = '2026-09'") == [(8,)]


# ---------------------------------------------------------------- databases


def test_a_text_file_in_place_of_a_database(tiny: Tiny) -> None:
    (tiny.layout.sources / "registry.sqlite").write_text("错误页面", encoding="utf-8")
    assert "不是 SQLite 数据库" in message(tiny.run(), "registry")


def test_a_truncated_database(tiny: Tiny) -> None:
    path = tiny.elders([(f"E{n}", id_number(n % 900), "张三" * 50, "330105001051", "2026-01-01") for n in range(2000)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "registry" in message(tiny.run(), "registry")
    assert next(m for m in tiny.run().modules if m["module"] == "registry")["status"] == "failed"


def test_renamed_table_and_column(tiny: Tiny) -> None:
    path = tiny.layout.sources / "order.sqlite"
    path.unlink()
    tiny.database("order", "ORDERS", ["DD_ID text"], [])
    assert "没有表 DD" in message(tiny.run(), "order")
    tiny.database("order", "DD", ["DD_ID text", "LNR_ID text", "XD_SJ text", "JINE text", "ZT text"], [])
    assert "缺少“JE”列（现有：DD_ID、LNR_ID、XD_SJ、JINE、ZT）" in message(tiny.run(), "order")


def test_an_empty_table_is_no_delivery(tiny: Tiny) -> None:
    tiny.orders([])
    assert "没有任何数据行" in message(tiny.run(), "order")


def test_a_late_null_first_column_and_real_numbers(tiny: Tiny) -> None:
    tiny.database("order", "DD", ["DD_ID integer", "LNR_ID text", "XD_SJ text", "JE real", "ZT text"],
                  [(1, None, "2026-10-01 08:00:00", 20.5, "已完成"), (2, "E1", "2026-10-01 08:00:00", 20, "已完成")])  # fmt: skip
    tiny.run()
    assert read(tiny.layout, "select order_id, price::varchar from order_fact") == [("2", "20.00")]
    assert [r["sentence"] for r in quarantine(tiny.layout, "order")] == ["“老年人编号”为空"]


# ---------------------------------------------------------------- delimited files


def test_encodings(tiny: Tiny) -> None:
    for encoding in ("gb18030", "utf-8", "utf-8-sig", "utf-16"):
        tiny.payments(PAYMENTS, encoding)
        result = tiny.run()
        assert result.exit_code == 0, encoding
        assert read(tiny.layout, "select sum(amount)::varchar from payment_fact") == [("1100.50",)]


def test_mixed_encodings(tiny: Tiny) -> None:
    path = tiny.payments(PAYMENTS)
    path.write_bytes(path.read_bytes() + "F9,2026-10,330105001,1,𠀀".encode() + b"\xff\xff\n")
    assert "编码无法识别" in message(tiny.run(), "subsidy")


def test_empty_and_missing_files(tiny: Tiny) -> None:
    path = tiny.payments("")
    assert "是空的" in message(tiny.run(), "subsidy")
    path.unlink()
    assert "没有“发放_*.csv”文件" in message(tiny.run(), "subsidy")


def test_header_only(tiny: Tiny) -> None:
    tiny.payments("发放编号,月份,街道代码,金额\n")
    assert "没有任何数据行" in message(tiny.run(), "subsidy")


def test_a_ragged_line_is_set_aside_with_its_number(tiny: Tiny) -> None:
    tiny.payments("发放编号,月份,街道代码,金额\nF1,2026-10,330105001,1\nF2,2026-10,330105001,1,9\nF3,2026-10,330105001,2\n")
    result = tiny.run()
    load = next(row for row in result.loads if row["table"] == "payment")
    assert (load["read"], load["loaded"], load["quarantined"]) == (3, 2, 1)
    (row,) = quarantine(tiny.layout, "subsidy")
    assert (row["position"], row["sentence"]) == (3, "该行应有 4 列，实有 5 列")


def test_half_a_file(tiny: Tiny) -> None:
    lines = "".join(f"F{n},2026-10,330105001,1\n" for n in range(50))
    tiny.payments("发放编号,月份,街道代码,金额\n" + lines + "F99,2026-1")
    assert "只传了一部分" in message(tiny.run(), "subsidy")
    path = tiny.payments("发放编号,月份,街道代码,金额\n" + lines + "F99,2026-10,330105001,一")
    path.write_bytes(path.read_bytes()[:-1])
    assert "只传了一部分" in message(tiny.run(), "subsidy")
    tiny.payments('发放编号,月份,街道代码,金额\nF1,2026-10,"330105001,1\n' + lines)
    assert "引号不成对" in message(tiny.run(), "subsidy")


def test_nul_and_wrong_delimiter(tiny: Tiny) -> None:
    tiny.payments("发放编号,月份,街道代码,金额\nF1,2026-10,330105001,1\0\n")
    assert "空字符" in message(tiny.run(), "subsidy")
    tiny.payments(PAYMENTS.replace('"1,000.00元"', "1000").replace(",", "\t").replace("\n", "\r\n"))
    assert tiny.run().exit_code == 0
    assert read(tiny.layout, "select sum(amount)::varchar from payment_fact") == [("1100.50",)]


def test_a_title_line_before_the_header_and_a_quoted_line_break(tiny: Tiny) -> None:
    tiny.payments('测试区发放明细\n发放编号,月份,街道代码,金额,备注\nF1,2026-10,330105001,1,"甲\n乙"\nF2,2026-10,330105001,2,\n')
    assert tiny.run().exit_code == 0
    assert read(tiny.layout, "select count(*) from payment_fact") == [(2,)]


@pytest.mark.parametrize("text", ["", "modules: [", "modules:\n  registry: {kind: ftp, path: x}\n"])
def test_a_useless_sources_file_is_told(tiny: Tiny, text: str) -> None:
    (tiny.region.path / "sources.yaml").write_text(text, encoding="utf-8")
    result = tiny.run()
    assert result.exit_code in (1, 3)
    assert result.message or message(result, "registry")
