"""Withstand 5 and 13: nobody sees a person's numbers without leave; leave needs a purpose, is written down first, and ends."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import dash
import pytest
from flask.testing import FlaskClient

from dashboard import ledger
from dashboard.access.scope import ROLES
from dashboard.ledger import AuditLine
from dashboard.warehouse import Snapshot
from tests.access.conftest import OWN, log_in

View = Callable[..., Any]
MONTH = "2026-10"
NUMBERS = re.compile(r"33010519\d{2}0501\d{4}|139\d{8}|6214\d{12}")


@pytest.fixture(scope="module")
def elder(settings: Any) -> dict[str, Any]:
    """An elder of the community whose steward has a demo account."""
    snapshot = Snapshot.current(settings.layout)
    return snapshot.dicts("select * from elder_contact order by community_code limit 1")[0]


def lines(app: dash.Dash) -> list[tuple[str, str, str, str]]:
    services = app.server.extensions["yiguan"]
    with services.ledger.read() as session:
        return [(a.account, a.action, a.object, a.detail) for a in session.query(AuditLine).order_by(AuditLine.id)]


def place(elder: dict[str, Any]) -> str:
    return f"?area={elder['community_code']}&month={MONTH}&rows=elders_60&one={elder['elder_id']}"


def form(elder: dict[str, Any], **more: str) -> dict[str, str]:
    return {"rows": "elders_60", "which": "part", "one": elder["elder_id"], "area": elder["community_code"], "month": MONTH, "next": "/" + place(elder)} | more


def test_no_role_unmasks_numbers_by_itself() -> None:
    for role in ROLES.values():
        assert role.unmask <= {"name"}, role.code


@pytest.mark.parametrize("role", ["leader", "staff"])
def test_a_record_is_masked_written_down_and_not_kept(app: dash.Dash, view: View, elder: dict[str, Any], role: str) -> None:
    client = log_in(app, role)
    answer = view(client, "/", place(elder))
    assert answer.status_code == 200 and elder["elder_id"] in answer.text and "****" in answer.text
    assert not NUMBERS.search(answer.text)
    account, action, obj, detail = lines(app)[-1]
    assert (account, action, obj) == (role, "查看个人记录", f"elder:{elder['elder_id']}") and "脱敏" in detail
    assert "X-Answer" not in view(client, "/", place(elder)).headers
    listed = view(client, "/", place(elder).rpartition("&")[0])
    assert lines(app)[-1][1] == "查看个人记录" and not NUMBERS.search(listed.text)


def test_the_purpose_is_written_down_before_anything_is_shown(app: dash.Dash, view: View, elder: dict[str, Any]) -> None:
    client, other = log_in(app, "staff"), log_in(app, "staff")
    before = len(lines(app))
    answer = client.post("/unmask", data=form(elder, purpose="verify", reason="核实十月高龄津贴"), headers=OWN)
    assert answer.status_code == 303 and answer.headers["Location"].endswith(place(elder)) and not NUMBERS.search(answer.text)
    account, action, obj, detail = lines(app)[before]
    assert (account, action, obj) == ("staff", "查看完整信息", f"elder:{elder['elder_id']}")
    assert "核实补贴发放" in detail and "核实十月高龄津贴" in detail and "身份证号" in detail and "联系电话" in detail
    shown = view(client, "/", place(elder))
    assert elder["id_number"] in shown.text and elder["phone"] in shown.text and "核实补贴发放" in shown.text
    assert shown.headers["Cache-Control"] == "no-store" and "X-Answer" not in view(client, "/", place(elder)).headers
    assert "完整信息" in lines(app)[-1][3]
    page = client.get("/" + place(elder), headers={"Accept": "text/html", "Sec-Fetch-Dest": "document"})
    assert page.headers["Cache-Control"] == "no-store"
    assert not NUMBERS.search(view(other, "/", place(elder)).text), "leave belongs to one session"
    assert not NUMBERS.search(view(client, "/", place(elder).rpartition("&")[0]).text), "leave is for one record, not for the list"
    assert not NUMBERS.search(view(log_in(app, "leader"), "/", place(elder)).text)


def test_leave_ends_by_itself(app: dash.Dash, view: View, elder: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    client = log_in(app, "staff")
    client.post("/unmask", data=form(elder, purpose="emergency"), headers=OWN)
    assert NUMBERS.search(view(client, "/", place(elder)).text)
    now = time.time
    monkeypatch.setattr("dashboard.access.witness.time.time", lambda: now() + 601)
    assert not NUMBERS.search(view(client, "/", place(elder)).text)


def test_without_a_purpose_a_reason_or_the_right_there_is_no_leave(app: dash.Dash, elder: dict[str, Any]) -> None:
    staff = log_in(app, "staff")
    for wrong in ({}, {"purpose": "curiosity"}, {"purpose": "visit"}, {"purpose": "verify", "reason": "  查 "}):
        assert staff.post("/unmask", data=form(elder, **wrong), headers=OWN).status_code == 400
    assert staff.post("/unmask", data=form(elder, purpose="emergency"), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert staff.post("/unmask", data=form({**elder, "elder_id": "E-none"}, purpose="emergency"), headers=OWN).status_code == 404
    for role in ("finance", "auditor", "admin"):
        assert log_in(app, role).post("/unmask", data=form(elder, purpose="emergency"), headers=OWN).status_code == 404
    assert not [line for line in lines(app) if line[1] == "查看完整信息" and "E-none" in line[2]]


def test_a_steward_visits_in_one_step_and_nowhere_else(app: dash.Dash, view: View, settings: Any) -> None:
    steward = log_in(app, "steward")
    snapshot = Snapshot.current(settings.layout)
    with app.server.extensions["yiguan"].ledger.read() as session:
        area = session.query(ledger.Account).filter_by(username="steward").one().area_code
    own = snapshot.dicts("select * from elder_contact where community_code = ? limit 1", [area])[0]
    theirs = snapshot.dicts("select * from elder_contact where community_code <> ? limit 1", [area])[0]
    assert "因上门走访查看" in view(steward, "/", place(own)).text
    assert steward.post("/unmask", data=form(own, purpose="visit"), headers=OWN).status_code == 303
    assert own["phone"] in view(steward, "/", place(own)).text
    assert steward.post("/unmask", data=form(theirs, purpose="visit"), headers=OWN).status_code == 404
    assert steward.post("/unmask", data=form({**theirs, "community_code": area}, purpose="visit"), headers=OWN).status_code == 404


def test_what_cannot_be_written_down_is_not_shown(app: dash.Dash, view: View, elder: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    client: FlaskClient = log_in(app, "leader")

    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("dashboard.access.witness.record", full)
    answer = view(client, "/", place(elder))
    assert elder["elder_id"] not in answer.text.replace(f"one={elder['elder_id']}", "") and "暂时无法显示" in answer.text
