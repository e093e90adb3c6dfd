"""月报: who sees which report, who signs it, and that nobody signs what he has not seen."""

from __future__ import annotations

import re
from collections.abc import Callable

import dash
import pytest
from flask.testing import FlaskClient

from dashboard.access.scope import ROLES
from tests.access.conftest import OWN, log_in

DISTRICT, MONTH = "330105000000", "2026-10"


@pytest.fixture
def enter(own_app: dash.Dash) -> Callable[[str], FlaskClient]:
    return lambda role: log_in(own_app, role)


def digest(client: FlaskClient, area: str) -> str:
    page = client.get(f"/reports?area={area}&month={MONTH}", headers=OWN).text
    return re.search(r'name="found" value="(\w+)"', page)[1]  # type: ignore[index]


def issue(client: FlaskClient, area: str, found: str, **more: str):
    return client.post("/reports/issue", data={"area": area, "month": MONTH, "found": found, **more}, headers=OWN)


def street_of(client: FlaskClient) -> str:
    return re.search(r'value="(330105\d{6})" selected', client.get("/reports", headers=OWN).text)[1]  # type: ignore[index]


def test_a_report_is_signed_once_and_then_handed_out_as_signed(enter: Callable[[str], FlaskClient]) -> None:
    staff = enter("staff")
    before = staff.get(f"/reports?month={MONTH}", headers=OWN).text
    assert "未签发" in before and "还没有签发过月报" in before and "模拟数据" in before
    answer = issue(staff, DISTRICT, digest(staff, DISTRICT))
    assert answer.status_code == 303
    after = staff.get(answer.headers["Location"], headers=OWN).text
    assert "已签发，内容已固定。" in after and "330105-202610" in after and "签发本期月报" not in after
    again = issue(staff, DISTRICT, "0" * 64)
    assert again.status_code == 409 and "数据在您查看之后已更新" in again.text
    file = enter("leader").post(f"/report.pdf?area={DISTRICT}&month={MONTH}", data={"purpose": "meeting"}, headers=OWN)
    assert file.status_code == 200 and file.data[:4] == b"%PDF"


def test_only_those_who_may_sign_do_and_only_their_own_area(enter: Callable[[str], FlaskClient]) -> None:
    found = digest(enter("leader"), DISTRICT)
    street = enter("street")
    assert issue(street, DISTRICT, found).status_code == 404
    assert street.get(f"/reports?area={DISTRICT}", headers=OWN).status_code == 404
    own = street_of(street)
    assert issue(street, own, digest(street, own)).status_code == 303
    finance = enter("finance")
    seen = finance.get(f"/reports?area={own}&month={MONTH}", headers=OWN)
    assert seen.status_code == 200 and "签发记录" in seen.text and "/reports/issue" not in seen.text
    for role in ROLES.values():
        if "report_issue" not in role.rights:
            assert issue(enter(role.code), DISTRICT, found).status_code == 404
        if "export" not in role.rights:
            assert enter(role.code).get("/reports", headers=OWN).status_code == 404


def test_a_wrong_area_or_month_is_not_found(enter: Callable[[str], FlaskClient]) -> None:
    leader = enter("leader")
    for query in ("area=330105999999", "month=1999-01", "month=%00", "area=' or 1=1"):
        assert leader.get(f"/reports?{query}", headers=OWN).status_code == 404
        assert issue(leader, "330105999999", "x").status_code == 404
