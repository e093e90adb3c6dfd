"""Deliveries: in time, and how much of them was unusable."""

from __future__ import annotations

from etl.indicators.data import rows_quarantined_rate, source_on_time

DISTRICT = "330105"


def test_late_and_stale_modules_are_not_in_time_and_rows_are_pooled(spec):
    spec.given("state.module", """
        module   | status
        registry | ok
        order    | late
        bed      | stale
        area     | ok
        """).given("state.delivery", """
        module   | table_name | read | loaded | quarantined
        registry | elder      | 100  | 90     | 6
        registry | population | 10   | 10     | 0
        order    | order      | 90   | 90     | 0
        """)
    spec.at("2026-10").gives(source_on_time, {DISTRICT: "2/4"}).gives(rows_quarantined_rate, {DISTRICT: "6/200"})
    spec.at("2026-09").gives(source_on_time, {DISTRICT: None})
