"""Whoever may release account changes is told that some wait: at the entry of the navigation, and in one line of the overview."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import dash
import pytest
from flask.testing import FlaskClient

from dashboard import ledger
from dashboard.access import accounts
from etl.region import Region
from tests.access.conftest import OWN, log_in
from tests.access.test_account_pages import NEW, release
from tests.access.test_item_12_second_person import SECOND

HTML = {"Accept": "text/html"}


def told(text: str) -> tuple[int, bool]:
    """The number at the navigation's entry (0 for none), and whether the overview says that accounts wait."""
    text = text.replace("\\", "")
    entry = re.search(r"账号复核.{0,40}?count[^0-9]{1,20}(\d+)", text)
    return int(entry[1]) if entry else 0, "个账号变更待复核" in text


@pytest.mark.parametrize("role", ["staff", "street", "finance", "auditor"])
def test_who_may_not_release_is_told_nothing(own_app: dash.Dash, view: Any, role: str) -> None:
    log_in(own_app, "admin").post("/accounts", data=NEW, headers=OWN)
    client = log_in(own_app, role)
    assert told(view(client, "/").text) == told(client.get("/", headers=HTML).text) == told(client.get("/account").text) == (0, False)


def test_the_leader_is_told_at_once_and_no_longer_than_it_is_true(own_app: dash.Dash, view: Any) -> None:
    admin, leader = log_in(own_app, "admin"), log_in(own_app, "leader")
    kept = [told(view(leader, "/").text) for _ in (1, 2)]
    assert kept == [(0, False)] * 2, "the answer is kept from now on"
    admin.post("/accounts", data=NEW, headers=OWN)
    assert told(view(leader, "/").text) == (1, True) and told(view(leader, "/providers").text) == (1, False)
    assert told(leader.get("/", headers=HTML).text) == (1, True) and told(leader.get("/reports").text)[0] == 1
    admin.post("/accounts", data=NEW | {"username": "wang.wu"}, headers=OWN)
    assert told(view(leader, "/").text) == (2, True)
    release(leader, "li.na")
    assert told(view(leader, "/").text) == (1, True)
    release(leader, "wang.wu")
    assert told(view(leader, "/").text) == (0, False)


def test_an_administrator_is_told_of_what_others_did_and_not_of_his_own_work(own_app: dash.Dash, settings: Any, tmp_path: Path) -> None:
    book, region = ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", settings.seals()), Region.load(settings.region)
    accounts.create(book, region, username="admin.b", password=SECOND, role="admin", area_code=region.code, must_change=False)
    admin: FlaskClient = log_in(own_app, "admin")
    admin.post("/accounts", data=NEW, headers=OWN)
    assert told(admin.get("/accounts").text)[0] == 0
    assert told(log_in(own_app, "admin.b", SECOND).get("/accounts").text)[0] == 1
