"""Item 12: what an administrator does to somebody's way in is worth nothing until a second person has released it.

The attack: whoever manages accounts makes himself one that sees elders, or takes one over by its password, second factor or outside identity.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dash
import pytest
from flask.testing import FlaskClient

from dashboard import ledger
from dashboard.access import accounts, reviews
from dashboard.access.accounts import AccountError
from dashboard.access.demo import DEMO_PASSWORDS
from dashboard.access.sessions import Refused, Sessions
from dashboard.ledger import Ledger
from etl.region import Region
from tests.access.conftest import OWN, log_in
from tests.access.test_account_pages import NEW, release, shown
from tests.access.test_login import PROBE, attempt

SECOND = "Second-Admin-26"


@pytest.fixture
def held(own_app: dash.Dash, settings: Any, tmp_path: Path) -> Ledger:
    return ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", settings.seals())


@pytest.fixture
def admin(own_app: dash.Dash) -> FlaskClient:
    return log_in(own_app, "admin")


@pytest.fixture
def second(own_app: dash.Dash, held: Ledger, settings: Any) -> FlaskClient:
    """Another administrator, made at the command line."""
    region = Region.load(settings.region)
    accounts.create(held, region, username="admin.b", password=SECOND, role="admin", area_code=region.code, must_change=False)
    return log_in(own_app, "admin.b", SECOND)


def last(book: Ledger) -> Any:
    return book.fetch("select account, action, object from audit order by id desc limit 1", ())


def test_item_12_an_account_that_an_administrator_made_opens_to_nobody_until_released(
    own_app: dash.Dash, admin: FlaskClient, held: Ledger
) -> None:
    first = shown(admin.post("/accounts", data=NEW, headers=OWN).text)
    assert "待复核" in admin.get("/accounts").text and "待复核" in admin.get("/accounts/li.na").text
    leader = log_in(own_app, "leader")
    assert "建立账号：街道 米市巷街道" in leader.get("/account-review").text
    assert attempt(own_app, "li.na", first).status_code == 401  # the administrator knows half of it
    answer = release(leader, "li.na")
    rest = shown(answer.text)
    assert answer.headers["Cache-Control"] == "no-store" and rest not in leader.get("/account-review").text
    assert last(held) == ("leader", "复核通过账号变更", "li.na")
    assert attempt(own_app, "li.na", rest).status_code == 401  # the releasing person knows the other half
    assert log_in(own_app, "li.na", first + rest).get("/account/password").status_code == 200
    assert held.fetch("select count(*) from account_review where half <> ''", ()) == (0,)


ACTS = {"password": {}, "totp": {}, "bind": {"subject": "s-of-the-administrator"}, "place": {"role": "finance", "area": "330105000000"}}


@pytest.mark.parametrize("act", ACTS)
def test_item_12_a_way_in_that_an_administrator_changes_is_shut_until_released(
    own_app: dash.Dash, admin: FlaskClient, held: Ledger, settings: Any, act: str
) -> None:
    staff = log_in(own_app, "staff")
    if act == "bind":
        accounts.bind(held, "staff", "https://id.example", "s-of-the-administrator", by="admin")
    else:
        assert admin.post(f"/accounts/staff/{act}", data=ACTS[act], headers=OWN).status_code in (200, 303)
    assert staff.get(PROBE).status_code == 401  # the sessions die with it
    right = DEMO_PASSWORDS["staff"]
    if act != "password":
        refused = attempt(own_app, "staff", right)
        assert refused.status_code == 403 and "待复核" in refused.text
    assert release(admin, "staff").status_code == 400  # his own work
    half = release(log_in(own_app, "leader"), "staff")
    assert half.status_code == (200 if act == "password" else 303)
    if act != "password":
        assert attempt(own_app, "staff", right).status_code == 303


def test_item_12_nobody_releases_his_own_work_nor_what_others_did_besides(
    own_app: dash.Dash, admin: FlaskClient, second: FlaskClient, held: Ledger
) -> None:
    admin.post("/accounts", data=NEW, headers=OWN)
    second.post("/accounts/li.na/place", data={"role": "leader", "area": "330105000000"}, headers=OWN)
    for client in (admin, second):
        assert "须由另一人复核" in client.get("/account-review").text
        seen = reviews.waiting(held)[0].seen
        refused = client.post("/account-review/li.na/release", data={"seen": str(seen)}, headers=OWN)
        assert refused.status_code == 400 and "由另一人复核" in refused.text
    assert release(log_in(own_app, "leader"), "li.na").status_code == 200


def test_item_12_an_administrator_whom_an_administrator_made_is_no_second_person(own_app: dash.Dash, admin: FlaskClient, held: Ledger) -> None:
    puppet = {**NEW, "username": "puppet", "role": "admin", "area": "330105000000"}
    first = shown(admin.post("/accounts", data=puppet, headers=OWN).text)
    assert attempt(own_app, "puppet", first).status_code == 401
    with pytest.raises(AccountError, match="本人"):
        reviews.release(held, None, "puppet", None, by="puppet")
    with pytest.raises(AccountError, match="最后一个"):  # one who cannot log in is nobody to leave the door to
        accounts.set_active(held, "admin", active=False)


def test_item_12_a_second_administrator_may_release_and_a_release_stands_for_what_was_seen(
    own_app: dash.Dash, admin: FlaskClient, second: FlaskClient, held: Ledger
) -> None:
    admin.post("/accounts/street/totp", headers=OWN)
    seen = reviews.waiting(held)[0].seen
    admin.post("/accounts/street/place", data={"role": "leader", "area": "330105000000"}, headers=OWN)
    late = second.post("/account-review/street/release", data={"seen": str(seen)}, headers=OWN)
    assert late.status_code == 400 and "刚有新的变更" in late.text and attempt(own_app, "street", DEMO_PASSWORDS["street"]).status_code == 403
    assert release(second, "street").status_code == 303 and attempt(own_app, "street", DEMO_PASSWORDS["street"]).status_code == 303


def test_item_12_what_is_turned_down_stays_shut_even_when_enabled_again(own_app: dash.Dash, admin: FlaskClient, held: Ledger) -> None:
    admin.post("/accounts/staff/place", data={"role": "leader", "area": "330105000000"}, headers=OWN)
    assert release(log_in(own_app, "leader"), "staff", "refuse").status_code == 303
    assert last(held) == ("leader", "驳回账号变更", "staff") and attempt(own_app, "staff", DEMO_PASSWORDS["staff"]).status_code == 401
    admin.post("/accounts/staff/enable", headers=OWN)
    assert attempt(own_app, "staff", DEMO_PASSWORDS["staff"]).status_code == 403


def test_item_12_the_own_account_is_not_changed_on_the_administrators_page(own_app: dash.Dash, admin: FlaskClient) -> None:
    for act in ("password", "totp", "bind", "place"):
        refused = admin.post(f"/accounts/admin/{act}", data={**NEW, "role": "leader", "subject": "s-1"}, headers=OWN)
        assert refused.status_code == 400 and "本人" in refused.text, act
    assert admin.get("/accounts").status_code == 200


@pytest.mark.parametrize("role", sorted({d.rstrip("2") for d in DEMO_PASSWORDS} - {"admin", "leader"}))
def test_item_12_nobody_else_releases(as_role: Any, role: str) -> None:
    client = as_role(role)
    assert client.get("/account-review").status_code == 404
    assert client.post("/account-review/staff/release", data={"seen": "1"}, headers=OWN).status_code == 404


def test_item_12_an_outside_identity_bound_by_an_administrator_waits_too(own_app: dash.Dash, held: Ledger) -> None:
    from dashboard.access.oidc import Proven
    from dashboard.people import sso

    accounts.bind(held, "staff", "https://id.example", "s-1", by="admin")
    sessions = Sessions(held, b"k" * 32, 30, 10)
    services = type("S", (), {"ledger": held})
    assert sso.log_in(services, sessions, Proven("https://id.example", "s-1", "/", ""), "10.0.0.9", "") == Refused("held")
    reviews.release(held, None, "staff", None, by="leader")
    assert isinstance(sso.log_in(services, sessions, Proven("https://id.example", "s-1", "/", ""), "10.0.0.9", ""), str)


def test_item_12_the_command_line_needs_no_second_person_but_is_listed(own_app: dash.Dash, held: Ledger, settings: Any) -> None:
    accounts.create(
        held, Region.load(settings.region), username="zhao", password=SECOND, role="street", area_code="330105001000", by="root（命令行）",
        must_change=False,
    )  # fmt: skip
    assert attempt(own_app, "zhao", SECOND).status_code == 303
    page = log_in(own_app, "leader").get("/account-review").text
    assert "zhao" in page and "root（命令行） 建立账号" in page and "未经第二人复核" in page
