"""The shipped nginx configuration in front of the application on the production profile, over TLS on loopback."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from dashboard import ledger
from dashboard.access import accounts
from dashboard.settings import Settings
from etl.paths import ROOT
from etl.region import Region
from tests.support import tiny
from tests.support.servers import free_port

KEY, PASSWORD = "k3Jf9-vQz7_Xr2Lw8Tn5Bp1Hs6Dm4Gc0", "Xi-Hu-Lu-2026!"
CONF = ROOT / "deploy" / "nginx" / "yiguan.conf"


@dataclass
class Front:
    """Ports of the proxy (TLS and plain), of the application itself and of its metrics; the folder with the logs."""

    tls: int
    plain: int
    inner: int
    metrics: int
    folder: Path
    settings: Settings

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[http.client.HTTPResponse, str]:
        """One request through the proxy."""
        context = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
        connection = http.client.HTTPSConnection("localhost", self.tls, timeout=60, context=context)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer, text

    def log_in(self, username: str, password: str, **headers: str) -> tuple[http.client.HTTPResponse, str]:
        """The login form, sent as a browser sends it."""
        origin = f"https://localhost:{self.tls}"
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin, "Sec-Fetch-Site": "same-origin", **headers}
        return self.ask("POST", "/login", urlencode({"username": username, "password": password}), sent)


def _certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip


def _configuration(front: Front) -> Path:
    """The shipped file with this test's ports, names and certificate, inside the smallest configuration that runs in the foreground."""
    text = CONF.read_text(encoding="utf-8")
    for there, here in (
        ("listen [::]:80;", ""), ("listen [::]:443 ssl http2;", ""), ("listen 80;", f"listen 127.0.0.1:{front.plain};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{front.tls} ssl http2;"), ("yiguan.example.gov.cn", "localhost"),
        ("/etc/yiguan/tls/fullchain.pem", str(front.folder / "cert.pem")), ("/etc/yiguan/tls/privkey.pem", str(front.folder / "key.pem")),
        ("127.0.0.1:8050", f"127.0.0.1:{front.inner}"), ("/var/log/nginx/yiguan.error.log", str(front.folder / "error.log")),
    ):  # fmt: skip
        assert there in text, there
        text = text.replace(there, here)
    whole = front.folder / "nginx.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""
    temp = "".join(f"{k}_temp_path {front.folder}/{k};\n" for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole.write_text(
        f"daemon off;\nworker_processes 1;\n{user}pid {front.folder}/nginx.pid;\nerror_log {front.folder}/main.log;\n"
        f"events {{ worker_connections 128; }}\nhttp {{\n{temp}{text}\n}}\n", encoding="utf-8",
    )  # fmt: skip
    return whole


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(log.read_text(errors="replace")[-1500:])
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(log.read_text(errors="replace")[-1500:])


def _first_answer(port: int) -> None:
    """The port is open before the workers have read what they need."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=180)
    connection.request("GET", "/readyz")
    assert connection.getresponse().read() == b"ready"
    connection.close()


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.fail("nginx is not installed: run `make test`, which installs it, or apt-get install nginx")
    folder = tmp_path_factory.mktemp("nginx")
    settings = Settings(var=folder / "var", profile="demo", ledger_url=None)
    tiny.build(settings.layout)
    region = Region.load(settings.region)
    accounts.create(ledger.open(settings.ledger), region, username="li.si", password=PASSWORD, role="leader", area_code=region.code, must_change=False)
    made = Front(free_port(), free_port(), free_port(), free_port(), folder, settings)
    _certificate(folder)
    environment = {
        **os.environ, "YIGUAN_PROFILE": "production", "YIGUAN_SECRET_KEY": KEY, "YIGUAN_VAR": str(settings.var), "YIGUAN_PORT": str(made.inner),
        "YIGUAN_WORKERS": "2", "YIGUAN_PROXIES": "1", "YIGUAN_METRICS_PORT": str(made.metrics),
        "YIGUAN_TOTP_ROLES": "[]",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "dashboard.wsgi:server", "--config", "python:dashboard.gunicorn_conf", "--no-control-socket"]
    with (folder / "app.log").open("wb") as log:
        app = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT)
        proxy = subprocess.Popen([nginx, "-c", str(_configuration(made)), "-p", str(folder)], stdout=log, stderr=log)
        try:
            _await(made.inner, app, folder / "app.log")
            _first_answer(made.inner)
            _await(made.tls, proxy, folder / "app.log")
            yield made
        finally:
            for process in (proxy, app):
                process.terminate()
                process.wait(30)


def test_a_login_through_the_proxy_gets_a_secure_cookie_and_figures(front: Front) -> None:
    answer, text = front.log_in("li.si", PASSWORD)
    assert answer.status == 303, text
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-yiguan=") and "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    page, text = front.ask("GET", "/", headers={"Cookie": cookie.split(";")[0], "Accept": "text/html"})
    assert page.status == 200 and "护理员持证率" in text
    for name in ("Strict-Transport-Security", "Content-Security-Policy", "Referrer-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy",
                 "Cross-Origin-Resource-Policy", "X-Content-Type-Options"):  # fmt: skip
        assert page.headers[name], name
    assert "script-src 'self'" in page.headers["Content-Security-Policy"] and not re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", text.split("<footer>")[0])


def test_what_a_client_claims_about_its_address_is_thrown_away(front: Front) -> None:
    front.log_in("nobody.forged", "wrong", **{"X-Forwarded-For": "8.8.8.8", "X-Forwarded-Host": "evil.example", "Forwarded": "for=8.8.8.8"})
    with ledger.open(front.settings.ledger).read() as session:
        from sqlalchemy import select

        seen = set(session.scalars(select(ledger.LoginFailure.ip).where(ledger.LoginFailure.username == "nobody.forged")))
    assert len(seen) == 1 and not [a for a in seen if "8.8.8.8" in a]
    answer, _ = front.ask("GET", "/caregivers", headers={"X-Forwarded-Host": "evil.example", "Accept": "text/html"})
    assert answer.status == 303 and answer.headers["Location"].startswith("/login")


def test_another_origin_is_refused_through_the_proxy(front: Front) -> None:
    answer, _ = front.log_in("li.si", PASSWORD, Origin="https://evil.example", **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403 and "Set-Cookie" not in answer.headers


def test_plain_http_is_sent_to_tls(front: Front) -> None:
    connection = http.client.HTTPConnection("localhost", front.plain, timeout=30)
    connection.request("GET", "/caregivers?month=2026-10", headers={"Host": "localhost"})
    answer = connection.getresponse()
    assert answer.status == 301 and answer.headers["Location"] == "https://localhost/caregivers?month=2026-10"
    connection.close()


def test_large_bodies_and_old_protocols_do_not_reach_the_application(front: Front) -> None:
    answer, _ = front.ask("POST", "/login", b"x" * (2 << 20), {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"})
    assert answer.status == 413
    for path in ("/cases/1/step", "/cases/open"):  # documents of a case are large
        answer, _ = front.ask("POST", path, b"x" * (2 << 20), {"Content-Type": "application/octet-stream", "Sec-Fetch-Site": "same-origin"})
        assert answer.status != 413, path  # whoever is not logged in is turned away before the body is read, which nginx may call a 502
    old = ssl.create_default_context(cafile=str(front.folder / "cert.pem"))
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", front.tls)) as raw:
        old.wrap_socket(raw, server_hostname="localhost")


def test_health_outside_readiness_and_metrics_inside_only(front: Front) -> None:
    assert front.ask("GET", "/healthz")[1] == "ok"
    assert front.ask("GET", "/readyz")[0].status == 404
    assert front.ask("GET", "/metrics", headers={"Accept": "text/html"})[0].status == 303  # no such route before the login
    inner = http.client.HTTPConnection("127.0.0.1", front.inner, timeout=30)
    inner.request("GET", "/readyz")
    assert inner.getresponse().read() == b"ready"
    inner.close()
    for _ in range(100):
        told = _metrics(front.metrics)
        if 'yiguan_requests_total{route="/healthz",status="200"}' in told:
            break
        time.sleep(0.1)
    assert 'yiguan_up{part="snapshot"} 1.0' in told and "yiguan_snapshot_age_seconds" in told
    assert not [word for word in ("li.si", "nobody", "127.0.0.1", "8.8.8.8") if word in told]


def _metrics(port: int) -> str:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    except OSError:
        return ""
    connection.close()
    return text


def test_the_log_is_one_object_a_line_and_names_nobody(front: Front) -> None:
    import json

    front.ask("GET", "/providers/330105193801010007?q=canary.person", headers={"Accept": "text/html"})
    time.sleep(0.5)
    text = (front.folder / "app.log").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["event"] == "request"]
    assert requests and all(re.fullmatch(r"[0-9a-f]{32}|[0-9a-f]{16}", line["request"]) and line["ms"] >= 0 for line in requests)
    assert not [w for w in ("canary", "3801010007", PASSWORD, "__Host-yiguan", "nobody.forged") if w in text]
