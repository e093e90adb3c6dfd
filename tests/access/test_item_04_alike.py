"""Withstand 4: what is forbidden and what does not exist are answered alike: status, headers, every byte of the body; and with the same work."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import dash
import pytest
from flask.testing import FlaskClient

from dashboard.warehouse import Snapshot
from tests.access.conftest import OWN, log_in

HTML = {"Accept": "text/html"}
CHANGING = re.compile(r"""[0-9a-f]{16}|nonce-[^']+|nonce="[^"]+"|<script id="_dash-config".*?</script>""", re.S)
"""The number of the request and what is drawn anew for every answer."""


@pytest.fixture(scope="module")
def ids(app: dash.Dash, settings: Any) -> dict[str, tuple[str, str]]:
    """Kind → (an id that exists outside the street's area, one of the same form that does not exist)."""
    at = Snapshot.current(settings.layout)
    street = app.server.extensions["yiguan"].ledger.fetch("select area_code from account where username = 'street'", [])[0]
    other = next(a.code for a in at.areas.values() if a.level == 2 and a.code != street)
    below = next(a.code for a in at.areas.values() if a.level == 3 and a.parent_code == other)
    inside = {a.code for a in at.areas.values() if a.parent_code == street}
    theirs = next(i for i, p in sorted(at.providers(at.latest_month).items()) if p["community_code"] not in inside)
    elder = at.query("select elder_id from elder_month where community_code = ? and month = ? limit 1", [below, at.latest_month])
    return {
        "street": (other, "330105998000"), "community": (below, "330105998051"), "provider": (theirs, "P9999"[: len(theirs)].ljust(len(theirs), "9")),
        "elder": (str(elder[0][0]) if elder else "E000001", "E999999"),
    }  # fmt: skip


APART = ("Date", "Set-Cookie", "Server-Timing", "ETag", "X-Answer")
"""Headers of the moment; X-Answer only says that somebody with the same scope has asked for this before."""
VIEWS = (
    ("/", "?area={street}"), ("/", "?area={community}"), ("/caregivers", "?area={street}&layer=caregivers"), ("/providers/{provider}", ""),
    ("/providers/{provider}", "?tab=figures"), ("/providers", "?area={community}"), ("/caregivers", "?rows=caregiver_cert_rate&provider={provider}"),
    ("/caregivers", "?rows=caregivers&area={street}"), ("/subsidies", "?rows=subsidy_paid&row={elder}"), ("/exits", "?provider={provider}"),
    ("/compare", "?with={street}"), ("/impact", "?provider={provider}"), ("/cases/{elder}", ""),
)  # fmt: skip
GETS = (
    "/report.docx?area={street}", "/export/table.xlsx?table=providers&area={street}", "/export/rows.xlsx?rows=caregivers&provider={provider}",
    "/letter/exit.docx?provider={provider}", "/cases/9{elder}/documents/1", "/reports/{street}/2026-10", "/inspections/{elder}.json", "/unmask?record={elder}",
)  # fmt: skip


def told(answer: Any, *said: str) -> tuple[int, list[tuple[str, str]], str]:
    """What an answer tells, without the id that was asked for."""
    body, headers = answer.get_data(as_text=True), [(k, v) for k, v in answer.headers if k not in APART]
    for word in said:
        body = body.replace(word, "ID")
    return answer.status_code, [(k, CHANGING.sub("", v)) for k, v in headers if k != "Content-Length"], CHANGING.sub("", body)


@pytest.fixture(scope="module")
def street(app: dash.Dash) -> FlaskClient:
    return log_in(app, "street")


@pytest.mark.parametrize(("path", "search"), VIEWS)
def test_item_04_a_view_of_what_is_forbidden_reads_like_one_of_what_is_not_there(
    street: FlaskClient, view: Callable[..., Any], ids: dict[str, tuple[str, str]], path: str, search: str
) -> None:
    answers, pages = [], []
    for n in (0, 1):
        given = {kind: pair[n] for kind, pair in ids.items()}
        answers.append(told(view(street, path.format(**given), search.format(**given)), *given.values()))
        pages.append(told(street.get(path.format(**given) + search.format(**given), headers=HTML), *given.values()))
    assert answers[0] == answers[1]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("path", GETS)
def test_item_04_a_file_that_is_forbidden_reads_like_one_that_is_not_there(street: FlaskClient, ids: dict[str, tuple[str, str]], path: str) -> None:
    answers = []
    for n in (0, 1):
        given = {kind: pair[n] for kind, pair in ids.items()}
        answers.append(told(street.post(path.format(**given), data={"purpose": "inspect"}, headers=OWN), *given.values()))
        answers.append(told(street.get(path.format(**given)), *given.values()))
    assert answers[:2] == answers[2:]


@pytest.mark.parametrize("role", ["finance", "staff", "street", "auditor"])
def test_item_04_an_account_or_trial_that_exists_reads_like_none_to_whom_it_is_not_given(app: dash.Dash, role: str) -> None:
    client = log_in(app, role)
    for there, nowhere in (("/accounts/leader", "/accounts/nobody"), ("/account-review/leader/release", "/account-review/nobody/release")):
        for ask in (client.get, lambda path: client.post(path, headers=OWN)):
            one, other = told(ask(there), "leader"), told(ask(nowhere), "nobody")
            assert one == other and "leader" not in one[2], there


def test_item_04_what_is_forbidden_costs_as_much_as_what_is_not_there(street: FlaskClient, view: Callable[..., Any], ids: dict[str, tuple[str, str]]) -> None:
    """The scope stands in the look-up itself: nothing is read of what is forbidden, so nothing can take longer for it."""
    spent: list[list[float]] = [[], []]
    for turn in range(40):
        for n in (0, 1) if turn % 2 else (1, 0):
            began = time.process_time()
            view(street, f"/providers/{ids['provider'][n]}", f"?month=2026-{turn % 9 + 1:02}")
            spent[n].append(time.process_time() - began)
    forbidden, unknown = (sorted(s)[len(s) // 2] for s in spent)
    assert forbidden < 2 * unknown and unknown < 2 * forbidden
