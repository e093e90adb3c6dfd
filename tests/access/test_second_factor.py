"""The second factor: codes of RFC 6238, each good once, the secret unreadable in the ledger, recovery codes, and roles that must have it."""

from __future__ import annotations

import html
import re
import time
from pathlib import Path
from typing import Any

import dash
import pyotp
import pytest
from flask.testing import FlaskClient

from dashboard import ledger
from dashboard.access import totp
from dashboard.access.demo import DEMO_PASSWORDS
from dashboard.access.totp import Sealer
from dashboard.app import create_app
from tests.access.conftest import OWN, log_in
from tests.access.test_login import PROBE, replay, token

PAGE = {"Accept": "text/html"}


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_the_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890", RFC 6238 appendix B
    assert totp.accepted(secret, code, 0, seconds) == seconds // 30
    assert totp.accepted(secret, f" {code[:3]} {code[3:]}", 0, seconds + 30) == seconds // 30
    assert totp.accepted(secret, code, 0, seconds + 90) is None
    assert totp.accepted(secret, code, seconds // 30, seconds) is None  # not twice


@pytest.mark.parametrize("odd", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "\x00" * 6, "9" * 5000])
def test_what_is_no_code_is_wrong(odd: str) -> None:
    assert totp.accepted(pyotp.random_base32(), odd, 0) is None


def test_what_is_sealed_opens_only_here_for_its_purpose_and_in_time() -> None:
    sealed = Sealer(b"k" * 32).seal("account 7", "SECRET")
    assert Sealer(b"k" * 32).open("account 7", sealed) == "SECRET" and "SECRET" not in sealed
    assert Sealer(b"other" * 8).open("account 7", sealed) is None
    assert Sealer(b"k" * 32).open("account 8", sealed) is None and Sealer(b"k" * 32).open("account 7", "x" + sealed) is None


def set_up(client: FlaskClient, at: str = "/account/totp/start", who: str = "leader") -> tuple[str, list[str]]:
    """The secret and the recovery codes."""
    page = client.post(at, data={"password": DEMO_PASSWORDS[who]}, headers=OWN).text if at.endswith("start") else client.get(at, headers=PAGE).text
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")  # type: ignore[index]
    offered = html.unescape(re.search(r'name="offered" value="([^"]+)"', page)[1])  # type: ignore[index]
    assert 'src="data:image/svg+xml;base64,' in page
    wrong = client.post("/account/totp", data={"offered": offered, "code": "000000"}, headers=OWN)
    assert wrong.status_code == 400 and "验证码不正确" in wrong.text
    done = client.post("/account/totp", data={"offered": offered, "code": pyotp.TOTP(secret).now()}, headers=OWN)
    codes = re.findall(r"<li>([0-9a-f]{6}-[0-9a-f]{6})</li>", done.text)
    assert done.status_code == 200 and len(codes) == totp.CODES
    return secret, codes


def show(client: FlaskClient, code: str) -> Any:
    return client.post("/login/code", data={"code": code}, headers=OWN)


def later(secret: str) -> str:
    """A code of the next step: the present one has been used for the set-up."""
    return pyotp.TOTP(secret).at(int(time.time()) + 30)


def test_a_login_with_a_second_factor_is_nothing_until_the_code_is_shown(own_app: dash.Dash, tmp_path: Path, view: Any) -> None:
    secret, _ = set_up(log_in(own_app, "leader"))
    held = b"".join(p.read_bytes() for p in tmp_path.glob("ledger.sqlite*"))
    assert secret.encode() not in held
    client = log_in(own_app, "leader")
    half = token(client)
    assert client.get("/caregivers", headers=PAGE).location == "/login/code"
    assert client.get(PROBE).status_code == 403 and view(client, "/").status_code == 403
    for path in ("/account/password", "/account/totp", "/account/sessions", "/account/totp/off"):
        assert client.post(path, data={"old": DEMO_PASSWORDS["leader"]}, headers=OWN).status_code == 403, path
    assert show(client, "000000").status_code == 401
    code = later(secret)
    assert show(client, code).status_code == 303
    assert client.get(PROBE).status_code == 200
    assert token(client) != half and replay(own_app, half) == 401
    again = log_in(own_app, "leader")  # the code was seen by somebody who knows the password: of no use to him
    assert show(again, code).status_code == 401 and again.get(PROBE).status_code == 403


def test_a_recovery_code_is_good_once(own_app: dash.Dash, tmp_path: Path) -> None:
    _, codes = set_up(log_in(own_app, "leader"))
    assert all(c.replace("-", "").encode() not in b"".join(p.read_bytes() for p in tmp_path.glob("ledger.sqlite*")) for c in codes)
    first, second = log_in(own_app, "leader"), log_in(own_app, "leader")
    assert show(first, codes[0].upper()).status_code == 303 and first.get(PROBE).status_code == 200
    assert show(second, codes[0]).status_code == 401 and show(second, codes[1]).status_code == 303
    assert "备用验证码还剩 8 个" in first.get("/account").text


def test_guessing_codes_locks_the_second_step_for_whoever_knows_the_password(own_app: dash.Dash) -> None:
    secret, _ = set_up(log_in(own_app, "leader"))
    client = log_in(own_app, "leader")
    assert [show(client, f"{n:06}").status_code for n in range(6)] == [401] * 4 + [429] * 2
    assert show(log_in(own_app, "leader"), later(secret)).status_code == 429  # a new login does not give new tries


def test_setting_it_up_ends_the_other_sessions_and_taking_it_off_asks_for_the_password(own_app: dash.Dash) -> None:
    other, client = log_in(own_app, "leader"), log_in(own_app, "leader")
    set_up(client)
    assert other.get(PROBE).status_code == 401 and client.get(PROBE).status_code == 200
    assert client.post("/account/totp/off", data={"password": "wrong"}, headers=OWN).status_code == 400
    assert client.post("/account/totp/off", data={"password": DEMO_PASSWORDS["leader"]}, headers=OWN).status_code == 303
    assert log_in(own_app, "leader").get(PROBE).status_code == 200


def test_an_offer_made_to_somebody_else_is_not_taken(own_app: dash.Dash) -> None:
    staff = log_in(own_app, "staff")
    refused = staff.post("/account/totp/start", data={"password": "wrong"}, headers=OWN)
    assert refused.status_code == 400 and "secret" not in refused.text  # whoever finds a desk unattended does not make it his
    page = staff.post("/account/totp/start", data={"password": DEMO_PASSWORDS["staff"]}, headers=OWN).text
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")  # type: ignore[index]
    offered = re.search(r'name="offered" value="([^"]+)"', page)[1]  # type: ignore[index]
    victim = log_in(own_app, "leader")
    answer = victim.post("/account/totp", data={"offered": offered, "code": pyotp.TOTP(secret).now()}, headers=OWN)
    assert answer.status_code == 400 and "已超时" in answer.text


def test_roles_that_must_have_it_set_it_up_before_anything_else(settings: Any, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'strict.sqlite'}"
    strict = create_app(settings.model_copy(update={"ledger_url": url, "totp_roles": ("admin",)}))
    client = log_in(strict, "admin")
    assert client.get("/accounts", headers=PAGE).location == "/account/totp" and client.get("/accounts").status_code == 403
    assert log_in(strict, "leader").get(PROBE).status_code == 200
    set_up(client, "/account/totp")
    assert client.get("/accounts").status_code == 200
    with ledger.open(url).read() as session:
        assert session.execute(ledger.Account.__table__.select().where(ledger.Account.totp_secret != "")).all()
