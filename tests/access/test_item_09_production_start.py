"""Withstand 9: missing or default secret, debugging, demo accounts, files open to others: the production profile refuses to start."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from dashboard.settings import Settings, SettingsError
from dashboard.startup import DEBUG, check

LONG = "k3Jf9-vQz7_Xr2Lw8Tn5Bp1Hs6Dm4Gc0"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(var=tmp_path / "var", profile="production", secret_key=SecretStr(LONG), ledger_url=None)
    made.layout.ensure()
    made.layout.ledger.touch(mode=0o600)
    return made


def test_a_clean_installation_starts(settings: Settings) -> None:
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
