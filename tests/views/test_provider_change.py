"""The provider page says what would change the star, beside whom it stands, and by which policy each month was rated."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dashboard.warehouse import Warehouse
from dashboard.warehouse.burdens import NO_SINGLE

DISTRICT = "330105000000"


def page(draw: Callable[..., dict[str, Any]], provider: str, month: str, role: str = "leader") -> str:
    return json.dumps(draw(f"/providers/{provider}", f"?month={month}", role), ensure_ascii=False, default=str)


def test_the_page_says_what_would_change_the_star_in_the_latest_month_only(reader: Callable[..., Warehouse], draw: Callable[..., dict[str, Any]]) -> None:
    w = reader()
    provider = next(p["provider_id"] for p in w.providers(DISTRICT, w.latest_month) if p["star"] and 1 < p["star"] < 5)
    shown = page(draw, provider, w.latest_month)
    assert "怎样改变星级" in shown and "补办综合保险" in shown and "如再查出一项严重问题" in shown
    assert "同类与街道比较" in shown and "历月评级" in shown and "2026-01" in shown
    assert f"/letter/{provider}.docx" in shown
    assert "怎样改变星级" not in page(draw, provider, w.months[-2])


def test_who_may_not_export_is_offered_no_letter(reader: Callable[..., Warehouse], draw: Callable[..., dict[str, Any]]) -> None:
    w = reader("steward")
    assert not w.scope.may("export")
    provider = next(p["provider_id"] for p in w.providers(DISTRICT, w.latest_month) if p["star"])
    shown = page(draw, provider, w.latest_month, "steward")
    assert "监管星级" in shown and "/letter/" not in shown


def test_a_provider_that_no_step_lifts_reads_where_to_begin(reader: Callable[..., Warehouse], draw: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    w = reader()
    monkeypatch.setattr(Warehouse, "changes", lambda *_: [])
    provider = next(p["provider_id"] for p in w.providers(DISTRICT, w.latest_month) if p["star"] == 1)
    shown = page(draw, provider, w.latest_month)
    assert NO_SINGLE in shown and "先解除的限制" in shown and "扣分最重的" in shown
    assert all(d.sentence in shown and d.ends in shown for d in w.burdens(provider, w.latest_month).deductions)
    best = next(p["provider_id"] for p in w.providers(DISTRICT, w.latest_month) if p["star"] == 5)
    assert "已是五星" in page(draw, best, w.latest_month) and NO_SINGLE not in page(draw, best, w.latest_month)
