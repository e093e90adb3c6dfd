"""A report as Excel: the sentences, a sheet for each table, native charts, definitions, and the rows behind where the reader may."""

from __future__ import annotations

from typing import Any

from dashboard.format import fmt_date
from dashboard.reports.model import (
    SYNTHETIC,
    SYNTHETIC_NOTE,
    Chart,
    Heading,
    Issue,
    Paragraph,
    Report,
    RowSheet,
    Table,
    numbered,
)
from dashboard.reports.sheets import Book

BLUE, LIGHT, GREY, RED = "#1F5FBF", "#9DBDE8", "#C9CED6", "#B3261E"


def render(report: Report, issue: Issue) -> bytes:
    """The bytes of an .xlsx."""
    stamp = issue.text + (f" {SYNTHETIC}" if report.synthetic else "")
    properties = {
        "title": f"{report.title}（{report.month_text}）",
        "author": issue.by,
        "subject": f"{report.number} {report.digest}",
        "keywords": SYNTHETIC if report.synthetic else "",
        "created": issue.at.replace(tzinfo=None),
    }
    book = Book(stamp, properties)
    _cover(book, report, issue)
    _sentences(book, report)
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                _table(book, report, block)
            elif isinstance(block, Chart):
                _chart(book, report, block)
    _definitions(book, report)
    for rows in report.row_sheets:
        _rows(book, report, rows)
    return book.bytes()


def _cover(book: Book, report: Report, issue: Issue) -> None:
    sheet = book.sheet("说明")
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 90)
    sheet.set_row(0, 34)
    book.text(sheet, 0, 0, f"{report.title}（{report.month_text}）", bold=True, font_size=18)
    facts = [
        ("报告编号", report.number),
        ("区划", f"{report.area_path}（{report.area_code}）"),
        ("报告月份", report.month_text),
        ("数据时点", fmt_date(report.data_date)),
        ("数据快照", report.run_id),
        ("校验码", report.digest),
        ("生成", issue.text),
        (
            "数字口径",
            "与系统页面、Word 版、PDF 版同源；指标口径与数据来源见“指标口径”表。单元格保留未舍入的数值，按显示位数四舍五入。",
        ),
        ("脱敏", "明细表中的个人信息已按本人权限脱敏。请按保密规定使用，不得外传。"),
    ]
    if report.synthetic:
        facts.insert(0, (SYNTHETIC, SYNTHETIC_NOTE))
    for n, (name, value) in enumerate(facts, start=2):
        colour = {"font_color": RED} if name == SYNTHETIC else {}
        book.text(sheet, n, 0, name, bold=True, **colour)
        book.text(sheet, n, 1, value, text_wrap=True, **colour)


def _sentences(book: Book, report: Report) -> None:
    sheet = book.sheet("文字摘要")
    sheet.set_column(0, 0, 120)
    line = 0
    for place, section in enumerate(report.sections, start=1):
        title, blocks = numbered(section, place)
        book.text(sheet, line, 0, title, bold=True, font_size=12)
        line += 1
        for block, mark in blocks:
            if isinstance(block, Heading):
                book.text(sheet, line, 0, mark + block.text, bold=True)
                line += 1
            elif isinstance(block, Paragraph):
                book.text(sheet, line, 0, block.text, text_wrap=True, indent=1)
                sheet.set_row(line, 15 * (1 + len(block.text) // 58))
                line += 1


def _top(book: Book, report: Report, sheet: Any, title: str) -> int:
    """The sheet's own title lines, so that a printed or copied sheet still says what it is; the line where the table begins."""
    sheet.set_row(0, 24)
    book.text(sheet, 0, 0, title, bold=True, font_size=14)
    mark = f"　【{SYNTHETIC}】" if report.synthetic else ""
    book.text(
        sheet, 1, 0, f"{report.area_name} {report.month_text}　数据时点 {fmt_date(report.data_date)}{mark}", font_color="#5A6573"
    )
    return 2


def _table(book: Book, report: Report, table: Table) -> None:
    sheet = book.sheet(table.title)
    top = _top(book, report, sheet, table.title)
    right = frozenset(n for n, c in enumerate(table.columns) if c.kind == "number")
    last = book.table(sheet, top, [c.title for c in table.columns], table.rows, table.strong, right)
    if table.note:
        book.text(sheet, last + 1, 0, table.note, font_color="#5A6573")


def _chart(book: Book, report: Report, chart: Chart) -> None:
    """The chart's numbers in cells and a native chart on them, so that an office can restyle it."""
    sheet = book.sheet("图 " + chart.title)
    top = _top(book, report, sheet, chart.title)
    titles = ["", *(f"{s.name}（{chart.unit}）" for s in chart.series)]
    picture_format = "#,##0" + ("." + "0" * chart.decimals if chart.decimals else "")
    for column, title in enumerate(titles):
        book.text(sheet, top, column, title, bold=True, bg_color="#E4ECF7", align="center")
    for n, category in enumerate(chart.categories):
        book.text(sheet, top + 1 + n, 0, category)
        for column, series in enumerate(chart.series, start=1):
            # A target of a ranking is one number; Excel draws it as a value for each bar.
            values = series.values if len(series.values) == len(chart.categories) else series.values * len(chart.categories)
            value = values[n]
            if value is not None:
                sheet.write_number(top + 1 + n, column, value, book.format(num_format=picture_format))
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, len(chart.series), 16)
    sheet.freeze_panes(top + 1, 1)
    native = _native(book, sheet, chart, top)
    sheet.insert_chart(top, len(chart.series) + 2, native, {"description": chart.description or chart.title})


def _native(book: Book, sheet: Any, chart: Chart, top: int) -> Any:
    kind = {"bar": "bar", "column": "column", "line": "line"}[chart.kind]
    native = book.book.add_chart({"type": kind})
    first, last = top + 1, top + len(chart.categories)
    number_format = "#,##0" + ("." + "0" * chart.decimals if chart.decimals else "")
    colours = iter((BLUE, LIGHT, GREY))
    for column, series in enumerate(chart.series, start=1):
        data: dict[str, Any] = {
            "name": [sheet.name, top, column],
            "categories": [sheet.name, first, 0, last, 0],
            "values": [sheet.name, first, column, last, column],
        }
        if series.style == "target" and chart.kind == "bar":
            continue  # a lying bar chart cannot carry a line; the target stands in the title and in the cells
        if series.style == "target":
            data["line"] = {"color": RED, "width": 1.25, "dash_type": "dash"}
        elif series.style == "dashed":
            data["line"] = {"color": BLUE, "width": 1.5, "dash_type": "round_dot"}
        elif chart.kind == "line":
            data |= {"line": {"color": BLUE, "width": 2}, "marker": {"type": "circle", "size": 4, "fill": {"color": BLUE}}}
        else:
            data |= {"fill": {"color": next(colours, BLUE)}, "gap": 60}
            if len(chart.series) <= 2:
                data["data_labels"] = {"value": True, "num_format": number_format}
        native.add_series(data)
    target = next((s.values[0] for s in chart.series if s.style == "target" and s.values), None)
    title = chart.title + (f"（目标{target:g}{chart.unit}）" if target is not None else "")
    native.set_title({"name": title, "name_font": {"size": 12}, "overlay": False})
    value_axis = {"name": chart.unit, "num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#E3E7EE"}}}
    known = [v for s in chart.series for v in s.values if v is not None]
    if chart.kind == "bar":
        native.set_x_axis({"min": 0, "visible": False, "major_gridlines": {"visible": False}})
        native.set_y_axis({"reverse": True, "interval_unit": 1, "major_gridlines": {"visible": False}})
        native.set_legend({"none": True})
    else:
        # A line shows a course, so its axis begins near the lowest value; columns must begin at zero.
        lowest = 10 * (min(known, default=0) // 10) if chart.kind == "line" and chart.unit == "%" else 0
        native.set_y_axis({**value_axis, "min": max(lowest, 0)})
        native.set_x_axis({"num_font": {"size": 9}, "interval_unit": max(1, len(chart.categories) // 8)})
        native.set_legend({"none": True} if len(chart.series) == 1 else {"position": "bottom"})
    native.show_blanks_as("gap")
    native.set_size({"width": 760, "height": max(320, 60 + 26 * len(chart.categories)) if chart.kind == "bar" else 380})
    return native


def _definitions(book: Book, report: Report) -> None:
    if report.definitions:
        sheet = book.sheet("指标口径")
        rows = [(d.name, d.unit, d.definition, d.sources, d.basis) for d in report.definitions]
        top = _top(book, report, sheet, "指标口径与数据来源")
        book.table(sheet, top, ["指标", "单位", "口径", "数据来源", "依据"], rows)


def _rows(book: Book, report: Report, rows: RowSheet) -> None:
    sheet = book.sheet(rows.title)
    top = _top(book, report, sheet, rows.title)
    last = book.table(sheet, top, rows.columns, rows.rows)
    if rows.total > len(rows.rows):
        note = f"共{rows.total:,}条，此处列前{len(rows.rows):,}条；其余请在系统中按街道或社区分别导出。"
        book.text(sheet, last + 1, 0, note, font_color=RED)
