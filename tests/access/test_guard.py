"""Nobody who is not logged in gets anything but the login page, its style sheet and the health check, whatever the route."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import dash
import pytest
from flask.testing import FlaskClient

from dashboard.access.guard import OPEN, SEE_LOGIN
from tests.access.conftest import OWN, URL, log_in

EXTRA = (
    "/", "/caregivers", "/_dash-layout", "/_dash-dependencies", "/_reload-hash", "/_favicon.ico", "/nowhere", "/assets/yiguan.js", "/assets/../app.py",
    "/geo/2.json", "/export/caregivers.xlsx", "/report.docx", "//login", "/login/", "/LOGIN", "/login/../", "/healthz/", "/assets/login.css/x",
    "/_dash-component-suites/dash/deps/react@18.v1.js", "/logout",
)  # fmt: skip


def filled(rule: Any) -> str:
    return re.sub(r"<(?:(\w+):)?\w+>", lambda m: "2" if m[1] == "int" else "x", rule.rule)


def test_item_01_every_route_of_the_server_is_closed(app: dash.Dash, anonymous: FlaskClient) -> None:
    paths = {filled(rule) for rule in app.server.url_map.iter_rules()} | set(EXTRA)
    assert len(paths) > 15 and URL in paths
    for path in sorted(paths - OPEN):
        for method in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"):
            answer = anonymous.open(path, method=method, headers=OWN, json={} if method in ("POST", "PUT") else None)
            assert answer.status_code == 401, (method, path, answer.status_code)
            assert answer.text == ("" if method == "HEAD" else SEE_LOGIN)


def test_a_page_is_sent_to_the_login_and_back_again(anonymous: FlaskClient) -> None:
    answer = anonymous.get(
        "/caregivers?area=330105003000&month=2026-10", headers={"Accept": "text/html", "Sec-Fetch-Dest": "document"}
    )
    assert answer.status_code == 303
    assert answer.location == "/login?next=%2Fcaregivers%3Farea%3D330105003000%26month%3D2026-10"
    assert "/caregivers?area=330105003000&amp;month=2026-10" in anonymous.get(answer.location).text


def test_a_made_up_or_foreign_cookie_is_nobody(anonymous: FlaskClient) -> None:
    for value in ("x", "' or 1=1 --", "a" * 5000, "\x7f", "0" * 43):
        anonymous.set_cookie("yiguan", value)
        assert anonymous.get("/_dash-layout").status_code == 401


def test_the_open_paths_hold_no_data(anonymous: FlaskClient) -> None:
    expected = {path: 404 if path.startswith("/login/sso") else 200 for path in OPEN}  # no outside provider is configured here
    assert {path: anonymous.get(path).status_code for path in OPEN} == expected
    assert "330105" not in "".join(anonymous.get(path).text for path in OPEN)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
        {"Referer": "http://evil.example/localhost"},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_item_14_a_post_from_elsewhere_is_refused_even_with_a_good_cookie(app: dash.Dash, headers: dict[str, str]) -> None:
    client = log_in(app, "leader")
    for path in (URL, "/login", "/logout"):
        assert client.post(path, json={}, headers=headers).status_code == 403
    assert client.get("/_dash-layout").status_code == 200


@pytest.mark.parametrize("headers", [{"Origin": "http://localhost"}, {"Referer": "http://localhost/caregivers"}, OWN])
def test_a_post_from_our_own_pages_passes(app: dash.Dash, view: Callable[..., Any], headers: dict[str, str]) -> None:
    assert view(log_in(app, "leader"), "/", "", **{"Sec-Fetch-Site": "same-origin", **headers}).status_code == 200


def test_answers_carry_the_security_headers(app: dash.Dash, anonymous: FlaskClient) -> None:
    client = log_in(app, "leader")
    for answer in (
        anonymous.get("/login"),
        anonymous.get("/x"),
        client.get("/"),
        client.get("/geo/9.json"),
        client.get("/geo/2.json"),
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe-eval" not in policy
        assert "unsafe-inline" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["X-Frame-Options"] == "DENY"
        assert len(answer.headers.getlist("Content-Security-Policy")) == 1
    for page in (
        anonymous.get("/login"),
        client.get("/"),
        anonymous.post("/login", data={"username": "x", "password": "x"}, headers=OWN),
    ):
        assert page.headers["Cache-Control"] == "no-store"


def test_item_14_style_elements_carry_a_nonce_that_is_good_once(app: dash.Dash) -> None:
    client = log_in(app, "leader")
    seen = set()
    for path in ("/caregivers", "/caregivers", "/policies"):
        page = client.get(path)
        given = re.findall(r"'nonce-([^']+)'", page.headers["Content-Security-Policy"])
        named = set(re.findall(r"<style[^>]*>", page.text))
        assert named <= {f'<style nonce="{nonce}">' for nonce in given} and not re.search(r"<[a-z]+[^>]* style=", page.text)
        assert len(given) <= 1 and not seen & set(given)
        seen |= set(given)
    assert len(seen) >= 2


def test_item_14_no_script_stands_in_the_page_and_none_could_run(app: dash.Dash) -> None:
    answer = log_in(app, "leader").get("/")
    assert not re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", answer.text)
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    assert "http://" not in re.sub(r"http://localhost", "", answer.text) and "https://" not in answer.text


def test_a_word_in_the_address_does_not_become_markup(app: dash.Dash) -> None:
    page = log_in(app, "leader").get("/providers?q=%3Cscript%3Ealert(1)%3C/script%3E&area=330105000000").text
    assert "<script>alert(1)" not in page


def test_fingerprinted_files_are_compressed_and_kept_by_browsers(app: dash.Dash) -> None:
    client = log_in(app, "leader")
    sources = re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css)[^"]*)"', client.get("/").text)
    assert sources and not any("login.css" in s for s in sources)
    total = 0
    for source in sources:
        answer = client.get(source, headers={"Accept-Encoding": "gzip, deflate, br"})
        assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"], source
        total += len(answer.data)
    assert total < 1_300_000
    plain = client.get(sources[0])
    assert "Content-Encoding" not in plain.headers
