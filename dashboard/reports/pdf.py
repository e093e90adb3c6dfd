"""A report as PDF, typeset by typst from ``report.typ`` with the shipped fonts; charts go in as vectors."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typst

from dashboard.format import fmt_date
from dashboard.reports import fonts
from dashboard.reports.charts import draw
from dashboard.reports.model import (
    SYNTHETIC,
    SYNTHETIC_NOTE,
    Block,
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

TEMPLATE = Path(__file__).with_name("report.typ")


def render(report: Report, issue: Issue) -> bytes:
    """The bytes of a .pdf."""
    lost = fonts.missing(clean(text) for text in (*report.texts(), issue.by, issue.bureau))
    data = _printable(_data(report, issue), lost)
    if lost:
        codes = "、".join(f"U+{ord(c):04X}" for c in lost)
        data["lost"] = f"注：{fonts.MISSING_MARK} 处为本机字体缺少的字，其编码依次为 {codes}。"
    content = typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        font_paths=[str(fonts.FONTS)],
        format="pdf",
        sys_inputs={"report": json.dumps(data, ensure_ascii=False)},
        timestamp=int(issue.at.timestamp()),
    )
    assert isinstance(content, bytes)  # noqa: S101 - typst answers with a list only for several pictures
    return content


def _data(report: Report, issue: Issue) -> dict[str, Any]:
    header = f"{report.title} {report.month_text} {report.number}"
    mark = f"　【{SYNTHETIC}】" if report.synthetic else ""
    sections = []
    for place, section in enumerate(report.sections, start=1):
        title, blocks = numbered(section, place)
        sections.append({"title": title, "blocks": [_block(block, number) for block, number in blocks]})
    annex = _block(report.annex, "") if report.annex else None
    return {
        "title": report.title,
        "month": report.month_text,
        "by": issue.by,
        "bureau": issue.bureau,
        "day": fmt_date(issue.at),
        "header": header + mark,
        "stamp": issue.text + (f"　{SYNTHETIC}" if report.synthetic else ""),
        "keywords": [report.number, report.digest, *([SYNTHETIC] if report.synthetic else [])],
        "synthetic-note": f"【{SYNTHETIC}】{SYNTHETIC_NOTE}" if report.synthetic else "",
        "facts": f"编号：{report.number}　数据时点：{fmt_date(report.data_date)}　校验码：{report.digest[:16]}",
        "fonts": _fonts(),
        "sections": sections,
        "annex": annex,
        "lost": "",
    }


def _fonts() -> dict[str, Any]:
    """Families in order of preference, only those that exist: typst warns about every other."""
    known = fonts.known_families()
    chains = {"body": fonts.BODY, "title": fonts.TITLE, "song": fonts.SONG, "hei": fonts.HEI, "kai": fonts.KAI}
    found: dict[str, Any] = {
        name: [f for f in (*chain, *fonts.SYSTEM) if f in known] or ["Yiguan Song"] for name, chain in chains.items()
    }
    # 小标宋 is bold by nature; the substitute needs its bold face.
    found["title-weight"] = "bold" if found["title"][0] == "Yiguan Song" else "regular"
    return found


def _columns(columns: Iterable[Column]) -> list[dict[str, Any]]:
    return [{"title": c.title, "width": c.width, "kind": c.kind} for c in columns]


def _block(block: Block, number: str) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "text": block.text}
    if isinstance(block, Heading):
        return {"kind": "heading", "text": number + block.text}
    if isinstance(block, Table):
        rows = [[cell.text for cell in row] for row in block.rows]
        table = {"title": block.title, "columns": _columns(block.columns), "rows": rows, "note": block.note}
        return {"kind": "table", "strong": sorted(block.strong), **table}
    return _picture(block)


def _picture(chart: Chart) -> dict[str, Any]:
    return {"kind": "chart", "title": chart.title, "alt": chart.description or chart.title, "svg": draw(chart, "svg").decode()}


def _printable(value: Any, lost: list[str]) -> Any:
    """The same data with 〓 for every character that no font has, and without what is no text at all."""
    if isinstance(value, str):
        return clean(value).translate({ord(c): fonts.MISSING_MARK for c in lost})
    if isinstance(value, dict):
        return {k: v if k in ("svg", "fonts") else _printable(v, lost) for k, v in value.items()}
    return [_printable(v, lost) for v in value] if isinstance(value, list) else value
