"""Withstand 13 (and 12): the audit trail shows every change, cut and rewriting; the database refuses most of them; nobody but the auditor reads it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dash
import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from dashboard import ledger
from dashboard.ledger import AuditLine, Ledger, anchors
from dashboard.ledger.archive import ArchiveError, archive, verify_all
from dashboard.ledger.audit import ZONE, append, line_hash, record
from dashboard.ledger.models.privacy import AuditArchive
from dashboard.seals import Seals
from tests.access.conftest import OWN
from tests.support.tamper import unlock

KEY = Seals(b"k" * 40)
As = Callable[[str], FlaskClient]


@pytest.fixture
def held(tmp_path: Path) -> Ledger:
    made = ledger.open(f"sqlite:///{tmp_path / 'l.sqlite'}", KEY)
    for n in range(6):
        record(made, "wang", "导出", f"表 {n}", "12 行；用途：例会", "10.0.0.1")
    return made


def told(held: Ledger, tmp_path: Path) -> list[str]:
    return verify_all(held, tmp_path / "archive", tmp_path / "anchors.jsonl").problems


@pytest.mark.parametrize("sql", ["update audit set detail = 'x' where id = 2", "delete from audit where id = 2", "delete from audit", "delete from audit where id = 6"])
def test_the_database_refuses_to_change_or_delete_a_line(held: Ledger, tmp_path: Path, sql: str) -> None:
    with pytest.raises(sqlite3.DatabaseError, match="cannot be"), sqlite3.connect(tmp_path / "l.sqlite") as con:
        con.execute(sql)
    assert told(held, tmp_path) == []


def rewrite(held: Ledger, seals: Seals | None) -> None:
    """What somebody does who has the database: change a line and make all hashes after it fit, as well as he can."""
    unlock(held)
    with held.write() as session:
        previous = "0" * 64
        for line in session.scalars(select(AuditLine).order_by(AuditLine.id)):
            line.detail = "2 行" if line.id == 3 else line.detail
            line.form, line.prev_hash = (seals.name if seals else ""), previous
            line.hash = previous = line_hash(line, seals) or ""


def test_a_chain_rewritten_by_somebody_without_the_key_is_found(held: Ledger, tmp_path: Path) -> None:
    rewrite(held, None)
    assert any("密钥" in p for p in told(held, tmp_path))


def test_a_chain_rewritten_with_another_key_is_found(held: Ledger, tmp_path: Path) -> None:
    rewrite(held, Seals(b"another key that is long enough to be one"))
    assert any("密钥不在手边" in p for p in told(held, tmp_path))


def test_a_chain_rewritten_with_the_very_key_does_not_fit_the_anchors(held: Ledger, tmp_path: Path) -> None:
    anchors.write(held, tmp_path / "anchors.jsonl")
    rewrite(held, KEY)
    assert told(held, tmp_path) == [f"第 6 条日志与 {datetime.now(ZONE):%Y-%m-%d} 锚定的不同：自此或更早的日志被改写"]


def test_lines_cut_off_at_the_end_are_found_by_the_anchor(held: Ledger, tmp_path: Path) -> None:
    anchors.write(held, tmp_path / "anchors.jsonl")
    unlock(held)
    held.execute("delete from audit where id > 4", ())
    assert any("现在只到第 4 条" in p for p in told(held, tmp_path))


def test_an_anchor_that_was_changed_is_found_and_a_day_has_one(held: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    assert anchors.write(held, path, daily=True) is not None
    record(held, "wang", "导出")
    assert anchors.write(held, path, daily=True) is None
    assert anchors.write(held, path, datetime.now(ZONE) + timedelta(days=1), daily=True) is not None
    assert len(anchors.read(path)) == 2 and told(held, tmp_path) == []
    first, second = path.read_text().splitlines()
    path.write_text(json.dumps(json.loads(first) | {"at": "2026-01-01T00:00:00"}) + "\n" + second + "\n")
    assert any("封印不符" in p for p in told(held, tmp_path))


def test_a_former_key_still_proves_its_lines(held: Ledger, tmp_path: Path) -> None:
    url = str(held.engine.url)
    held.close()
    newer = ledger.open(url, Seals(b"n" * 40, [b"k" * 40]))
    record(newer, "wang", "导出")
    assert told(newer, tmp_path) == []
    assert any("YIGUAN_FORMER_SECRET_KEYS" in p for p in told(ledger.open(url, Seals(b"n" * 40)), tmp_path))


def test_old_lines_leave_for_an_archive_that_still_proves_itself_and_young_ones_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, folder = ledger.open(f"sqlite:///{tmp_path / 'old.sqlite'}", KEY), tmp_path / "archive"
    now = datetime.now(ZONE)

    class Then(datetime):
        back = 400

        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return now - timedelta(days=cls.back)

    monkeypatch.setattr("dashboard.ledger.audit.datetime", Then)
    for back in (400, 390, 300, 250, 100, 20):
        Then.back = back
        record(held, "wang", "登录", f"{back}")
    Then.back = 0
    anchors.write(held, tmp_path / "anchors.jsonl", now)
    made = archive(held, folder, 6, now)
    assert isinstance(made, AuditArchive) and (made.first_line, made.last_line) == (1, 4)
    assert archive(held, folder, 1, now) is None, "six months are the least, whatever is asked"
    assert held.fetch("select min(id), count(*) from audit where ? = 1", (1,)) == (5, 3)
    assert told(held, tmp_path) == []
    with held.write() as session:
        append(session, "wang", "退出登录")
    assert told(held, tmp_path) == []
    path = folder / made.file
    path.chmod(0o640)
    path.write_text(path.read_text().replace("390", "391"))
    assert any("归档" in p for p in told(held, tmp_path))
    path.unlink()
    assert any("不在" in p for p in told(held, tmp_path))
    with pytest.raises(sqlite3.DatabaseError, match="cannot be deleted"), sqlite3.connect(tmp_path / "old.sqlite") as con:
        con.execute("insert into audit_archive values (9, 5, 7, '', '', '', '[]', 0, '')")
        con.execute("delete from audit where id = 6")
    unlock(held)
    held.execute("update audit set detail = 'x' where id = 6", ())
    with pytest.raises(ArchiveError, match="不完整"):
        archive(held, folder, 6, now)


def test_only_the_auditor_reads_the_trail_and_he_changes_nothing(app: dash.Dash, as_role: As) -> None:
    for role in ("leader", "staff", "street", "steward", "finance", "admin"):
        client = as_role(role)
        assert {client.get("/audit").status_code, client.post("/audit/verify", headers=OWN).status_code} == {404}
        assert client.post("/audit/export", data={"purpose": "测评", "form": "jsonl"}, headers=OWN).status_code == 404
    auditor = as_role("auditor")
    page = auditor.get("/audit?account=leader&action=登录")
    assert page.status_code == 200 and "leader" in page.text and "steward" not in page.text.partition("审计日志</h1>")[2].partition("tbody")[2]
    for path in ("/accounts", "/", "/caregivers"):
        assert auditor.get(path).status_code in (303, 404)
    assert auditor.post("/unmask", headers=OWN).status_code == 404


def test_the_page_verifies_and_exports_for_the_assessor(app: dash.Dash, as_role: As, tmp_path: Path) -> None:
    auditor = as_role("auditor")
    assert "日志链完整" in auditor.post("/audit/verify", headers=OWN).text
    assert auditor.post("/audit/export", data={"form": "xlsx"}, headers=OWN).status_code == 400
    rows = auditor.post("/audit/export", data={"purpose": "等级保护测评", "form": "jsonl"}, headers=OWN).text.splitlines()
    assert json.loads(rows[0])["problems"] == [] and json.loads(rows[-1])["last"] == json.loads(rows[-2])["id"]
    assert json.loads(rows[-2])["action"] == "导出日志" and "等级保护测评" in json.loads(rows[-2])["detail"]
    answer = auditor.post("/audit/export", data={"purpose": "等级保护测评", "form": "xlsx", "kind": "校验日志"}, headers=OWN)
    (tmp_path / "a.xlsx").write_bytes(answer.data)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert {sheet.cell(n, 4).value for n in range(4, sheet.max_row + 1)} == {"校验日志"} and "等级保护测评" in str(sheet.cell(2, 1).value)
    assert app.server.extensions["yiguan"].settings.anchor_file.is_file(), "the first answer of the day has anchored the chain"
