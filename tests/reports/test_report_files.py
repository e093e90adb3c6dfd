"""The three forms: same figures, official layout, nothing that runs, no missing glyphs."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.reports import build, fonts, pdf, save, word
from dashboard.reports.content import compose
from dashboard.reports.model import Cell, Column, Issue, Paragraph, Section, Table
from dashboard.reports.sheets import Book, dangerous
from tests.reports.conftest import BY, DISTRICT, MONTH, NOW

ODD = ("<b>王</b>明", "#set text(red) $x$ *粗* @ref \\", '=HYPERLINK("x")', "a & b \"引\" 'x'", "𪚥龘堃", "王𩾃·㐂𨱏", "\x00\x0b换\ud800行")


def pdf_text(content: bytes, tmp_path: Path) -> str:
    file = tmp_path / "r.pdf"
    file.write_bytes(content)
    return subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True).stdout.decode()


@pytest.fixture(scope="module")
def files(reader):
    return {fmt: build(reader(), DISTRICT, MONTH, fmt, BY, NOW) for fmt in ("docx", "xlsx", "pdf")}


def docx_text(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = [c.text for t in document.tables for c in t._cells]
    return "\n".join([p.text for p in document.paragraphs] + cells)


def test_all_forms_carry_the_same_figures(files, reader, tmp_path):
    report = compose(reader(), DISTRICT, MONTH)
    in_word = docx_text(files["docx"])
    in_pdf = re.sub(r"\s", "", pdf_text(files["pdf"], tmp_path))
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    sentences = [b.text for s in report.sections for b in s.blocks if isinstance(b, Paragraph)]
    in_excel = {str(c.value) for row in book["文字摘要"].iter_rows() for c in row if c.value}
    for sentence in sentences:
        assert sentence in in_word
        assert sentence in in_excel
        assert re.sub(r"\s", "", sentence)[:20] in in_pdf
    for table in report.tables():
        sheet = book[table.title]
        for n, row in enumerate(table.rows, start=4):
            for column, cell in enumerate(row, start=1):
                found = sheet.cell(n, column).value
                if isinstance(cell.value, (int, float)) or hasattr(cell.value, "quantize"):
                    assert float(found) == pytest.approx(float(cell.value))
                    assert cell.text in in_word or not table.printed
                    assert cell.text in in_pdf or not table.printed


def test_the_certification_rate_is_one_figure_everywhere(files, reader, tmp_path):
    figure = reader().figures(["caregiver_cert_rate"], DISTRICT, MONTH)["caregiver_cert_rate"]
    text = f"持证率{figure.value:.1f}%"
    assert text in docx_text(files["docx"])
    assert text in re.sub(r"\s", "", pdf_text(files["pdf"], tmp_path))


def test_word_is_laid_out_as_official_documents_are(files):
    document = Document(io.BytesIO(files["docx"]))
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert (round(section.top_margin.mm), round(section.left_margin.mm)) == (37, 28)
    assert round((section.page_width - section.left_margin - section.right_margin) / 36000) == 156
    assert round((section.page_height - section.top_margin - section.bottom_margin) / 36000) == 225
    pitch = int(section._sectPr.find(qn("w:docGrid")).get(qn("w:linePitch"))) / 20
    assert 22 <= 225 / 25.4 * 72 / pitch < 22.1
    normal = document.styles["Normal"]
    assert normal.font.size.pt == 16
    assert normal.element.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋_GB2312"
    space = int(normal.element.rPr.find(qn("w:spacing")).get(qn("w:val"))) / 20
    assert 28 <= 156 / 25.4 * 72 / (16 + space) < 29
    title = document.paragraphs[0].runs[0]
    assert (title.font.size.pt, title._r.rPr.rFonts.get(qn("w:eastAsia"))) == (22, "方正小标宋简体")
    first = next(p for p in document.paragraphs if p.text.startswith("一、"))
    assert first.runs[0]._r.rPr.rFonts.get(qn("w:eastAsia")) == "黑体"
    second = next(p for p in document.paragraphs if p.text.startswith("（一）"))
    assert second.runs[0]._r.rPr.rFonts.get(qn("w:eastAsia")) == "楷体_GB2312"
    assert document.settings.odd_and_even_pages_header_footer
    assert "— 1 —" in section.footer.paragraphs[0].text
    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_synthetic_data_is_marked_on_every_form(files, tmp_path):
    document = Document(io.BytesIO(files["docx"]))
    assert "模拟数据" in document.sections[0].header.paragraphs[0].text
    assert any("模拟数据" in p.text for p in document.paragraphs[:4])
    pages = pdf_text(files["pdf"], tmp_path).rstrip("\f").split("\f")
    assert all("模拟数据" in page for page in pages)
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    assert all(
        any("模拟数据" in str(c.value) for row in s.iter_rows(max_row=4) for c in row) for s in book if s.title != "文字摘要"
    )
    assert all("模拟数据" in (s.oddFooter.left.text or "") for s in book)


def test_excel_has_native_charts_and_is_ready_to_print(files):
    names = zipfile.ZipFile(io.BytesIO(files["xlsx"])).namelist()
    assert sum(n.startswith("xl/charts/chart") for n in names) == 4
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    for sheet in book:
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert book["监测指标"].freeze_panes == "B4"
    assert {"说明", "指标口径", "护理员持证明细"} <= set(book.sheetnames)


def test_pdf_embeds_its_fonts_and_is_a4(files, tmp_path):
    file = tmp_path / "r.pdf"
    file.write_bytes(files["pdf"])
    listed = subprocess.run(["pdffonts", str(file)], capture_output=True, check=True).stdout.decode().splitlines()[2:]
    assert listed and all(" yes yes yes " in line for line in listed)
    info = subprocess.run(["pdfinfo", str(file)], capture_output=True, check=True).stdout.decode()
    assert "(A4)" in info


def odd_report(reader):
    rows = tuple((Cell(text), Cell("1", 1, "0")) for text in ODD)
    section = Section(
        "odd",
        ODD[0],
        (*(Paragraph(t) for t in ODD), Table("odd", "表 " + ODD[1], (Column(ODD[0]), Column("数", 1, "number")), rows)),
    )
    return replace(compose(reader(), DISTRICT, MONTH), sections=(section,), area_name="<b>区</b>")


def test_markup_in_names_is_only_text(reader, tmp_path):
    report, issue = odd_report(reader), Issue("<i>李</i>", NOW)
    in_word = docx_text(word.render(report, issue))
    text = re.sub(r"\s", "", pdf_text(pdf.render(report, issue), tmp_path))
    for odd in ("王𩾃·㐂𨱏", "<b>王</b>明", "#set text(red) $x$ *粗* @ref \\"):
        assert odd in in_word
        assert odd.replace(" ", "") in text


def test_a_character_that_no_font_has_is_marked_and_listed(reader, tmp_path):
    assert set(map(ord, "𠙶𣲗𨱏𩽾𩾃𪨶𫄧𫖯𫘧𫠜𬇙𬘭𬣙𬭎𬱖𬶋𬸦𬺓㐂㕮䴘鿎")) <= fonts.shipped_characters(), "rare characters of the table of general standard characters"
    rare = chr(0x323AF)
    assert fonts.missing(["龘堃镕𠀀"[:3]]) == []
    assert fonts.missing([rare]) == [rare]
    report = replace(compose(reader(), DISTRICT, MONTH), sections=(Section("a", "甲", (Paragraph(f"单位{rare}养老院"),)),))
    text = re.sub(r"\s", "", pdf_text(pdf.render(report, Issue(BY, NOW)), tmp_path))
    assert "单位〓养老院" in text
    assert "U+323AF" in text


def test_all_names_of_the_region_have_glyphs_in_the_shipped_fonts():
    areas = Path("data/regions").resolve().glob("*/areas.csv")
    text = "".join(p.read_text(encoding="utf-8-sig") for p in areas)
    assert not {c for c in text if not c.isspace() and ord(c) not in fonts.shipped_characters()}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("=+-@\t\r＝＋－＠ "), st.text(max_size=12)), min_size=1, max_size=20))
def test_no_text_becomes_a_formula(parts):
    book = Book("x", {})
    sheet = book.sheet("=表[1]:*?/\\")
    texts = [a + b for a, b in parts]
    book.table(sheet, 0, ["=1+1"], [(t,) for t in texts])
    content = book.bytes()
    xml = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in xml and "<f " not in xml
    back = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    for n, text in enumerate(texts, start=2):
        cell = back.cell(n, 1)
        assert cell.data_type in ("s", "n", "inlineStr")
        assert not isinstance(cell.value, (int, float))
        if cell.value is not None and dangerous(text):
            assert cell.quotePrefix


def test_save_replaces_a_file_at_once_and_leaves_nothing_behind(tmp_path):
    target = tmp_path / "月报.docx"
    target.write_bytes(b"old")
    save(target, b"new")
    assert target.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["月报.docx"]
    with pytest.raises(OSError):
        save(tmp_path / "none" / "x.docx", b"")


def test_reports_are_made_in_threads_alike(reader):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: build(reader(), DISTRICT, MONTH, "pdf", BY, NOW), range(4)))
    assert len(set(made)) == 1


def test_an_unknown_form_is_refused(reader):
    with pytest.raises(ValueError, match="format"):
        build(reader(), DISTRICT, MONTH, "exe", BY, NOW)
