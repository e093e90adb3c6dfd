"""With which settings the application starts, refuses to start, and what people see when something fails."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import dash
import pytest

from dashboard.access import policy
from dashboard.app import create_app
from dashboard.settings import Settings, SettingsError
from tests.access.conftest import log_in
from tests.support import tiny
from tests.support.servers import free_port

LONG = "k3Jf9-vQz7_Xr2Lw8Tn5Bp1Hs6Dm4Gc0"


def changed(settings: Settings, **values: Any) -> Settings:
    from pydantic import SecretStr

    if isinstance(values.get("secret_key"), str):
        values["secret_key"] = SecretStr(values["secret_key"])
    return settings.model_copy(update=values)


@pytest.mark.parametrize("key", [None, "", "secret", "changeme", "a" * 64, "short-but-varied-1"])
def test_production_without_a_good_key_refuses_and_says_how_to_make_one(settings: Settings, key: str | None) -> None:
    with pytest.raises(SettingsError, match="token_urlsafe"):
        create_app(changed(settings, profile="production", secret_key=key))


def test_production_with_demo_accounts_refuses(settings: Settings, tmp_path: Path) -> None:
    create_app(changed(settings, ledger_url=f"sqlite:///{tmp_path / 'ledger.sqlite'}"))
    for more in ({"demo_accounts": True}, {}):  # asked for; or left over in the ledger
        with pytest.raises(SettingsError, match="演示账号"):
            create_app(
                changed(
                    settings, profile="production", secret_key=LONG, ledger_url=f"sqlite:///{tmp_path / 'ledger.sqlite'}", **more
                )
            )


def test_production_cookies_travel_over_tls_only(settings: Settings, tmp_path: Path) -> None:
    from dashboard import ledger
    from dashboard.access import accounts
    from etl.region import Region

    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    accounts.create(
        ledger.open(url),
        Region.load(settings.region),
        username="li.si",
        password="Li-Si-2026!",
        role="leader",
        area_code="330105000000",
    )
    app = create_app(changed(settings, profile="production", secret_key=LONG, ledger_url=url))
    answer = app.server.test_client().post(
        "/login",
        data={"username": "li.si", "password": "Li-Si-2026!"},
        headers={"Sec-Fetch-Site": "same-origin"},
        base_url="https://localhost",
    )
    assert answer.headers["Set-Cookie"].startswith("__Host-yiguan=") and "Secure" in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in answer.headers
    assert "演示账号" not in app.server.test_client().get("/login").text


def test_the_demo_makes_its_own_key_that_only_its_user_can_read(settings: Settings, tmp_path: Path) -> None:
    fresh = changed(settings, var=tmp_path)
    assert fresh.key() == fresh.key() and len(fresh.key()) >= 32
    assert stat.S_IMODE((fresh.layout.base / "secret_key").stat().st_mode) == 0o600


def test_before_the_first_run_pages_say_so(settings: Settings, tmp_path: Path, view: Any) -> None:
    client = log_in(create_app(changed(settings, var=tmp_path)), "leader")
    answer = client.get("/_dash-layout")
    assert answer.status_code == 503 and "yiguan etl run" in answer.text
    assert view(client, "/", "").status_code in (200, 503)
    tiny.build(changed(settings, var=tmp_path).layout, months=3, providers=8, elders=60)
    assert client.get("/_dash-layout").status_code == 200  # without a restart


def test_an_unexpected_error_shows_a_reference_and_nothing_else(settings: Settings, tmp_path: Path, capfd: Any) -> None:
    app = create_app(changed(settings, ledger_url=f"sqlite:///{tmp_path / 'ledger.sqlite'}"))
    canary = "330105193801010007"
    policy.allow("breaks", "figures")

    @app.server.get("/breaks/<whom>")
    def breaks(whom: str) -> str:
        person = whom
        raise RuntimeError(f"could not convert {person}")

    answer = log_in(app, "leader").get(f"/breaks/{canary}", headers={"Accept": "text/html"})
    logged = capfd.readouterr().err
    assert answer.status_code == 500 and "编号" in answer.text and "RuntimeError" not in answer.text
    reference = answer.text.split("<code>")[1].split("</code>")[0]
    assert reference in logged and "RuntimeError" in logged and "test_start.py" in logged and "/breaks/<whom>" in logged
    assert canary not in answer.text and canary not in logged


def test_unknown_addresses_have_a_clear_page(app: dash.Dash) -> None:
    client = log_in(app, "leader")
    for path in ("/geo/9.json", "/assets/none.js", "/_dash-component-suites/none/x.js"):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 404 and "Traceback" not in answer.text


def test_it_runs_under_gunicorn(settings: Settings) -> None:
    import os
    import time
    import urllib.error
    import urllib.request

    port = free_port()
    environment = {
        **os.environ,
        "YIGUAN_VAR": str(settings.var),
        "YIGUAN_PORT": str(port),
        "YIGUAN_WORKERS": "1",
        "YIGUAN_PROFILE": "demo",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "dashboard.wsgi:server", "--config", "python:dashboard.gunicorn_conf", "--no-control-socket"],
        env=environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        for _ in range(300):
            try:
                assert process.poll() is None
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                    assert answer.read() == b"ok"
                break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail("not up")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_dash-layout", timeout=5)
        assert refused.value.code == 401
    finally:
        process.terminate()
        process.wait(20)


def test_a_wrong_setting_is_said_in_one_line(settings: Settings) -> None:
    import os

    environment = {**os.environ, "YIGUAN_VAR": str(settings.var), "YIGUAN_PROFILE": "production"}
    environment.pop("YIGUAN_SECRET_KEY", None)
    done = subprocess.run(
        [sys.executable, "-c", "import dashboard.wsgi"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 4 and "YIGUAN_SECRET_KEY" in done.stderr and "Traceback" not in done.stderr
