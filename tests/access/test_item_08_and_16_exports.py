"""Withstand 8 and 16: a file leaves by its own right, for a purpose, capped, marked and on record; no cell of it can run."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import dash
import openpyxl
import pytest
from flask.testing import FlaskClient

from dashboard.ledger import AuditLine
from dashboard.reports.table_file import Meta, table_xlsx
from tests.access.conftest import OWN, log_in

As = Callable[[str], FlaskClient]
URL = "/export/caregivers.xlsx?table=rows&rows=elders_60"


def last(app: dash.Dash) -> AuditLine:
    with app.server.extensions["yiguan"].ledger.read() as session:
        found: AuditLine = session.query(AuditLine).order_by(AuditLine.id.desc()).first()
        return found


def test_item_08_a_file_leaves_for_a_purpose_marked_and_on_record(app: dash.Dash) -> None:
    client = log_in(app, "staff")
    page = client.get(URL)
    assert page.mimetype == "text/html" and 'name="purpose"' in page.text and "Content-Disposition" not in page.headers
    assert client.post(URL, data={"purpose": "meeting"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post(URL + "&purpose=meeting", data={}, headers=OWN).status_code == 400, "a link cannot state the purpose"
    answer = client.post(URL, data={"purpose": "inspect", "reason": "十一月专项检查"}, headers=OWN)
    line, mark = last(app), "检查与执法（十一月专项检查）"
    assert (line.account, line.action) == ("staff", "export") and mark in line.detail and hashlib.sha256(answer.data).hexdigest() in line.detail
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    for sheet in book:
        assert mark in str(sheet.oddFooter.left.text) + str(sheet.oddFooter.center.text) + str(sheet.oddFooter.right.text)
    assert mark in str(book.worksheets[0]["A2"].value) and "staff" in str(book.worksheets[0]["A2"].value)
    assert answer.headers["Cache-Control"] == "no-store"
    text = " ".join(str(c.value) for sheet in book for row in sheet.iter_rows() for c in row)
    assert "139" + "0" * 6 not in text, "what leaves is masked"


@pytest.mark.parametrize("role", ["steward", "auditor", "admin"])
def test_item_08_without_the_right_there_is_neither_form_nor_file(as_role: As, role: str) -> None:
    client = as_role(role)
    assert {client.get(URL).status_code, client.post(URL, data={"purpose": "meeting"}, headers=OWN).status_code} == {404}


RUNNABLE = [
    prefix + lead + "cmd|' /C calc'!A0"
    for prefix in ("", " ", "\u3000", "\u00a0", "\ufeff", "\u200b") for lead in ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "﹢", "﹣", "﹦", "﹫")
]  # fmt: skip


def test_item_16_no_cell_can_run_in_a_spreadsheet() -> None:
    meta = Meta("拱墅区", "2026-10", datetime(2026, 10, 31).date(), "run", True, "=李", datetime(2026, 11, 5), "＝用途")
    content = table_xlsx("=表", ["列", "=HYPERLINK(1)"], [[n, text] for n, text in enumerate(RUNNABLE)], meta)
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells: list[Any] = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert not [c.value for c in cells if c.data_type == "f"]
    sheet = book.worksheets[0]
    for n, text in enumerate(RUNNABLE):
        cell = sheet.cell(4 + n, 2)
        assert cell.data_type == "s" and cell.quotePrefix, repr(text)
    assert sheet["A1"].quotePrefix and sheet.cell(3, 2).quotePrefix
