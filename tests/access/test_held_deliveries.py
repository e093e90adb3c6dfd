"""Held deliveries: bureau officials release or reject them with a reason, from our own pages alone; what was decided is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboard import ledger
from dashboard.settings import Settings
from etl import holds
from tests.access.conftest import OWN

FORM = "处理理由：order"


@pytest.fixture
def waiting(settings: Settings) -> Iterator[Settings]:
    """One delivery of the orders that waits for a decision."""
    holds.hold(settings.layout, "order", "abc123", ["服务工单行数比上次少 90%"], releasable=True, data_date="2026-11-05")
    yield settings
    settings.layout.holds.unlink(missing_ok=True)


def state(settings: Settings) -> list[tuple[str, str | None, str | None]]:
    """(state, by, reason) of everything held."""
    return [(h.state, h.decided_by, h.reason) for h in holds.listed(settings.layout)]


def test_an_official_releases_with_a_reason_and_it_is_recorded(
    waiting: Settings, as_role: Callable[[str], FlaskClient], view: Callable[..., Any]
) -> None:
    client = as_role("staff")
    said = view(client, "/data").text
    assert "少 90%" in said and FORM in said
    answer = client.post("/held/order", data={"decision": "released", "reason": "平台停机一天，已核实"}, headers=OWN)
    assert answer.status_code == 303 and answer.location == "/data"
    assert state(waiting) == [("released", "staff", "平台停机一天，已核实")]
    assert "已放行" in view(client, "/data").text
    line = ledger.open(waiting.ledger).fetch("select account, object from audit where action = '放行报送' order by id desc", [])
    assert line == ("staff", "order")


@pytest.mark.parametrize(
    ("role", "headers", "data", "status"),
    [
        ("street", OWN, {"decision": "released", "reason": "核实"}, 404),
        ("steward", OWN, {"decision": "released", "reason": "核实"}, 404),
        ("staff", {"Origin": "https://elsewhere.example"}, {"decision": "released", "reason": "核实"}, 403),
        ("staff", OWN, {"decision": "released", "reason": "  "}, 409),
        ("staff", OWN, {"decision": "deleted", "reason": "核实"}, 400),
    ],
)
def test_nobody_else_and_nothing_else_decides(
    waiting: Settings, as_role: Callable[[str], FlaskClient], role: str, headers: dict[str, str], data: dict[str, str], status: int
) -> None:
    assert as_role(role).post("/held/order", data=data, headers=headers).status_code == status
    assert state(waiting) == [("pending", None, None)]


def test_a_street_sees_what_is_held_but_no_form(
    waiting: Settings, as_role: Callable[[str], FlaskClient], view: Callable[..., Any]
) -> None:
    said = view(as_role("street"), "/data").text
    assert "少 90%" in said and FORM not in said


def test_a_delivery_rejected_by_mistake_is_released_after_all(waiting: Settings, as_role: Callable[[str], FlaskClient], view: Callable[..., Any]) -> None:
    client = as_role("staff")
    client.post("/held/order", data={"decision": "rejected", "reason": "漏报"}, headers=OWN)
    said = view(client, "/data").text
    assert "已退回" in said and "漏报" in said and FORM in said
    answer = client.post("/held/order", data={"decision": "released", "reason": "退回有误"}, headers=OWN)
    assert answer.status_code == 303
    assert state(waiting) == [("released", "staff", "退回有误")]
