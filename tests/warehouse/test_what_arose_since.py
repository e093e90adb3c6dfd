"""What was found or decided against a provider after a day, and who holds a credit code, from the published rows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dashboard.warehouse import Snapshot, Unknown, Warehouse

GRAVE = "select provider_id, inspected_on from finding_fact where severity in ('严重', '重大') order by 1, 2 limit 1"


def test_only_what_came_after_the_day_counts_and_only_until_the_last(snapshot: Snapshot, district: Warehouse, streets: tuple[Warehouse, Warehouse]) -> None:
    ((provider, day),) = snapshot.query(GRAVE)
    before = district.violations(provider, day - timedelta(days=1), date(2099, 1, 1))
    assert any(when == day and what.startswith("检查发现") for when, what in before) and before == sorted(before)
    after = district.violations(provider, day, date(2099, 1, 1))
    assert after == [(when, what) for when, what in before if when > day]
    assert {when for when, _ in district.violations(provider, day - timedelta(days=1), day)} == {day}
    (minor,) = snapshot.query("select count(*) from finding_fact where provider_id = ? and severity not in ('严重', '重大')", [provider])[0]
    assert sum("问题" in what for _, what in before) < minor + len(before)
    blind = [w for w in streets if provider not in {p["provider_id"] for p in w.providers(w.root.code, w.latest_month)}]
    assert blind
    for reader in blind:
        with pytest.raises(Unknown):
            reader.violations(provider, day, day)


def test_a_credit_code_is_known_in_the_whole_district(snapshot: Snapshot, streets: tuple[Warehouse, Warehouse]) -> None:
    ((code, name),) = snapshot.query("select credit_code, name from provider_month where month = '2026-10' order by provider_id limit 1")
    for reader in streets:
        (held,) = reader.with_credit_code(code)
        assert held["name"] == name and held["operating"] and held["until"] == "2026-10"
        assert reader.with_credit_code("") == reader.with_credit_code("' or 1=1 --") == []
