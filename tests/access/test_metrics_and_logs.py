"""What operators see of the running application: counters and lines, and no person in either."""

from __future__ import annotations

import io
import json
from typing import Any

import dash
import pytest
from prometheus_client import generate_latest
from werkzeug.test import Client

from dashboard import logs, metrics
from dashboard.access.proxy import Behind
from dashboard.access.watch import Watch
from dashboard.settings import Settings
from tests.access.conftest import OWN, log_in


def told(app: dash.Dash) -> dict[str, float]:
    lines = generate_latest(metrics.registry(app.server.extensions["yiguan"])).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_requests_logins_views_and_state_are_told_without_anybody(app: dash.Dash, view: Any) -> None:
    before = told(app)
    client = log_in(app, "leader")
    app.server.test_client().post("/login", data={"username": "canary.name", "password": "x"}, headers=OWN)
    for _ in range(2):
        view(client, "/exits", "?month=2026-03&q=canary")
    client.get("/geo/2.json")
    now = told(app)

    def more(name: str) -> float:
        return now[name] - before.get(name, 0)

    assert more('yiguan_logins_total{outcome="done"}') == 1 and more('yiguan_logins_total{outcome="wrong"}') == 1
    assert more('yiguan_view_answers_total{kept="no"}') >= 1 and more('yiguan_view_answers_total{kept="yes"}') >= 1
    assert more('yiguan_requests_total{route="/geo/<int:level>.json",status="200"}') == 1
    assert more('yiguan_requests_total{route="/_dash-update-component",status="200"}') == 2
    assert more('yiguan_request_seconds_count{route="/_dash-update-component"}') == 2
    assert now["yiguan_snapshot_age_seconds"] >= 0 and now["yiguan_sessions"] >= 1
    assert now['yiguan_up{part="ledger"}'] == now['yiguan_up{part="snapshot"}'] == 1
    assert now['yiguan_module_ok{module="caregiver",status="stale"}'] == 0 and now['yiguan_module_ok{module="bed",status="ok"}'] == 1
    everything = " ".join(now)
    assert not [word for word in ("canary", "leader", "127.0.0.1", "2026-03") if word in everything]


def test_a_broken_part_is_told_and_the_rest_goes_on(app: dash.Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(app.server.extensions["yiguan"].ledger), "fetch", lambda *_: 1 / 0)
    now = told(app)
    assert now['yiguan_up{part="ledger"}'] == 0 and now['yiguan_up{part="snapshot"}'] == 1


def test_a_line_a_request_names_the_route_and_nothing_that_was_typed(app: dash.Dash) -> None:
    out = io.StringIO()
    logs.configure(out)
    try:
        client = Client(Watch(app.server.wsgi_app._inner, trusted=True, told=True))
        client.get("/providers/330105193801010007?q=canary", headers={"X-Request-Id": "0123456789abcdef"})
        client.get("/login?next=/canary", headers={"X-Request-Id": "evil\tline"})
    finally:
        logs.configure()
    first, second = (json.loads(line) for line in out.getvalue().splitlines() if '"event": "request"' in line)
    assert first["request"] == "0123456789abcdef" and first["status"] in ("303", "401") and first["ms"] >= 0 and first["method"] == "GET"
    assert second["route"] == "/login" and len(second["request"]) == 16 and second["request"] != first["request"]
    assert "canary" not in out.getvalue() and "3801010007" not in out.getvalue() and "evil" not in out.getvalue()


def test_only_the_proxy_says_where_a_request_comes_from() -> None:
    seen: list[tuple[str, str]] = []

    def inner(environ: dict[str, Any], start: Any) -> list[bytes]:
        seen.append((environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]))
        start("200 OK", [])
        return [b""]

    client = Client(Behind(inner, 1, Settings.model_fields["proxy_addresses"].default))
    forged = {"X-Forwarded-For": "8.8.8.8, 10.1.1.1", "X-Forwarded-Proto": "https"}
    client.get("/", headers=forged, environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
    client.get("/", headers=forged, environ_overrides={"REMOTE_ADDR": "10.7.7.7"})
    assert seen == [("10.1.1.1", "https"), ("10.7.7.7", "http")]
