"""Item 19: an outside identity stands for the account it was bound to, never for a name; tried against a real provider process on loopback."""

from __future__ import annotations

import html
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import dash
import pytest
from flask.testing import FlaskClient

from dashboard import ledger
from dashboard.access import accounts
from dashboard.access.demo import DEMO_PASSWORDS
from dashboard.app import create_app
from dashboard.ledger import Ledger
from dashboard.people import sso
from tests.access.conftest import OWN, log_in
from tests.access.test_login import PROBE, token
from tests.support.oidc_provider import CLIENT, SECRET, provider


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as address:
        yield address


@pytest.fixture
def mode(issuer: str) -> Callable[..., None]:
    """``mode(subject="s-2", fault="nonce")``: who is logged in at the provider, and what it does wrong."""

    def choose(**what: str) -> None:
        with urllib.request.urlopen(f"{issuer}/mode?{urlencode(what)}", timeout=10):
            pass

    choose()
    return choose


@pytest.fixture
def sso_app(settings: Any, tmp_path: Path, issuer: str) -> dash.Dash:
    more = {"ledger_url": f"sqlite:///{tmp_path / 'ledger.sqlite'}", "oidc_issuer": issuer, "oidc_client_id": CLIENT}
    return create_app(settings.model_copy(update={**more, "oidc_client_secret": type(settings).model_validate({"oidc_client_secret": SECRET}).oidc_client_secret}))


@pytest.fixture
def held(sso_app: dash.Dash, settings: Any, tmp_path: Path) -> Ledger:
    return ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", settings.seals())


def at_provider(url: str) -> str:
    """What the provider sends the browser back with."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_args: Any) -> None:
            return None

    try:
        urllib.request.build_opener(Stay).open(url, timeout=10)
    except urllib.error.HTTPError as answer:
        return str(answer.headers["Location"])
    raise AssertionError("no redirect")


def round_trip(client: FlaskClient, start: str = "/login/sso?next=/caregivers") -> Any:
    begun = client.get(start, headers=OWN if start.startswith("/account") else {})
    assert begun.status_code == 303, begun.text
    back = urlsplit(at_provider(begun.location))
    return client.get(f"{back.path}?{back.query}")


def test_item_19_a_bound_identity_logs_in_as_its_account(sso_app: dash.Dash, held: Ledger, issuer: str, mode: Any) -> None:
    accounts.bind(held, "street", issuer, "s-1001")
    client = sso_app.server.test_client()
    assert "用统一身份认证登录" in client.get("/login").text
    done = round_trip(client)
    assert (done.status_code, done.location) == (303, "/caregivers")
    assert client.get(PROBE).status_code == 200 and "street" in client.get("/account").text
    assert held.fetch("select account, detail from audit order by id desc limit 1", ()) == ("street", "统一身份认证")
    assert held.fetch("select way from session order by created_at desc limit 1", ()) == ("oidc",)


def test_item_19_a_name_or_mail_that_fits_is_no_account(sso_app: dash.Dash, held: Ledger, mode: Any) -> None:
    client = sso_app.server.test_client()  # the provider says name 局领导, preferred_username leader
    refused = round_trip(client)
    assert refused.status_code == 403 and "s-1001" in refused.text and "没有绑定" in refused.text
    assert client.get(PROBE).status_code == 401
    assert held.fetch("select action, object from audit order by id desc limit 1", ()) == ("统一身份登录失败", "s-1001")


def test_item_19_the_same_subject_of_another_issuer_is_somebody_else(sso_app: dash.Dash, held: Ledger, mode: Any) -> None:
    accounts.bind(held, "leader", "https://elsewhere.example", "s-1001")
    assert round_trip(sso_app.server.test_client()).status_code == 403


FAULTS = {
    "nonce": "InvalidClaimError nonce", "aud": "InvalidClaimError aud", "expired": "ExpiredTokenError exp", "issuer": "InvalidClaimError iss",
    "none": "UnsupportedAlgorithmError", "shared secret": "UnsupportedAlgorithmError", "strange key": "BadSignatureError", "at_hash": "InvalidClaimError at_hash",
    "no subject": "sub", "answer from elsewhere": "iss of the answer", "refuses": "error access_denied",
}  # fmt: skip
"""What the provider does wrong → why it is refused, as the log tells."""


@pytest.mark.parametrize("fault", FAULTS)
def test_item_19_an_answer_that_is_not_sound_is_refused(
    sso_app: dash.Dash, held: Ledger, issuer: str, mode: Any, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.bind(held, "street", issuer, "s-1001")
    mode(fault=fault)
    client = sso_app.server.test_client()
    told: list[str] = []
    monkeypatch.setattr(sso.log, "warning", lambda _event, detail: told.append(detail))
    refused = round_trip(client)
    assert refused.status_code == 403 and client.get(PROBE).status_code == 401
    assert told == [FAULTS[fault]]
    assert "Traceback" not in refused.text and "eyJ" not in refused.text


def test_item_19_a_login_begun_in_another_browser_is_not_finished_here(sso_app: dash.Dash, held: Ledger, issuer: str, mode: Any) -> None:
    accounts.bind(held, "street", issuer, "s-1001")
    attacker, victim = sso_app.server.test_client(), sso_app.server.test_client()
    back = urlsplit(at_provider(attacker.get("/login/sso").location))
    assert victim.get(f"{back.path}?{back.query}").status_code == 403
    victim.get("/login/sso")  # one of his own does not help
    assert victim.get(f"{back.path}?{back.query}").status_code == 403 and victim.get(PROBE).status_code == 401
    assert attacker.get(f"{back.path}?{back.query}").status_code == 303
    assert attacker.get(f"{back.path}?{back.query}").status_code == 403  # and only once


def test_item_19_the_request_carries_a_challenge_a_state_and_a_nonce(sso_app: dash.Dash, mode: Any) -> None:
    client = sso_app.server.test_client()
    first, second = (parse_qs(urlsplit(client.get("/login/sso").location).query) for _ in range(2))
    assert first["code_challenge_method"] == ["S256"] and first["response_type"] == ["code"] and first["scope"] == ["openid"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 43 and first[name] != second[name]


def way_out(client: FlaskClient, who: str) -> str:
    """The link to the provider that somebody gets for his password."""
    page = client.post("/account/outside", data={"password": DEMO_PASSWORDS[who]}, headers=OWN).text
    return html.unescape(re.search(r'href="(/account/outside[^"]+)"', page)[1])  # type: ignore[index]


def test_item_19_people_bind_their_own_identity_and_nobody_binds_it_for_them(sso_app: dash.Dash, held: Ledger, mode: Any) -> None:
    client = log_in(sso_app, "staff")
    assert client.get("/account/outside", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/account/outside", headers=OWN).status_code == 403  # without the password
    assert client.post("/account/outside", data={"password": "wrong"}, headers=OWN).status_code == 400
    done = round_trip(client, way_out(client, "staff"))
    assert (done.status_code, done.location) == (303, "/account?done=bound") and "s-1001" in client.get("/account").text
    assert round_trip(sso_app.server.test_client()).status_code == 303
    other = log_in(sso_app, "leader")
    assert round_trip(other, way_out(other, "leader")).status_code == 409  # it stands for somebody already
    assert other.get(way_out(client, "staff"), headers=OWN).status_code == 403  # the leave of another session
    begun = other.get(way_out(other, "leader"), headers=OWN)
    back = urlsplit(at_provider(begun.location))
    other.get("/logout", headers=OWN)
    assert other.get(f"{back.path}?{back.query}").status_code == 403


def test_item_19_a_disabled_account_and_an_unbound_identity_stay_outside(sso_app: dash.Dash, held: Ledger, issuer: str, mode: Any) -> None:
    accounts.bind(held, "street", issuer, "s-1001")
    client = sso_app.server.test_client()
    assert round_trip(client).status_code == 303
    accounts.set_active(held, "street", active=False)
    assert client.get(PROBE).status_code == 401 and round_trip(sso_app.server.test_client()).status_code == 403
    accounts.set_active(held, "street", active=True)
    assert round_trip(client).status_code == 303
    assert accounts.unbind(held, "street") == 1
    assert client.get(PROBE).status_code == 401 and round_trip(sso_app.server.test_client()).status_code == 403


def test_nobody_asks_the_network_before_somebody_asks_to_log_in_so(settings: Any, tmp_path: Path) -> None:
    url, nowhere = f"sqlite:///{tmp_path / 'x.sqlite'}", "http://127.0.0.1:9"
    app = create_app(settings.model_copy(update={"ledger_url": url, "oidc_issuer": nowhere, "oidc_client_id": "x"}))
    client = app.server.test_client()
    assert client.get("/login").status_code == 200
    answer = client.get("/login/sso")
    assert answer.status_code == 503 and "暂时无法使用" in answer.text
    assert token(log_in(app, "leader"))


def test_a_provider_without_tls_elsewhere_is_not_asked(settings: Any, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"
    app = create_app(settings.model_copy(update={"ledger_url": url, "oidc_issuer": "http://10.0.0.1", "oidc_client_id": "x"}))
    assert app.server.test_client().get("/login/sso").status_code == 503
