"""Withstand 17: numbers of persons that were planted reach no log, cache, temporary file, address or list of rejected rows."""

from __future__ import annotations

import logging
import re
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboard.app import create_app
from dashboard.settings import Settings
from dashboard.warehouse import Snapshot
from etl.clean import masked
from tests.access.conftest import OWN, log_in
from tests.conftest import Demo
from tests.support.published import reader

ID = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d{2}(?:0\d|1[0-2])(?:[0-2]\d|3[01])\d{3}[0-9Xx](?![0-9A-Za-z])")
PHONE = re.compile(r"(?<![0-9A-Za-z])1[3-9]\d{9}(?![0-9A-Za-z])")
PUBLIC = ("work.duckdb", "snapshots", "sources", "truth")
"""Where personal data belongs: the line's own files, and the played outside systems."""


@pytest.fixture(scope="module")
def persons(small_demo: Demo) -> set[str]:
    """Every ID number, telephone number and card that stands in the checked tables."""
    with duckdb.connect(str(small_demo.layout.work), read_only=True) as con:
        rows = con.execute(
            "select id_number from checked.registry_elder union all select phone from checked.registry_elder"
            " union all select card_no from checked.registry_elder union all select id_number from checked.caregiver_employment"
        ).fetchall()
    return {r[0] for r in rows if r[0]}


def found(text: str, persons: set[str]) -> list[str]:
    return [n for n in re.findall(r"[0-9]{11,18}[Xx]?", text) if n in persons]


def test_values_that_slip_into_another_column_are_masked_there() -> None:
    con = duckdb.connect()
    for value, kept in (
        ("330105193801011234", False), ("电话13812345678转", False), ("330105380101123", False), ("2023-02-30", True), ("20230503101112", True), ("4.5分", True),
    ):  # fmt: skip
        (shown,) = con.execute(f"select {masked('x', '')} from (select ? as x)", [value]).fetchone() or ("",)
        assert (shown == value) is kept, (value, shown)
    (shown,) = con.execute(f"select {masked('x', 'text')} from (select '王某 0571-88001234 投诉' as x)").fetchone() or ("",)
    assert "88001234" not in shown and "投诉" in shown


def test_no_rejected_or_doubtful_row_shows_a_persons_number(small_demo: Demo, persons: set[str]) -> None:
    assert len(persons) > 500
    with duckdb.connect(str(small_demo.layout.work), read_only=True) as con:
        shown = con.execute("select value_masked, sentence from state.quarantine union all select value_masked, sentence from state.warning").fetchall()
    text = "\n".join(str(part) for row in shown for part in row)
    assert len(shown) > 10
    assert found(text, persons) == [] and not ID.search(text) and not PHONE.search(text)


def test_fields_that_hold_persons_numbers_are_classed(small_demo: Demo, persons: set[str]) -> None:
    """Every text column of every mart of the snapshot: where a person's number stands, the header says so."""
    snapshot = next(small_demo.layout.snapshots.glob("*.duckdb"))
    with reader(snapshot) as con:
        classed = {(m, c) for m, c in con.execute("select mart, column_name from meta_column where privacy <> ''").fetchall()}
        con.execute("create temp table person (v varchar)")
        con.executemany("insert into person values (?)", [[p] for p in sorted(persons)])
        marts = {m for (m,) in con.execute("select distinct mart from meta_column").fetchall()}
        texts = con.execute("select table_name, column_name from duckdb_columns() where data_type = 'VARCHAR' and database_name <> 'temp'").fetchall()
        open_columns = [(m, c) for m, c in texts if m in marts and (m, c) not in classed]
        bare = [f"{m}.{c}" for m, c in open_columns if con.execute(f'select 1 from {m} where "{c}" in (select v from person) limit 1').fetchone()]
        assert ("elder_contact", "phone") in classed and ("caregiver_month", "id_number") in classed
    assert len(open_columns) > 200 and bare == []


def test_use_leaves_no_number_in_logs_caches_temporary_files_or_addresses(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any, caplog: pytest.LogCaptureFixture
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    caplog.set_level(logging.INFO)
    own = settings.model_copy(update={"ledger_url": f"sqlite:///{tmp_path / 'ledger.sqlite'}", "audit_anchor": tmp_path / "anchors"})
    app = create_app(own)
    client = log_in(app, "staff")
    services: Any = app.server.extensions["yiguan"]
    snapshot = Snapshot.current(own.layout)
    persons = {n for row in snapshot.query("select id_number, phone, card_no from elder_contact") for n in row if n}
    area, elder, phone = snapshot.query("select community_code, elder_id, phone from elder_contact order by elder_id limit 1")[0]
    place = f"/?area={area}&rows=elders_60&one={elder}"
    month = "2026-10"
    sent = {"rows": "elders_60", "which": "part", "one": elder, "area": area, "month": month, "next": place, "purpose": "emergency"}
    answers = [client.post("/unmask", data=sent, headers=OWN)]
    page = {"Accept": "text/html", "Sec-Fetch-Dest": "document"}
    answers.append(client.get(place, headers=page))
    assert phone in answers[-1].text, "the number is seen in full by him who asked"
    for url in (f"/?q={phone}", f"/providers?q={phone}", f"/providers/{phone}", f"/?area={phone}"):
        answers.append(client.get(url, headers=page))  # somebody types a number into an address
    monkeypatch.setattr("dashboard.views.render._render", lambda *_: (_ for _ in ()).throw(ValueError(phone)))
    answers.append(client.get(place, headers=page))
    for answer in answers:
        assert found(answer.headers.get("Location", ""), persons) == []
        assert all(n == phone for n in found(" ".join(re.findall(r'(?:href|action)="([^"]*)"', answer.text)), persons)), "only what was typed"
    assert found(" ".join(re.findall(r'(?:href|action)="([^"]*)"', answers[1].text)), persons) == []
    out, err = capfd.readouterr()
    logged = out + err + caplog.text + "".join(str(r.args) + r.getMessage() for r in caplog.records)
    assert found(logged, persons) == []
    beside = [p for p in own.layout.base.iterdir() if p.name not in PUBLIC]
    files = [p for top in (*beside, temporary, tmp_path / "anchors") for p in ([top] if top.is_file() else top.rglob("*")) if p.is_file()]
    for path in files:
        assert found(path.read_bytes().decode("latin-1"), persons) == [], path
    with services.ledger.read() as session:
        lines = session.connection().exec_driver_sql("select object || ' ' || detail from audit").scalars().all()
    assert found(" ".join(lines), persons) == [], "the audit trail names the file, not the number"
