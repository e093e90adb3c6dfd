"""Withstand 9: missing or default secret, debugging, demo accounts, files open to others: the production profile refuses to start."""

from __future__ import annotations

import re
from pathlib import Path

import pyotp
import pytest
from pydantic import SecretStr

from dashboard import doctor, ledger
from dashboard.access import accounts
from dashboard.access.scope import ROLES
from dashboard.app import create_app
from dashboard.settings import Settings, SettingsError
from dashboard.startup import DEBUG, check, second_factor_roles, without_second_factor
from etl.region import Region

LONG = "k3Jf9-vQz7_Xr2Lw8Tn5Bp1Hs6Dm4Gc0"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(var=tmp_path / "var", profile="production", secret_key=SecretStr(LONG), ledger_url=None)
    made.layout.ensure()
    made.layout.ledger.touch(mode=0o600)
    return made


def test_item_09_a_clean_installation_starts(settings: Settings) -> None:
    check(settings, {"FLASK_DEBUG": "0", "DASH_DEBUG": "false"})


@pytest.mark.parametrize("name", DEBUG)
def test_debugging_is_refused_by_name(settings: Settings, name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        check(settings, {name: "1"})
    check(settings.model_copy(update={"profile": "demo"}), {name: "1"})


def test_single_sign_on_returns_to_the_address_that_was_registered_not_to_one_that_a_visitor_names(settings: Settings) -> None:
    asked = settings.model_copy(update={"oidc_issuer": "https://sso.example", "oidc_client_id": "yiguan"})
    with pytest.raises(SettingsError, match="YIGUAN_OIDC_REDIRECT"):
        check(asked, {})
    check(asked.model_copy(update={"oidc_redirect": "https://yiguan.example/login/sso/back"}), {})
    check(asked.model_copy(update={"profile": "demo"}), {})


def test_a_ledger_that_others_can_read_is_refused_with_the_repair(settings: Settings) -> None:
    settings.layout.ledger.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        check(settings, {})


@pytest.mark.parametrize("which", ["base", "snapshots"])
def test_folders_that_others_can_write_to_are_refused(settings: Settings, which: str) -> None:
    getattr(settings.layout, which).chmod(0o777)
    with pytest.raises(SettingsError, match="chmod o-w"):
        check(settings, {})


def test_in_production_every_role_must_have_a_second_factor_unless_the_settings_say_otherwise(settings: Settings) -> None:
    assert second_factor_roles(settings) == set(ROLES) and without_second_factor(settings) == []
    fewer = settings.model_copy(update={"totp_roles": ("admin", "auditor")})
    assert second_factor_roles(fewer) == {"admin", "auditor"} and "街道" in without_second_factor(fewer) and "系统管理员" not in without_second_factor(fewer)
    assert without_second_factor(settings.model_copy(update={"totp_roles": ()})) == [r.name for r in ROLES.values()]
    assert second_factor_roles(settings.model_copy(update={"profile": "demo"})) == frozenset()
    with pytest.raises(SettingsError, match="adminn"):
        check(settings.model_copy(update={"totp_roles": ("adminn",)}), {})


def test_the_environment_says_for_which_roles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("YIGUAN_VAR", str(tmp_path))
    for said, meant in (("[]", ()), ('["admin"]', ("admin",))):
        monkeypatch.setenv("YIGUAN_TOTP_ROLES", said)
        assert Settings().totp_roles == meant  # type: ignore[call-arg]


def test_a_first_login_in_production_leads_to_a_password_of_ones_own_and_to_the_second_factor(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    region = Region.load(settings.region)
    accounts.create(ledger.open(settings.ledger, settings.seals()), region, username="chen", password="First-Word-26", role="admin", area_code=region.code)
    app = create_app(settings)
    assert "second_factor_not_required" not in capsys.readouterr().out
    client = app.server.test_client()
    there = {"base_url": "https://localhost", "headers": {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}}
    client.post("/login", data={"username": "chen", "password": "First-Word-26"}, **there)
    assert client.get("/accounts", **there).location == "/account/password"
    mine = {"old": "First-Word-26", "new": "Quiet-River-42", "again": "Quiet-River-42"}
    assert client.post("/account/password", data=mine, **there).status_code == 303
    assert client.get("/accounts", **there).location == "/account/totp"
    page = client.get("/account/totp", **there).text
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")  # type: ignore[index]
    offered = re.search(r'name="offered" value="([^"]+)"', page)[1]  # type: ignore[index]
    assert "备用验证码" in client.post("/account/totp", data={"offered": offered, "code": pyotp.TOTP(secret).now()}, **there).text
    assert "账号管理" in client.get("/accounts", **there).text
    create_app(settings.model_copy(update={"totp_roles": ("admin",)}))
    assert '"event": "second_factor_not_required"' in capsys.readouterr().out
    found = next(f for f in doctor.examine(settings.model_copy(update={"totp_roles": ()})) if f.check == "两步验证")
    assert found.level == "warn" and "YIGUAN_TOTP_ROLES" in found.todo
