"""Every route that gives files is declared to, leaves a line, and asks for a purpose where persons may be in them; what forgets it gives nothing."""

from __future__ import annotations

from collections.abc import Iterator

import dash
import pytest
from flask import Response

from dashboard.access import policy
from dashboard.leaving import given
from tests.access.conftest import OWN, log_in

SECRET = "一份文件"


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Declarations of this test alone."""
    monkeypatch.setattr(policy, "_endpoints", dict(policy._endpoints))
    monkeypatch.setattr(policy, "_files", dict(policy._files))
    yield


FORMS = {"attachment": {"Content-Disposition": "attachment; filename=a.txt"}, "workbook": {"Content-Type": "application/vnd.ms-excel"}}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", ["", "public", "line", "purpose"])
def test_item_08_a_new_route_gives_no_file_before_it_is_declared_and_keeps_to_it(own_app: dash.Dash, declared: None, form: str, way: str) -> None:
    services = own_app.server.extensions["yiguan"]
    kept: set[str] = set()

    def stray() -> Response:
        if "line" in kept:
            services.audit("试验", "文件")
        if "purpose" in kept:
            given("例会")
        response = Response(SECRET, mimetype="text/plain")
        response.headers.update(FORMS[form])
        return response

    policy.allow("stray", "figures", file=way)
    own_app.server.add_url_rule("/stray", "stray", stray)
    staff = log_in(own_app, "staff")
    told = {}
    for does in ("", "line", "purpose", "line purpose"):
        kept.clear()
        kept.update(does.split())
        answer = staff.get("/stray")
        told[does] = answer.status_code
        assert (SECRET in answer.text) is (answer.status_code == 200)
    good = {"": (), "public": () if form == "attachment" else told, "line": ("line", "line purpose"), "purpose": ("line purpose",)}[way]
    assert told == {does: 200 if does in good else 500 for does in told}


def test_item_08_the_routes_that_give_files_are_these(app: dash.Dash) -> None:
    found: dict[str, set[str]] = {}
    for rule in app.server.url_map.iter_rules():
        found.setdefault(policy.file_of(rule.endpoint), set()).add(rule.endpoint)
    assert found["purpose"] == {"export", "report", "letter", "case_document", "audit_export"}
    assert found["line"] == {"contract", "drawn_file", "policy_text"}
    assert all(endpoint.startswith(("/", "_dash")) or endpoint == "geo" for endpoint in found["public"])


def test_item_08_no_other_method_range_or_role_gets_around_the_purpose(app: dash.Dash) -> None:
    staff = log_in(app, "staff")
    for path in ("/export/table.xlsx?table=providers", "/report.pdf", "/report.docx"):
        for answer in (
            staff.get(path), staff.get(path + "&purpose=meeting"), staff.get(path, headers={"Range": "bytes=0-99"}),
            staff.post(path, headers=OWN), staff.post(path + "&purpose=meeting", headers=OWN),
            staff.post(path, data={"purpose": "meeting"}, headers={**OWN, "X-HTTP-Method-Override": "GET", "Sec-Fetch-Site": "cross-site"}),
        ):  # fmt: skip
            assert answer.status_code in (200, 400, 403, 404) and "Content-Disposition" not in answer.headers
        assert staff.head(path).headers.get("Content-Disposition") is None
        assert staff.put(path, data={"purpose": "meeting"}, headers=OWN).status_code == 405


def test_item_08_the_policy_in_force_leaves_with_a_line(app: dash.Dash) -> None:
    staff, auditor = log_in(app, "staff"), log_in(app, "auditor")
    assert staff.get("/policies/rating.yaml").status_code == 200
    assert "rating.yaml" in auditor.get("/audit?action=下载政策文件").text


def test_item_08_a_purpose_of_another_role_is_none(own_app: dash.Dash) -> None:
    services = own_app.server.extensions["yiguan"]
    listed = services.privacy.export
    only = listed.model_copy(update={"purposes": tuple(p.model_copy(update={"roles": ("leader",)}) for p in listed.purposes)})
    services.__dict__["privacy"] = services.privacy.model_copy(update={"export": only})
    path, form = "/report.pdf", {"purpose": "meeting"}
    assert log_in(own_app, "staff").post(path, data=form, headers=OWN).status_code == 400
    assert log_in(own_app, "leader").post(path, data=form, headers=OWN).status_code == 200
