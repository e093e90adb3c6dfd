"""A report as Word, in the layout of official documents (GB/T 9704): A4, type area 156 × 225 mm, 22 lines of 28 characters.

The fonts are named, not embedded (offices have them); the font table names a substitute for each.
"""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Emu, Mm, Pt

from dashboard.format import fmt_date
from dashboard.reports.charts import draw
from dashboard.reports.model import (
    SYNTHETIC,
    SYNTHETIC_NOTE,
    Block,
    Cell,
    Chart,
    Column,
    Heading,
    Issue,
    Paragraph,
    Report,
    Table,
    clean,
    numbered,
)

FANG, HEI, KAI, SONG, TITLE = "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体", "方正小标宋简体"
SUBSTITUTES = {FANG: "仿宋", HEI: "SimHei", KAI: "楷体", SONG: "SimSun", TITLE: "宋体"}
SIZE_3, SIZE_2, SIZE_4, SIZE_TABLE = Pt(16), Pt(22), Pt(14), Pt(10.5)
TEXT_WIDTH, TEXT_HEIGHT, TOP, LEFT = 156, 225, 37, 28
LINES, CHARACTERS = 22, 28
LINE_PITCH = Pt(28.95)
"""225 mm ÷ 22 = 28.99 pt; a hair less, so that 22 lines surely fit."""

TIGHTEN = -5
"""Twentieths of a point: 16 − 0.25 = 15.75 pt a character, 28 of them 441 of the line's 442.2 pt."""


def render(report: Report, issue: Issue) -> bytes:
    """The bytes of a .docx."""
    document = Document()
    mark = f"　{SYNTHETIC}" if report.synthetic else ""
    left = f"{report.title} {report.month_text} {report.number}" + (f"　【{SYNTHETIC}】" if report.synthetic else "")
    lay_page(document, left, issue.text + mark)
    lay_styles(document)
    _title(document, report)
    if report.addressee:
        put_run(document.add_paragraph(), f"{report.addressee}：", FANG)
    for place, section in enumerate(report.sections, start=1):
        title, blocks = numbered(section, place)
        put_line(document, title, HEI, style="Heading 1", keep=True)
        for block, mark in blocks:
            _block(document, block, mark)
    _ending(document, report, issue)
    properties = document.core_properties
    properties.title = clean(f"{report.title}（{report.month_text}）")
    properties.author = clean(issue.by)
    properties.last_modified_by = clean(issue.by)
    properties.subject = f"{report.number} {report.digest}"
    properties.keywords = SYNTHETIC if report.synthetic else ""
    properties.comments = ""
    properties.created = properties.modified = issue.at.replace(tzinfo=None)
    name_substitutes(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


# ---------------------------------------------------------------------- page


def lay_page(document: Any, head: str, foot: str) -> None:
    """A4 with the type area of official documents; ``head`` above every page, the page number and ``foot`` below."""
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.left_margin = Mm(TOP), Mm(LEFT)
    section.bottom_margin, section.right_margin = Mm(297 - TOP - TEXT_HEIGHT), Mm(210 - LEFT - TEXT_WIDTH)
    section.header_distance, section.footer_distance = Mm(22), Mm(23)
    for old in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(old)
    pitch = int(TEXT_HEIGHT / 25.4 * 1440 / LINES)
    section._sectPr.append(parse_xml(f'<w:docGrid {nsdecls("w")} w:type="lines" w:linePitch="{pitch}"/>'))
    document.settings.odd_and_even_pages_header_footer = True
    for header in (section.header, section.even_page_header):
        paragraph = header.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        put_run(paragraph, head, SONG, Pt(9))
    for footer, side, indent in ((section.footer, "right", "end"), (section.even_page_footer, "left", "start")):
        _page_number(footer, side, indent, foot)


def _page_number(footer: Any, side: str, indent: str, foot: str) -> None:
    """``— 1 —`` in 四号 宋体, outside, one character in from the edge; below it the watermark in small type."""
    paragraph = footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if side == "right" else WD_ALIGN_PARAGRAPH.LEFT
    setattr(paragraph.paragraph_format, f"{side}_indent", SIZE_4)
    put_run(paragraph, "— ", SONG, SIZE_4)
    for kind, text in (("begin", None), (None, "PAGE"), ("separate", None), ("text", "1"), ("end", None)):
        run = put_run(paragraph, "1" if kind == "text" else "", SONG, SIZE_4)
        if kind in ("begin", "separate", "end"):
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        elif kind is None:
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = f" {text} "
            run._r.append(code)
    put_run(paragraph, " —", SONG, SIZE_4)
    stamp = footer.add_paragraph()
    stamp.alignment = WD_ALIGN_PARAGRAPH.CENTER
    put_run(stamp, foot, SONG, Pt(8))


def lay_styles(document: Any) -> None:
    """The type of official documents for body, headings, header and footer."""
    normal = document.styles["Normal"]
    normal.font.size = SIZE_3
    _fonts(normal.element.get_or_add_rPr(), FANG)
    _tighten(normal.element.get_or_add_rPr())
    form = normal.paragraph_format
    form.space_before = form.space_after = Pt(0)
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, LINE_PITCH
    for name, font in (("Heading 1", HEI), ("Heading 2", KAI), ("Heading 3", FANG)):
        style = document.styles[name]
        style.font.size, style.font.bold, style.font.italic = SIZE_3, False, False
        style.font.color.rgb = None
        rpr = style.element.get_or_add_rPr()
        for old in rpr.findall(qn("w:color")):
            rpr.remove(old)
        _fonts(rpr, font)
        style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
        style.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        style.paragraph_format.line_spacing = LINE_PITCH
    for name in ("Header", "Footer"):
        style = document.styles[name].paragraph_format
        style.line_spacing = 1.0
        leave_grid(document.styles[name].element.get_or_add_pPr())


def _fonts(rpr: Any, font: str) -> None:
    """Both kinds of characters in one font: python-docx sets only the western one."""
    fonts = rpr.get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for kind in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{kind}"), font)


def _tighten(rpr: Any) -> None:
    """28 characters to the line by a hair less space, not by a character grid: 156 mm ÷ 28 = 15.79 pt a character, less than its 16 pt,
    and WPS and LibreOffice give a character that is wider than its cell two cells.
    """
    spacing = OxmlElement("w:spacing")
    spacing.set(qn("w:val"), str(TIGHTEN))
    rpr.insert_element_before(spacing, "w:w", "w:kern", "w:position", "w:sz", "w:szCs", "w:lang", "w:eastAsianLayout")


def leave_grid(ppr: Any) -> None:
    """Free of the document grid: tables and notes have their own line height."""
    for old in ppr.findall(qn("w:snapToGrid")):
        ppr.remove(old)
    mark = OxmlElement("w:snapToGrid")
    mark.set(qn("w:val"), "0")
    ppr.insert_element_before(
        mark, "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:textAlignment", "w:outlineLvl", "w:rPr"
    )


def put_run(paragraph: Any, text: str, font: str, size: Any = None, bold: bool | None = None) -> Any:
    """Text at the end of a paragraph; what XML cannot hold is left out."""
    run = paragraph.add_run(clean(text))
    _fonts(run._r.get_or_add_rPr(), font)
    if size is not None:
        run.font.size = size
    if bold is not None:
        run.font.bold = bold
    return run


def name_substitutes(document: Any) -> None:
    """Tell Word what to take where a reader lacks 方正小标宋简体 and the like."""
    for part in document.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            entries = "".join(
                f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
                for name, other in SUBSTITUTES.items()
            )
            part._blob = part.blob.replace(b"</w:fonts>", entries.encode() + b"</w:fonts>")


# ---------------------------------------------------------------------- text


def _title(document: Any, report: Report) -> None:
    for text, font, size in ((report.title, TITLE, SIZE_2), (f"（{report.month_text}）", KAI, SIZE_3)):
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.line_spacing = Pt(34)
        put_run(paragraph, text, font, size)
    if report.synthetic:
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        put_run(paragraph, f"【{SYNTHETIC}】{SYNTHETIC_NOTE}", KAI, SIZE_TABLE)
    facts = f"编号：{report.number}　数据时点：{fmt_date(report.data_date)}　校验码：{report.digest[:16]}"
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    put_run(paragraph, facts, SONG, SIZE_TABLE)
    document.add_paragraph()


def put_line(document: Any, text: str, font: str, style: str | None = None, keep: bool = False) -> None:
    """A paragraph of the body, two characters in."""
    paragraph = document.add_paragraph(style=style)
    paragraph.paragraph_format.first_line_indent = SIZE_3 * 2
    if keep:
        paragraph.paragraph_format.keep_with_next = True
    put_run(paragraph, text, font)


def _block(document: Any, block: Block, mark: str) -> None:
    if isinstance(block, Paragraph):
        put_line(document, block.text, FANG)
    elif isinstance(block, Heading):
        put_line(document, mark + block.text, KAI, style="Heading 2", keep=True)
    elif isinstance(block, Table):
        put_table(document, block)
    else:
        _chart(document, block)


def _small(document: Any, text: str, size: Any = SIZE_TABLE, font: str = SONG, align: Any = None, keep: bool = False) -> Any:
    paragraph = document.add_paragraph()
    leave_grid(paragraph._p.get_or_add_pPr())
    form = paragraph.paragraph_format
    form.line_spacing = 1.0
    form.keep_with_next = keep
    paragraph.alignment = align
    put_run(paragraph, text, font, size)
    return paragraph


def _chart(document: Any, chart: Chart) -> None:
    caption = _small(document, chart.title, Pt(12), HEI, WD_ALIGN_PARAGRAPH.CENTER, keep=True)
    caption.paragraph_format.space_before = Pt(6)
    paragraph = _small(document, "", align=WD_ALIGN_PARAGRAPH.CENTER)
    picture = paragraph.add_run().add_picture(io.BytesIO(draw(chart, "png")), width=Mm(TEXT_WIDTH - 1))
    properties = picture._inline.docPr
    properties.set("descr", clean(chart.description or chart.title))
    properties.set("title", clean(chart.title))
    paragraph.paragraph_format.space_after = Pt(6)


def put_table(document: Any, table: Table) -> None:
    """A table with its caption and note."""
    caption = _small(document, table.title, Pt(12), HEI, WD_ALIGN_PARAGRAPH.CENTER, keep=True)
    caption.paragraph_format.space_before, caption.paragraph_format.space_after = Pt(8), Pt(3)
    grid = document.add_table(rows=1 + len(table.rows), cols=len(table.columns))
    grid.style = "Table Grid"
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    grid.autofit = False
    _table_properties(grid)
    widths = _widths(table.columns)
    size = Pt(9) if len(table.columns) >= 7 else SIZE_TABLE
    lines = grid._tbl.tr_lst
    for n, line in enumerate(lines):
        cells = [Cell(c.title) for c in table.columns] if n == 0 else table.rows[n - 1]
        _row_properties(line, header=n == 0)
        for column, cell, width, box in zip(table.columns, cells, widths, line.tc_lst, strict=True):
            _cell(box, cell.text, column, width, size, n == 0, n - 1 in table.strong)
    for column, width in zip(grid._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.w = Emu(width)
    note = _small(document, table.note, Pt(9))
    note.paragraph_format.space_before, note.paragraph_format.space_after = Pt(2), Pt(8)


def _widths(columns: tuple[Column, ...]) -> list[int]:
    whole = sum(c.width for c in columns)
    return [int(Mm(TEXT_WIDTH) * c.width / whole) for c in columns]


def _table_properties(grid: Any) -> None:
    properties = grid._tbl.tblPr
    for old in properties.findall(qn("w:tblCellMar")):
        properties.remove(old)
    properties.append(
        parse_xml(
            f'<w:tblCellMar {nsdecls("w")}><w:top w:w="28" w:type="dxa"/><w:left w:w="57" w:type="dxa"/>'
            '<w:bottom w:w="28" w:type="dxa"/><w:right w:w="57" w:type="dxa"/></w:tblCellMar>'
        )
    )


def _row_properties(line: Any, header: bool) -> None:
    properties = line.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if header:
        properties.append(OxmlElement("w:tblHeader"))


def _cell(box: Any, text: str, column: Column, width: int, size: Any, head: bool, strong: bool) -> None:
    """Written as XML at once: python-docx's own way takes ten times as long over a thousand cells."""
    align = "center" if head or column.kind == "date" else "right" if column.kind == "number" else "left"
    font = HEI if head or strong else SONG
    half_points = int(size.pt * 2)
    shade = f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="EEF2F7"/>' if head else ""
    properties = parse_xml(
        f'<w:tcPr {nsdecls("w")}><w:tcW w:w="{round(width / 635)}" w:type="dxa"/>{shade}<w:vAlign w:val="center"/></w:tcPr>'
    )
    paragraph = parse_xml(
        f'<w:p {nsdecls("w")}><w:pPr><w:snapToGrid w:val="0"/><w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/>'
        f'<w:jc w:val="{align}"/></w:pPr><w:r><w:rPr>'
        f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:eastAsia="{font}" w:cs="{font}"/>'
        f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/></w:rPr><w:t xml:space="preserve"></w:t></w:r></w:p>'
    )
    paragraph.find(".//" + qn("w:t")).text = clean(text)
    for old in list(box):
        box.remove(old)
    box.append(properties)
    box.append(paragraph)


def _ending(document: Any, report: Report, issue: Issue) -> None:
    document.add_paragraph()
    for text in filter(None, (issue.bureau, fmt_date(issue.at))):
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.right_indent = SIZE_3 * 2
        paragraph.paragraph_format.keep_with_next = text == issue.bureau
        put_run(paragraph, text, FANG)
    if report.annex is None:
        return
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.page_break_before = True
    put_run(paragraph, "附件", HEI)
    put_table(document, report.annex)
