"""A real extract of a city's message board, read through the workbook connector and the second contract of ``complaint``."""

from __future__ import annotations

from pathlib import Path

import duckdb
import openpyxl
import pytest

from etl import clean, load
from etl.checks import Counts
from etl.connectors.workbook import WorkbookReader
from etl.sources.complaint.hotline import contract

FILE = Path(__file__).resolve().parents[3] / "shared" / "real" / "hotline" / "replied_messages.xlsx"
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="the real extract replied_messages.xlsx is not beside this checkout")


def load_file(path: Path) -> tuple[duckdb.DuckDBPyConnection, Counts]:
    """The file read by the line's own connector and checks, in memory."""
    con = duckdb.connect(":memory:")
    clean.prepare(con, [])
    load.prepare(con, [contract])
    (table,) = load.load_module(con, contract, WorkbookReader(contract, str(path)))
    return con, table.counts


@pytest.fixture(scope="module")
def loaded() -> tuple[duckdb.DuckDBPyConnection, Counts]:
    return load_file(FILE)


def test_every_message_is_accounted_for(loaded):
    _, counts = loaded
    assert counts.read == 2816
    assert counts.read == counts.loaded + counts.quarantined + counts.superseded
    assert counts.loaded > 2700


def test_a_reply_time_without_a_clock_is_read_as_that_day(loaded):
    con, _ = loaded
    found = con.execute(
        "select m.answered_at from raw.hotline_message r join checked.hotline_message m on m.message_id = r.\"留言编号\""
        " where length(r.\"答复时间\") < 11"
    ).fetchall()
    assert [str(t) for (t,) in found] == ["2018-04-24 00:00:00"]


def test_long_waits_are_kept_and_listed(loaded):
    con, _ = loaded
    longest = con.execute("select max(date_sub('day', received_at, answered_at)) from checked.hotline_message").fetchone()[0]
    assert longest == 1160
    assert con.execute("select count(*) from state.warning where sentence like '%180%'").fetchone()[0] > 0


def test_a_reply_time_that_is_no_time_is_set_aside_with_its_row(tmp_path):
    book = openpyxl.load_workbook(FILE)
    cells = book.active
    column = next(c.column for c in cells[1] if c.value == "答复时间")
    for row, text in ((5, "已电话答复"), (9, "2019/13/45 10:00:00"), (12, None)):
        cells.cell(row, column).value = text
    book.save(tmp_path / "damaged.xlsx")
    con, counts = load_file(tmp_path / "damaged.xlsx")
    found = con.execute("select position, column_title, rule from state.quarantine order by position").fetchall()
    assert found == [(5, "答复时间", "invalid"), (9, "答复时间", "invalid"), (12, "答复时间", "missing")]
    assert (counts.read, counts.loaded, counts.quarantined) == (2816, 2813, 3)


def test_numbers_of_messages_are_text_without_decimals(loaded):
    con, _ = loaded
    assert not con.execute("select message_id from checked.hotline_message where message_id like '%.%'").fetchall()
    assert con.execute("select count(distinct message_id) from checked.hotline_message").fetchone()[0] > 2700
