"""A signed report stays as it was signed; what the data say later becomes a revision that lists every change."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard import ledger
from dashboard.reports import build, frozen
from dashboard.reports.content import compose
from dashboard.reports.issued import IssueError, Monthly, can_issue, changes, current, lasting, substance
from dashboard.reports.model import Cell, Column, Paragraph, Report, Section, Table
from tests.reports.conftest import DISTRICT, MONTH, NOW, STREET

cells = st.one_of(
    st.builds(Cell, st.text(max_size=8), st.none(), st.just("")),
    st.builds(Cell, st.text(max_size=8), st.floats(allow_nan=False), st.sampled_from(["", "0.0"])),
    st.builds(Cell, st.text(max_size=8), st.decimals(allow_nan=False, allow_infinity=False), st.just("#,##0.00")),
    st.builds(Cell, st.text(max_size=8), st.dates(), st.just("yyyy-mm-dd")),
    st.builds(Cell, st.text(max_size=8), st.integers()),
)


@pytest.fixture
def held(tmp_path: Path) -> Monthly:
    return Monthly(ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}"))


def corrected(report: Report) -> Report:
    """The report after a late correction: another amount in one cell and another sentence."""

    def table(block: Table) -> Table:
        row = (*block.rows[0][:-1], Cell("999.99", Decimal("999.99"), "0.00"))
        return replace(block, rows=(row, *block.rows[1:]))

    sections = []
    for section in report.sections:
        blocks = [table(b) if isinstance(b, Table) and b.key == "subsidies" else b for b in section.blocks]
        if section.key == "subsidies":
            blocks[0] = Paragraph("本月拨付有更正。")
        sections.append(replace(section, blocks=tuple(blocks)))
    return replace(report, sections=tuple(sections))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(cells, min_size=2, max_size=2), max_size=4))
def test_what_is_frozen_thaws_exactly(rows) -> None:
    block = Table("k", "表", (Column("甲"), Column("乙", 2.0, "number")), tuple(map(tuple, rows)), "注", frozenset({0}))
    report = Report("330105000000", "拱墅区", "拱墅区", 1, MONTH, "n", "拱墅区", date(2026, 10, 31), "r", True, (Section("s", "章", (block,)),))
    back = frozen.load(frozen.dump(report))
    assert back == report and back.digest == report.digest
    assert [[type(c.value) for c in row] for row in next(back.tables()).rows] == [[type(c.value) for c in row] for row in block.rows]


def test_a_real_report_thaws_to_the_same_files(reader) -> None:
    report = compose(reader(), DISTRICT, MONTH)
    assert frozen.load(frozen.dump(report)) == report


def test_the_report_of_a_street_is_one_whoever_looks(reader) -> None:
    bureau, street = current(reader(), STREET, MONTH), current(reader(STREET, "street"), STREET, MONTH)
    assert bureau.digest == street.digest and bureau.area_path == street.area_path == "拱墅区小河街道"


def test_a_signed_report_is_handed_out_as_signed_though_the_data_have_changed(held, reader) -> None:
    report = current(reader(), DISTRICT, MONTH)
    signed = held.issue(replace(corrected(report)), "chen", "陈某")  # what the data said when it was signed
    book = openpyxl.load_workbook(io.BytesIO(build(reader(), DISTRICT, MONTH, "xlsx", "李某", NOW, signed=signed)))
    text = {str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None}
    assert "本月拨付有更正。" in text and "999.99" in text
    assert "护理员持证明细" not in book.sheetnames, "rows of today would not add up to the figures of then"
    assert any("签发（陈某）" in t for t in text)
    draft = openpyxl.load_workbook(io.BytesIO(build(reader(), DISTRICT, MONTH, "xlsx", "李某", NOW)))
    assert "护理员持证明细" in draft.sheetnames and any("未签发稿" in str(c.value) for row in draft["说明"].iter_rows() for c in row)


def test_a_revision_lists_what_changed_and_replaces_nothing(held, reader) -> None:
    report = current(reader(), DISTRICT, MONTH)
    first = held.issue(report, "chen", "陈某")
    with pytest.raises(IssueError, match="不需要修订"):
        held.issue(report, "chen", "陈某", "再签一次")
    with pytest.raises(IssueError, match="写明原因"):
        held.issue(corrected(report), "chen", "陈某")
    second = held.issue(corrected(report), "lin", "林某", "补报退回记录")
    assert (first.row.number, second.row.number, second.row.revision) == ("330105-202610", "330105-202610-修1", 1)
    cell = next(c for c in second.changes if "·" in c.place)
    row = next(t for t in report.tables() if t.key == "subsidies").rows[0]
    assert cell.before == row[-1].text and cell.after == "999.99" and row[0].text in cell.place
    assert [c.after for c in second.changes if "·" not in c.place] == ["本月拨付有更正。"]
    last = second.report.sections[-1]
    assert last.title == "修订说明" and "补报退回记录" in last.blocks[0].text and first.row.digest[:16] in last.blocks[0].text
    assert held.latest(DISTRICT, MONTH).row.number == second.row.number
    assert lasting(second.report) == replace(lasting(corrected(report)), number=second.row.number)
    third = held.issue(report, "chen", "陈某", "更正有误")
    assert {(c.place, c.before, c.after) for c in third.changes} == {(c.place, c.after, c.before) for c in second.changes}
    assert [i.row.revision for i in held.listed([DISTRICT])] == [2, 1, 0] and held.listed([STREET]) == []


def test_each_issue_is_on_record_and_a_tampered_one_is_not_used(held, reader) -> None:
    held.issue(current(reader(), STREET, MONTH), "street", "街道")
    with held.ledger.read() as session:
        lines = [(line.action, line.object) for line in session.query(ledger.AuditLine)]
    assert ("签发月报", "月报 330105003-202610") in lines
    kept = held.latest(STREET, MONTH)
    body = json.loads(kept.row.content)
    body["sections"][0][2][0][1] = "没有这回事。"
    kept.row.content = json.dumps(body)
    with pytest.raises(IssueError, match="校验码不符"):
        _ = kept.report


def test_rows_that_come_and_go_are_told() -> None:
    def of(*rows: tuple[str, str]) -> Report:
        table = Table("t", "各街道", (Column("街道"), Column("数", 1, "number")), tuple((Cell(a), Cell(b, float(b))) for a, b in rows))
        return Report("a", "区", "区", 1, MONTH, "n", "区", date(2026, 10, 31), "r", True, (Section("s", "章", (table,)),))

    found = frozen.changes(of(("甲", "1"), ("乙", "2"), ("乙", "3")), of(("乙", "2"), ("乙", "4"), ("丙", "5")))
    assert found == [("各街道·乙（2）·数", "3", "4"), ("各街道·丙", "", "丙，5"), ("各街道·甲", "甲，1", "")]
    assert frozen.changes(of(("甲", "1")), of(("甲", "1"))) == []


def test_a_month_under_way_is_not_signed(monkeypatch) -> None:
    monkeypatch.setattr("dashboard.reports.issued.clock.today", lambda: date(2026, 11, 3))
    assert can_issue("2026-10") and not can_issue("2026-11")


def test_a_night_that_corrects_nothing_asks_for_no_revision(held, reader) -> None:
    """What was delivered by then and what is to be done next are of the moment; they change without the month having been corrected."""
    report = current(reader(), DISTRICT, MONTH)
    signed = held.issue(report, "chen", "陈某")
    later = replace(
        report, data_date=date(2026, 11, 30), run_id="later",
        sections=tuple(replace(s, blocks=(Paragraph("另一天的说法。"),)) if s.key in ("quality", "hints") else s for s in report.sections),
    )  # fmt: skip
    assert later.digest != report.digest and substance(later) == signed.row.found and changes(signed, later) == []
    with pytest.raises(IssueError, match="不需要修订"):
        held.issue(later, "chen", "陈某", "又一夜")
    assert {s.key for s in report.sections} - {s.key for s in lasting(report).sections} == {"quality", "hints"}
    assert changes(signed, corrected(later))
