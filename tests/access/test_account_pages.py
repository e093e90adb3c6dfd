"""The administrator's pages: accounts made, changed, disabled and unlocked by the administrator alone, every step in the audit trail."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dash
import pytest
from flask.testing import FlaskClient

from dashboard import ledger
from dashboard.access import accounts, reviews
from dashboard.access.accounts import AccountError
from dashboard.access.demo import DEMO_PASSWORDS
from dashboard.ledger import Ledger
from dashboard.ledger.audit import verify
from tests.access.conftest import OWN, log_in
from tests.access.test_login import PROBE, attempt

NEW = {"username": "li.na", "display_name": "李娜", "role": "street", "area": "330105001000", "providers": ""}
PAGE = {"Accept": "text/html"}


@pytest.fixture
def held(own_app: dash.Dash, settings: Any, tmp_path: Path) -> Ledger:
    return ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", settings.seals())


@pytest.fixture
def admin(own_app: dash.Dash) -> FlaskClient:
    return log_in(own_app, "admin")


def shown(page: str) -> str:
    """The half of a one-time password on a page."""
    return re.search(r'class="secret">([^<]+)<', page)[1]  # type: ignore[index]


def release(client: FlaskClient, username: str, act: str = "release") -> Any:
    """What a second person presses on the page 账号复核."""
    page = client.get("/account-review").text
    seen = re.search(r'name="seen" value="(\d+)"[^>]*>.{0,80}?</form>', page[page.find(f"/account-review/{username}/{act}") :])
    return client.post(f"/account-review/{username}/{act}", data={"seen": seen[1] if seen else "0"}, headers=OWN)


def made(own_app: dash.Dash, admin: FlaskClient, **what: str) -> str:
    """The password of a new account: half from the administrator, half from the leader who released it."""
    new = {**NEW, **what}
    return shown(admin.post("/accounts", data=new, headers=OWN).text) + shown(release(log_in(own_app, "leader"), new["username"]).text)


def test_an_account_is_made_with_a_password_that_is_good_for_the_first_login(own_app: dash.Dash, admin: FlaskClient, held: Ledger) -> None:
    password = made(own_app, admin)
    assert password[:10] not in admin.get("/accounts").text and "li.na" in admin.get("/accounts").text
    assert log_in(own_app, "li.na", password).get("/", headers=PAGE).location == "/account/password"
    assert held.fetch("select account, object, detail from audit where action = ? order by id desc limit 1", ("建立账号",)) == (
        "admin", "li.na", "街道 330105001000",
    )  # fmt: skip
    assert held.fetch("select count(*) from audit where instr(detail, ?) > 0", (password,)) == (0,)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"username": "admin"}, "已存在"), ({"role": "king"}, "没有角色"), ({"area": "330105000000"}, "街道"), ({"username": "<b>"}, "小写字母")],
)
def test_a_form_with_a_mistake_says_what_and_keeps_what_was_typed(admin: FlaskClient, wrong: dict[str, str], said: str) -> None:
    answer = admin.post("/accounts", data={**NEW, **wrong}, headers=OWN)
    assert answer.status_code == 400 and said in answer.text and 'value="李娜"' in answer.text and "<b>" not in answer.text


def test_item_10_every_change_of_an_account_kills_its_cookies(own_app: dash.Dash, admin: FlaskClient) -> None:
    changes = {
        "place": {"role": "street", "area": "330105002000"}, "password": {}, "sessions": {}, "disable": {},
    }  # fmt: skip
    for act, data in changes.items():
        password = made(own_app, admin, username=f"user.{act}")
        client, unconcerned = log_in(own_app, f"user.{act}", password), log_in(own_app, "staff")
        assert client.get("/account/password").status_code == 200
        answer = admin.post(f"/accounts/user.{act}/{act}", data=data, headers=OWN)
        assert answer.status_code in (200, 303), act
        assert client.get("/account/password").status_code == 401, act
        assert unconcerned.get(PROBE).status_code == 200


def test_item_10_a_provider_set_given_or_taken_kills_the_cookies_too(own_app: dash.Dash, held: Ledger, settings: Any) -> None:
    from etl.region import Region

    client = log_in(own_app, "street")
    accounts.set_place(held, Region.load(settings.region), "street", "street", "330105001000", providers=["P001"])
    assert client.get(PROBE).status_code == 401


def test_item_11_the_administrator_unlocks_and_a_stranger_cannot_lock_the_owner_out(own_app: dash.Dash, admin: FlaskClient) -> None:
    for n in range(5):
        attempt(own_app, "leader", f"wrong-{n}", ip="10.9.9.9")
    assert attempt(own_app, "leader", DEMO_PASSWORDS["leader"], ip="10.9.9.9").status_code == 429
    assert attempt(own_app, "leader", DEMO_PASSWORDS["leader"], ip="10.0.0.8").status_code == 303
    assert "锁定至" in admin.get("/accounts").text
    assert admin.post("/accounts/leader/unlock", headers=OWN).status_code == 303
    assert attempt(own_app, "leader", DEMO_PASSWORDS["leader"], ip="10.9.9.9").status_code == 303


@pytest.mark.parametrize("role", sorted(set(DEMO_PASSWORDS) - {"admin"}))
def test_item_12_nobody_but_the_administrator_manages_accounts(as_role: Callable[[str], FlaskClient], role: str) -> None:
    client = as_role(role)
    assert client.get("/accounts").status_code == client.get("/accounts/leader").status_code == 404
    for path in ("/accounts", "/accounts/leader/disable", "/accounts/leader/password", "/accounts/nobody/place"):
        assert client.post(path, data=NEW, headers=OWN).status_code == 404, path


def test_item_12_the_administrator_reads_no_log_and_changes_none(own_app: dash.Dash, admin: FlaskClient, held: Ledger) -> None:
    rules = [r for r in own_app.server.url_map.iter_rules() if "audit" in r.rule or "audit" in r.endpoint]
    for rule in rules:
        assert admin.get(re.sub(r"<[^>]+>", "1", rule.rule)).status_code == 404
    before = held.fetch("select count(*) from audit where ? = 1", (1,))
    admin.post("/accounts/street/unlock", headers=OWN)
    after = held.fetch("select count(*) from audit where ? = 1", (1,))
    assert before is not None and after is not None and after[0] == before[0] + 1 and verify(held) == []


def test_a_page_of_another_site_changes_no_account(admin: FlaskClient) -> None:
    assert admin.post("/accounts/leader/disable", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_what_is_not_there_is_not_found(admin: FlaskClient) -> None:
    assert admin.get("/accounts/nobody").status_code == 404
    assert admin.post("/accounts/leader/promote", headers=OWN).status_code == 404
    assert admin.post("/accounts/nobody/disable", headers=OWN).status_code == 404


def test_the_last_administrator_cannot_shut_the_door_behind_himself(admin: FlaskClient, held: Ledger) -> None:
    answer = admin.post("/accounts/admin/disable", headers=OWN)
    assert answer.status_code == 400 and "最后一个" in answer.text
    with pytest.raises(AccountError, match="最后一个"):
        accounts.set_active(held, "admin", active=False)


def test_one_time_passwords_follow_the_rules_and_differ() -> None:
    from dashboard.access.passwords import check_strength

    halves = [reviews.halves() for _ in range(200)]
    assert len({first for first, _ in halves} | {second for _, second in halves}) == 400
    for first, second in halves:
        check_strength(first + second, "somebody")
