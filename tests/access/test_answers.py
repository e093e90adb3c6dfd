"""Callbacks: what they answer to whom, what is kept, and what nonsense gets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import dash
import orjson
import pytest
from flask.testing import FlaskClient

from dashboard.access.answers import Kept, declared_form, is_view
from dashboard.access.front import Ready
from dashboard.warehouse import Scope, Snapshot, Warehouse
from tests.access.conftest import OWN, URL
from tests.support import tiny

View = Callable[..., Any]
As = Callable[[str], FlaskClient]
MONTH = "2026-10"
SUBJECTS = ("/", "/caregivers", "/subsidies", "/providers", "/exits", "/data")


@pytest.fixture(scope="module")
def other_street(settings: Any, app: dash.Dash) -> Warehouse:
    """The reader of a street that the demo's street official is not responsible for."""
    snapshot = Snapshot.current(settings.layout)
    return Warehouse(snapshot, Scope.of("street", "330105001000"))


def test_item_03_and_04_a_street_gets_the_same_answer_for_another_street_as_for_nothing(
    as_role: As, view: View, other_street: Warehouse
) -> None:
    street = as_role("street")
    theirs = other_street.scope.area
    secrets = {p["name"] for p in other_street.providers(theirs, MONTH)} | {
        p["provider_id"] for p in other_street.providers(theirs, MONTH)
    }
    for subject in SUBJECTS:
        for more in ("", "&rows=caregiver_cert_rate", "&rows=caregivers&which=whole"):
            forbidden = view(street, subject, f"?area={theirs}&month={MONTH}{more}")
            unknown = view(street, subject, f"?area=330105999000&month={MONTH}{more}")
            assert forbidden.status_code == unknown.status_code == 200
            assert forbidden.text.replace(theirs, "330105999000") == unknown.text
            assert not [s for s in secrets if s in forbidden.text]


def test_item_03_and_04_a_street_gets_the_same_answer_for_another_streets_provider_as_for_none(
    as_role: As, view: View, other_street: Warehouse
) -> None:
    street = as_role("street")
    provider = other_street.providers(other_street.scope.area, MONTH)[0]
    for path, search in (
        ("/providers/{}", f"?month={MONTH}"),
        ("/caregivers", f"?month={MONTH}&rows=caregiver_cert_rate&provider={{}}"),
    ):
        forbidden = view(street, path.format(provider["provider_id"]), search.format(provider["provider_id"]))
        unknown = view(street, path.format("P9999"), search.format("P9999"))
        assert forbidden.status_code == unknown.status_code == 200
        assert forbidden.text.replace(provider["provider_id"], "P9999") == unknown.text
        assert provider["name"] not in forbidden.text


def test_downloads_of_another_street_are_as_unknown(as_role: As, other_street: Warehouse, app: dash.Dash) -> None:
    street = as_role("street")
    for rule in app.server.url_map.iter_rules():
        if not rule.rule.startswith(("/export", "/report")) or "GET" not in (rule.methods or ()):
            continue
        path = rule.rule
        for name, value in (("subject", "caregivers"), ("kind", "xlsx"), ("fmt", "xlsx"), ("format", "xlsx"), ("suffix", "xlsx")):
            for form in (f"<{name}>", f"<string:{name}>", f"<path:{name}>"):
                path = path.replace(form, value)
        answers = [
            street.get(f"{path}?area={area}&month={MONTH}&table=providers")
            for area in (other_street.scope.area, "330105999000", "x'--")
        ]
        assert {a.status_code for a in answers} == {404}, path
        assert len({a.text for a in answers}) == 1


def test_item_06_what_one_scope_computed_is_never_sent_to_another(as_role: As, view: View) -> None:
    answers = {}
    for role in ("leader", "staff", "street", "steward"):
        client = as_role(role)
        first = view(client, "/caregivers", "")
        again = view(client, "/caregivers", "")
        assert again.headers.get("X-Answer") == "kept" and again.data == first.data
        answers[role] = first.data
    assert len({answers["leader"], answers["street"], answers["steward"]}) == 3


def test_another_user_of_the_same_scope_shares_the_answer(as_role: As, view: View) -> None:
    view(as_role("leader"), "/exits", "?month=2026-09")
    assert view(as_role("leader"), "/exits", "?month=2026-09").headers.get("X-Answer") == "kept"


def test_a_kept_answer_is_refused_once_the_session_has_ended(as_role: As, view: View) -> None:
    client = as_role("leader")
    value = client.get_cookie("yiguan").value  # type: ignore[union-attr]
    view(client, "/", "")
    client.get("/logout", headers=OWN)
    client.set_cookie("yiguan", value)
    assert view(client, "/", "").status_code == 401


def test_a_kept_answer_is_not_handed_to_a_foreign_page_or_to_nobody(as_role: As, view: View, app: dash.Dash) -> None:
    client = as_role("leader")
    view(client, "/", "")
    assert view(client, "/", "").headers.get("X-Answer") == "kept"
    foreign = view(client, "/", "", **{"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403 and "X-Answer" not in foreign.headers
    assert view(app.server.test_client(), "/", "").status_code == 401


def test_a_view_that_failed_once_is_drawn_anew(as_role: As, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    client = as_role("leader")

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(Warehouse, "figures", broken)
        assert "failed" in view(client, "/exits", "?month=2026-07").text
    mended = view(client, "/exits", "?month=2026-07")
    assert "X-Answer" not in mended.headers and "failed" not in mended.text


def test_a_kept_answer_carries_the_headers_of_a_fresh_one(as_role: As, view: View) -> None:
    client = as_role("staff")
    fresh = dict(view(client, "/exits", "?month=2026-08").headers.items())
    kept = dict(view(client, "/exits", "?month=2026-08").headers.items())
    assert kept.pop("X-Answer") == "kept"
    fresh.pop("X-Answer", None)
    assert kept == fresh and "Content-Security-Policy" in kept


def test_a_new_snapshot_is_answered_anew(settings: Any, app: dash.Dash, as_role: As, view: View) -> None:
    client = as_role("leader")
    view(client, "/data", "")
    assert view(client, "/data", "").headers.get("X-Answer") == "kept"
    pointer = settings.layout.pointer
    former = pointer.read_text()
    tiny.build(settings.layout, run_id="20261106T020000-tiny", months=3, providers=8, elders=60)
    try:
        assert view(client, "/data", "").headers.get("X-Answer") is None
    finally:
        pointer.write_text(former)


@pytest.mark.parametrize("encoding", ["br", "gzip", ""])
def test_kept_and_fresh_answers_come_in_the_form_that_was_asked_for(as_role: As, view: View, encoding: str) -> None:
    client = as_role("leader")
    plain = view(client, "/providers", "").data
    for _ in range(2):
        answer = view(client, "/providers", "", **{"Accept-Encoding": encoding})
        assert answer.headers.get("Content-Encoding", "") == encoding
        data = answer.data
        if encoding == "br":
            import brotli

            data = brotli.decompress(data)
        elif encoding == "gzip":
            import gzip

            data = gzip.decompress(data)
        assert data == plain


ODD: tuple[Any, ...] = (
    None, "", 5, 1.5, True, [], {}, ["?area=1"], {"a": 1}, "?area=' or 1=1 --", "?area=%00&month=%ff", "?month=2026-13", "?month=9999-99&area=",
    "?rows='; drop table figure; --", "?area=330105003000&area=330105001000", "?" + "a=1&" * 900, "?layer=<script>", "?which=\u202e", "?rows=caregivers&offset=-1",
    "?provider=P0001&rows=caregivers&limit=1e9", "?month=2026-10&rows=caregivers&which=x",
)  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=lambda o: repr(o)[:30])
def test_item_15_odd_values_never_break_a_callback(as_role: As, view: View, odd: Any) -> None:
    client = as_role("street")
    for path, search in (("/caregivers", odd), (odd, ""), ("/providers/P0001", odd), (f"/providers/{odd}", "")):
        answer = view(client, path, search)
        assert answer.status_code in (200, 204, 400)
        assert "Traceback" not in answer.text and "duckdb" not in answer.text.lower()


BODIES: tuple[Any, ...] = (
    b"", b"{", b"[]", b"null", b"5", b'"x"', b"\xff\xfe", b"{}", b'{"output": 5}', b'{"output": "x.y"}', b'{"output": "x.y", "inputs": []}',
    b'{"output": null, "inputs": null}', b'{"output": ["a"], "inputs": [{}]}', b"[" * 2000,
)  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda b: repr(b)[:30])
def test_a_body_that_is_no_callback_is_a_bad_request(as_role: As, body: bytes) -> None:
    answer = as_role("leader").post(URL, data=body, content_type="application/json", headers=OWN)
    assert answer.status_code == 400 and "请求无法识别" in answer.text


def test_a_declared_callback_with_other_inputs_is_a_bad_request(app: dash.Dash, as_role: As) -> None:
    client = as_role("leader")
    for output, callback in app.callback_map.items():
        good = [{**d, "value": None} for d in callback["inputs"]]
        for inputs in (
            [],
            good + good,
            None,
            "x",
            [5],
            [{**g, "id": "other"} for g in good],
            [{**g, "property": "other"} for g in good],
            [[]],
        ):
            body = {"output": output, "inputs": inputs, "state": [], "outputs": {"id": "x", "property": "y"}}
            assert client.post(URL, data=json.dumps(body), content_type="application/json", headers=OWN).status_code == 400


def test_only_what_the_url_decides_is_kept() -> None:
    url = [{"id": "url", "property": "pathname"}, {"id": "url", "property": "search"}]
    assert is_view({"inputs": url, "state": []})
    assert not is_view({"inputs": url, "state": [{"id": "note", "property": "value"}]})
    assert not is_view({"inputs": [{"id": '{"type":"x","index":["ALL"]}', "property": "search"}], "state": []})
    assert not is_view({"inputs": [], "state": []})


def test_a_request_is_brought_into_its_declared_form() -> None:
    declared = {"..a.children...b.data..": {"inputs": [{"id": "url", "property": "search"}], "state": [], "callback": None}}
    sent = {
        "output": "..a.children...b.data..",
        "inputs": [{"id": "url", "property": "search", "value": "?x", "more": 1}],
        "outputs": "evil",
        "x": 1,
    }
    clean, key = declared_form(sent, declared)
    assert clean["outputs"] == [{"id": "a", "property": "children"}, {"id": "b", "property": "data"}]
    assert clean["inputs"] == [{"id": "url", "property": "search", "value": "?x"}] and set(clean) == {
        "output",
        "outputs",
        "inputs",
        "state",
        "changedPropIds",
    }
    assert key == ("..a.children...b.data..", "?x")


def test_the_store_of_answers_keeps_within_its_bytes() -> None:
    kept = Kept(100_000)
    for i in range(300):
        kept.put((i,), Ready("200 OK", [], b"x" * 5000))
    assert 10 < len(kept) < 20 and kept.get((299,)) is not None and kept.get((0,)) is None
    kept.put(("big",), Ready("200 OK", [], b"x" * 90_000))
    assert kept.get(("big",)) is None


def test_item_14_markup_in_names_stays_text(as_role: As, view: View) -> None:
    answer = view(as_role("staff"), "/caregivers", f"?month={MONTH}&rows=caregivers")
    assert "<b>王</b>明" in orjson.dumps(orjson.loads(answer.data)).decode()  # as text of a component, which React escapes …
    assert "dangerously" not in answer.text  # … unless a component is told not to


def _plain(page: str, code: str) -> str:
    """A page without what differs in every answer: the code that was asked for, and the nonce."""
    return re.sub(r'nonce="[^"]+"', "", page.replace(code, ""))


def test_the_first_view_is_the_readers_own(as_role: As, other_street: Warehouse) -> None:
    street, theirs = as_role("street"), other_street.root
    own, whole = street.get("/").text, as_role("leader").get("/").text
    assert 'class="card"' in own and theirs.name not in own
    assert theirs.name in whole
    forbidden, unknown = (street.get(f"/?area={code}").text.split("<footer>")[0] for code in (theirs.code, "330105999000"))
    assert "没有找到该区域、月份或页面" in forbidden
    assert _plain(forbidden, theirs.code) == _plain(unknown, "330105999000")


def test_what_runs_in_the_browser_cannot_be_called(as_role: As, app: dash.Dash) -> None:
    client = as_role("leader")
    inside = [o for o, c in app.callback_map.items() if "callback" not in c]
    assert inside
    for output in inside:
        body = {"output": output, "inputs": [{**d, "value": None} for d in app.callback_map[output]["inputs"]], "changedPropIds": []}
        assert client.post(URL, json=body, headers=OWN).status_code == 400


@pytest.mark.parametrize("text", ["*", "%2A", "%00", "a%00b", "%0a", "\u202e"])
def test_no_character_in_an_address_breaks_a_view(as_role: As, view: View, text: str) -> None:
    for key in ("q", "provider", "rows", "rec", "module"):
        for subject in ("/", "/providers", "/caregivers"):
            answer = view(as_role("leader"), subject, f"?{key}={text}")
            assert answer.status_code == 200 and "unmapped failed" not in answer.text


def test_item_07_nobodys_result_lies_under_a_key_of_somebody_elses(app: dash.Dash, as_role: As) -> None:
    """There is no background callback, so nothing is kept under a key that another session could name; asking for one gives nothing."""
    assert not [output for output, callback in app.callback_map.items() if callback.get("background")]
    output = next(o for o, c in app.callback_map.items() if "callback" in c)
    inputs = [{**d, "value": "/"} for d in app.callback_map[output]["inputs"]]
    body = {"output": output, "inputs": inputs, "changedPropIds": []}
    client = as_role("street")
    plain = client.post(URL, json=body, headers=OWN)
    named = client.post(f"{URL}?cacheKey=abc&job=1&oldJob=1&cancelJob=1", json=body, headers=OWN)
    assert plain.status_code == named.status_code == 200 and named.data == plain.data
