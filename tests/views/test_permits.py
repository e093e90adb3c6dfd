"""Permits and insurance of a provider: what was renewed is history, and only what nothing followed is a breach."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

from dashboard.views.h import text_of, walk
from dashboard.views.provider import permits_panel


def states(permits: list[dict[str, Any]]) -> list[tuple[str, str]]:
    scope = SimpleNamespace(may=lambda right: False)
    view: Any = SimpleNamespace(month="2026-10", scope=scope, w=SimpleNamespace(scope=scope), page=SimpleNamespace(key="providers"))
    rows = [n for n in walk(permits_panel(view, {"permits": permits})) if n.tag == "tr"][1:]
    return [(text_of(r.children[1]), text_of(r.children[4])[1:].strip()) for r in rows]


def permit(kind: str, number: str, until: date | None) -> dict[str, Any]:
    return {"kind": kind, "number": number, "issued_on": date(2020, 1, 1), "expires_on": until}


def test_a_permit_that_a_later_one_follows_is_renewed_and_not_a_breach() -> None:
    found = states([
        permit("综合保险", "A1", date(2024, 11, 8)), permit("综合保险", "A2", date(2026, 11, 8)), permit("综合保险", "A3", date(2027, 11, 8)),
        permit("消防", "B1", date(2025, 5, 1)), permit("执业登记", "C1", None), permit("执业登记", "C0", date(2025, 5, 1)),
    ])  # fmt: skip
    assert found == [("A3", "有效"), ("A2", "已续办"), ("A1", "已续办"), ("B1", "已过期"), ("C1", "长期"), ("C0", "已续办")]
