"""The application over one tiny snapshot, and browsers in front of it that are logged in as this or that role."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dash
import pytest
from flask.testing import FlaskClient

from dashboard.access.demo import DEMO_PASSWORDS
from dashboard.app import create_app
from dashboard.settings import Settings
from tests.support import tiny

OWN = {"Sec-Fetch-Site": "same-origin"}
"""What browsers send with a request from our own pages."""

URL = "/_dash-update-component"


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = Settings(var=tmp_path_factory.mktemp("access"), profile="demo", secret_key=None, ledger_url=None)
    tiny.build(made.layout)
    return made


@pytest.fixture(scope="session")
def app(settings: Settings) -> dash.Dash:
    return create_app(settings)


@pytest.fixture
def anonymous(app: dash.Dash) -> FlaskClient:
    return app.server.test_client()


def log_in(app: dash.Dash, username: str, password: str | None = None) -> FlaskClient:
    client = app.server.test_client()
    answer = client.post("/login", data={"username": username, "password": password or DEMO_PASSWORDS[username]}, headers=OWN)
    assert answer.status_code == 303, answer.text
    return client


@pytest.fixture
def as_role(app: dash.Dash) -> Callable[[str], FlaskClient]:
    return lambda role: log_in(app, role)


@pytest.fixture
def view(app: dash.Dash) -> Callable[..., Any]:
    """Asks the view callback as the browser does: ``view(client, "/caregivers", "?area=…")``."""
    output = next(o for o, c in app.callback_map.items() if {d["property"] for d in c["inputs"]} == {"pathname", "search"})

    def ask(client: FlaskClient, pathname: Any = "/", search: Any = "", **headers: str) -> Any:
        values = {"pathname": pathname, "search": search}
        body = {
            "output": output,
            "inputs": [{**d, "value": values[d["property"]]} for d in app.callback_map[output]["inputs"]],
            "changedPropIds": ["url.search"],
        }
        return client.post(URL, data=json.dumps(body), content_type="application/json", headers={**OWN, **headers})

    return ask


@pytest.fixture
def own_app(settings: Settings, tmp_path: Path) -> Iterator[dash.Dash]:
    """An application with a ledger of its own, for tests that change accounts."""
    own = {"ledger_url": f"sqlite:///{tmp_path / 'ledger.sqlite'}", "audit_anchor": tmp_path / "anchors.jsonl"}
    yield create_app(settings.model_copy(update=own))
