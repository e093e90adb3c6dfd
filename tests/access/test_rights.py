"""Three separate powers, rights declared once, and nothing answered without a declaration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dash
import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.access import policy
from dashboard.access.rights import BUSINESS, MANAGES, RIGHTS, WATCHES
from dashboard.access.scope import ROLES, Role, Scope
from dashboard.views.page import registry
from dashboard.warehouse import Snapshot, Unknown, Warehouse
from tests.access.conftest import OWN, log_in

DISTRICT = "330105000000"


def test_every_endpoint_and_every_callback_says_which_right_it_needs(app: dash.Dash) -> None:
    assert policy.undeclared(app.server, app.callback_map) == []
    assert all(page.right in RIGHTS for page in registry().values())


def test_a_route_without_a_declaration_is_listed_and_answered_to_nobody(own_app: dash.Dash) -> None:
    server = own_app.server
    server._got_first_request = False
    server.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert policy.undeclared(server, ["new.children", "..new.children...other.data.."]) == ["forgotten", "..new.children...other.data..", "new.children"]
    for role in ("leader", "admin", "auditor"):
        answer = log_in(own_app, role).get("/forgotten")
        assert answer.status_code == 404 and "secret" not in answer.text


def test_what_is_forbidden_reads_like_what_is_not_there(as_role: Callable[[str], FlaskClient]) -> None:
    steward = as_role("steward")
    forbidden, unknown = steward.get("/report.docx"), steward.get("/report.nothing")
    assert (forbidden.status_code, forbidden.text) == (unknown.status_code, unknown.text) == (404, unknown.text)


@pytest.mark.parametrize("role", ["admin", "auditor"])
def test_item_12_who_manages_and_who_watches_see_no_figure_and_no_person(
    role: str, as_role: Callable[[str], FlaskClient], view: Any, app: dash.Dash, settings: Any
) -> None:
    client = as_role(role)
    with pytest.raises(Unknown):
        Warehouse(Snapshot.current(settings.layout), Scope.of(role, DISTRICT))
    for path in ("/caregivers", "/providers", "/_dash-layout", "/_dash-dependencies", "/geo/2.json", "/export/caregivers.xlsx", "/report.docx", "/data"):
        assert client.get(path).status_code == 404, path
    for pathname in registry():
        assert view(client, pathname).status_code == 404
    first = client.get("/", headers={"Accept": "text/html"})
    assert first.status_code == 303 and first.location != "/"
    assert client.post("/held/registry", data={"decision": "released", "reason": "x"}, headers=OWN).status_code == 404


def test_item_12_no_role_holds_two_of_the_three_powers() -> None:
    assert frozenset(RIGHTS) == BUSINESS | MANAGES | WATCHES | {"account", "account_review"}
    powers = {code: [bool(role.rights & power) for power in (BUSINESS, MANAGES, WATCHES)] for code, role in ROLES.items()}
    assert all(sum(held) == 1 for held in powers.values())
    assert [code for code, held in powers.items() if held[1]] == ["admin"] and [code for code, held in powers.items() if held[2]] == ["auditor"]
    with pytest.raises(ValueError, match="three powers"):
        Role(code="all", name="", level=1, rights=frozenset({"figures", "accounts"}))
    with pytest.raises(ValueError, match="typo"):
        Role(code="bad", name="", level=1, rights=frozenset({"typo"}))


def test_a_question_for_a_right_that_is_not_declared_is_a_mistake_in_the_program() -> None:
    with pytest.raises(KeyError):
        Scope.of("leader", DISTRICT).may("exprot")
    with pytest.raises(KeyError):
        policy.allow("somewhere", "exprot")
    with pytest.raises(ValueError, match="geo"):
        policy.allow("geo", "accounts")


def test_a_server_answers_only_what_it_was_told_to() -> None:
    assert policy.undeclared(Flask("bare", static_folder=None), []) == []
    assert policy.undeclared(Flask("bare", static_folder="x"), []) == ["static"]
