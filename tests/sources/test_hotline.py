"""A real extract of a city's message board, read through the workbook connector and the second contract of ``complaint``."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from etl import clean, load
from etl.connectors.workbook import WorkbookReader
from etl.sources.complaint.hotline import contract

FILE = Path(__file__).resolve().parents[3] / "shared" / "real" / "hotline" / "replied_messages.xlsx"
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="the real extract replied_messages.xlsx is not beside this checkout")


@pytest.fixture(scope="module")
def loaded():
    con = duckdb.connect(":memory:")
    clean.prepare(con, [])
    load.prepare(con, [contract])
    (table,) = load.load_module(con, contract, WorkbookReader(contract, str(FILE)))
    return con, table.counts


def test_every_message_is_accounted_for(loaded):
    _, counts = loaded
    assert counts.read == 2816
    assert counts.read == counts.loaded + counts.quarantined + counts.superseded
    assert counts.loaded > 2700


def test_a_reply_time_that_is_no_time_is_set_aside_with_its_row(loaded):
    con, counts = loaded
    found = con.execute(
        "select column_name, value_masked, sentence, position from state.quarantine where column_name = 'answered_at'"
    ).fetchall()
    assert len(found) == 2, found
    assert counts.quarantined == con.execute("select count(distinct position) from state.quarantine").fetchone()[0]
    for column, _, sentence, position in found:
        assert column == "answered_at" and "答复时间" in sentence and 2 <= position <= 2817


def test_long_waits_are_kept_and_listed(loaded):
    con, _ = loaded
    longest = con.execute("select max(date_diff('day', received_at, answered_at)) from checked.hotline_message").fetchone()[0]
    assert longest == 1160
    assert con.execute("select count(*) from state.warning where sentence like '%180%'").fetchone()[0] > 0


def test_numbers_of_messages_are_text_without_decimals(loaded):
    con, _ = loaded
    assert not con.execute("select message_id from checked.hotline_message where message_id like '%.%'").fetchall()
    assert con.execute("select count(distinct message_id) from checked.hotline_message").fetchone()[0] > 2700


def test_authors_are_masked_wherever_rows_are_set_aside(loaded):
    con, _ = loaded
    authors = {r[0] for r in con.execute('select "留言用户" from raw.hotline_message').fetchall()}
    shown = " ".join(str(r) for r in con.execute("select value_masked from state.quarantine").fetchall())
    assert not any(a and a in shown for a in authors)
