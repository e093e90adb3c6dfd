"""People and their own account: passwords by the rules, first passwords changed before anything else, sessions that can be seen and ended."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import dash
import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from dashboard import ledger
from dashboard.access import accounts
from dashboard.access.demo import DEMO_PASSWORDS
from dashboard.app import create_app
from dashboard.ledger import Account, Ledger
from etl.region import Region
from tests.access.conftest import OWN, log_in
from tests.access.test_login import PROBE, replay, token

FIRST, SECOND = "Linden-Bridge-26", "Quiet-River-42"
PAGE = {"Accept": "text/html"}


@pytest.fixture
def held(own_app: dash.Dash, settings: Any, tmp_path: Path) -> Ledger:
    """The ledger of ``own_app`` with an account ``wang.min`` that has just been given a password."""
    book = ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", settings.seals())
    accounts.create(book, Region.load(settings.region), username="wang.min", password=FIRST, role="street", area_code="330105001000", display_name="王敏")
    return book


def change(client: FlaskClient, old: str, new: str, again: str | None = None) -> Any:
    return client.post("/account/password", data={"old": old, "new": new, "again": again or new}, headers=OWN)


def test_a_first_password_is_changed_before_anything_else_is_answered(own_app: dash.Dash, held: Ledger, view: Any) -> None:
    client = log_in(own_app, "wang.min", FIRST)
    for path in ("/", "/caregivers", "/account", "/accounts", "/data"):
        answer = client.get(path, headers=PAGE)
        assert (answer.status_code, answer.location) == (303, "/account/password"), path
    for path in (PROBE, "/_dash-layout", "/geo/2.json", "/export/caregivers.xlsx", "/report.docx"):
        assert client.get(path).status_code == 403, path
    assert view(client, "/caregivers").status_code == 403
    for path in ("/account/sessions", "/account/totp", "/held/order"):
        assert client.post(path, data={}, headers=OWN).status_code == 403, path
    page = client.get("/account/password").text
    assert "须先修改密码" in page and "/caregivers" not in page
    sheets = re.findall(r'href="(/assets/[^"]+\.css[^"]*)"', page)
    assert sheets and all(client.get(sheet).status_code == 200 for sheet in sheets)
    done = change(client, FIRST, SECOND)
    assert (done.status_code, done.location) == (303, "/")
    assert view(client, "/caregivers").status_code == 200 and client.get(PROBE).status_code == 200
    assert log_in(own_app, "wang.min", SECOND).get(PROBE).status_code == 200


def test_a_password_given_by_the_administrator_is_a_first_password_again(own_app: dash.Dash, held: Ledger) -> None:
    accounts.set_password(held, "leader", FIRST)
    assert log_in(own_app, "leader", FIRST).get("/", headers=PAGE).location == "/account/password"


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [
        (SECOND, "Quiet-River-43", "不一致"), ("Short-1", None, "至少 8 位"), ("quietriverfish", None, "三种"), ("Xihu#wang.MIN9", None, "用户名"),
        ("王敏-Xihu#7lake", None, "姓名"), ("Admin@123", None, "容易猜到"), (FIRST, None, "最近 5 次"),
    ],
)  # fmt: skip
def test_a_new_password_follows_the_rules(own_app: dash.Dash, held: Ledger, new: str, again: str | None, said: str) -> None:
    client = log_in(own_app, "wang.min", FIRST)
    answer = change(client, FIRST, new, again)
    assert answer.status_code == 400 and said in answer.text
    assert client.get(PROBE).status_code == 403  # still to be changed


def test_the_last_five_passwords_are_not_used_again(own_app: dash.Dash, held: Ledger) -> None:
    client, used = log_in(own_app, "wang.min", FIRST), [FIRST]
    for number in range(5):
        new = f"Heron-{number}-Lantern-9"
        assert "最近 5 次" in change(client, used[-1], used[-2 if len(used) > 1 else -1]).text
        assert change(client, used[-1], new).status_code == 303
        used.append(new)
    assert change(client, used[-1], FIRST).status_code == 303  # five others lie in between
    assert held.fetch("select count(*) from password_history h join account a on a.id = h.account_id where a.username = ?", ("wang.min",)) == (5,)


def test_changing_the_password_ends_every_other_session_and_the_old_cookie(own_app: dash.Dash, held: Ledger) -> None:
    here, elsewhere = log_in(own_app, "staff"), log_in(own_app, "staff")
    copied = token(here)
    assert change(here, DEMO_PASSWORDS["staff"], SECOND).location == "/account?done=password"
    assert here.get(PROBE).status_code == 200 and elsewhere.get(PROBE).status_code == 401 and replay(own_app, copied) == 401


def test_guessing_the_password_at_an_open_session_ends_it(own_app: dash.Dash, held: Ledger) -> None:
    client = log_in(own_app, "staff")
    answers = [change(client, f"wrong-{n}", SECOND) for n in range(5)]
    assert [a.status_code for a in answers] == [400] * 5 and "本次登录已结束" in answers[-1].text
    assert client.get(PROBE).status_code == 401
    assert log_in(own_app, "staff").get(PROBE).status_code == 200  # the owner is not shut out


def test_an_old_password_has_to_be_changed_where_the_setting_says_so(settings: Any, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'aged.sqlite'}"
    aged = create_app(settings.model_copy(update={"ledger_url": url, "password_days": 90}))
    book, past = ledger.open(url), int(time.time()) - 91 * 86400
    assert log_in(aged, "leader").get(PROBE).status_code == 200
    with book.write() as session:
        session.execute(update(Account).values(password_changed_at=past))
    assert log_in(aged, "leader").get("/", headers=PAGE).location == "/account/password"
    lasting = create_app(settings.model_copy(update={"ledger_url": url, "password_days": 0}))
    assert log_in(lasting, "leader").get(PROBE).status_code == 200


def test_sessions_are_listed_and_can_be_ended_one_by_one(own_app: dash.Dash, held: Ledger) -> None:
    client, second, third = (log_in(own_app, "staff") for _ in range(3))
    foreign = log_in(own_app, "leader")
    page = client.get("/account").text
    handles = re.findall(r'name="handle" value="(\w{16})"', page)
    assert len(handles) == 2 and "3 个有效" in page and "本次登录" in page
    assert foreign.post("/account/sessions", data={"handle": handles[0]}, headers=OWN).status_code == 404  # not his
    assert client.post("/account/sessions", data={"handle": "%" * 16}, headers=OWN).status_code == 404
    assert client.post("/account/sessions", data={"handle": handles[0]}, headers=OWN).status_code == 303
    assert sorted([second.get(PROBE).status_code, third.get(PROBE).status_code]) == [200, 401]
    assert client.post("/account/sessions", data={"handle": "others"}, headers=OWN).status_code == 303
    assert second.get(PROBE).status_code == third.get(PROBE).status_code == 401
    assert client.get(PROBE).status_code == foreign.get(PROBE).status_code == 200


def test_nobody_is_left_without_a_page_of_his_own(own_app: dash.Dash) -> None:
    for name in DEMO_PASSWORDS:
        page = log_in(own_app, name).get("/account", headers=PAGE)
        assert page.status_code == 200 and name in page.text and "<script" not in page.text
    assert "/caregivers" not in log_in(own_app, "auditor").get("/account").text
    assert "/accounts" not in re.sub(r"/accounts?\?", "", log_in(own_app, "auditor").get("/account").text)
