"""Deliveries: in time, how far behind, and how much of them was unusable, and where."""

from __future__ import annotations

from etl.indicators.data import (
    freshness_hours,
    rows_quarantined,
    rows_quarantined_rate,
    source_on_time,
    unit_days_behind,
    units_on_time,
)

DISTRICT = "330105"


def test_late_and_stale_modules_are_not_in_time(spec):
    spec.given("state.module", """
        module   | status
        registry | ok
        order    | late
        bed      | stale
        area     | ok
        """)
    spec.at("2026-10").gives(source_on_time, {DISTRICT: "2/4"})
    spec.at("2026-09").gives(source_on_time, {DISTRICT: None})


def test_a_module_is_as_far_behind_as_its_data_is_older_than_the_newest_intake(spec):
    spec.given("state.module", """
        module   | status
        registry | ok
        order    | ok
        bed      | late
        area     | failed
        """).given("state.delivery", """
        module   | table_name | data_date  | loaded_at
        registry | elder      | 2026-11-05 | 2026-11-05 02:00:00
        order    | order      | 2026-11-04 | 2026-11-05 02:00:00
        bed      | stock      | 2026-10-04 | 2026-10-05 02:00:00
        """)
    # 0, 2 and 31 days and 2 hours; what never delivered has no age.
    spec.at("2026-10").gives(freshness_hours, {DISTRICT: "2/3"})


def test_a_row_rejected_for_two_reasons_counts_once_and_where_it_names_its_place(spec):
    spec.given("state.quarantine", """
        module   | table_name | source | position | sentence   | community_code
        registry | elder      | LNR    | 4        | 姓名为空   | 330105003051
        registry | elder      | LNR    | 4        | 性别为空   | 330105003051
        registry | elder      | LNR    | 5        | 姓名为空   |
        subsidy  | budget     | 预算   | 2        | 金额为空   | 330105003000
        order    | order      | DD     | 4        | 编号已损坏 | 330199999999
        """)
    spec.at("2026-10").gives(rows_quarantined, {DISTRICT: 4, "330105003": 2, "330105003051": 1, "330105001": 0})
    spec.at("2026-09").gives(rows_quarantined, {DISTRICT: 0})


def test_rows_are_pooled_and_a_street_counts_what_names_its_place(spec):
    spec.given("state.delivered", """
        module   | table_name | place        | loaded | quarantined | superseded
        registry | elder      | 330105003051 | 90     | 4           | 0
        registry | elder      |              | 0      | 2           | 4
        order    | order      |              | 100    | 0           | 0
        """)
    spec.at("2026-10").gives(rows_quarantined_rate, {DISTRICT: "6/200", "330105003": "4/94", "330105001": None})


def test_each_canteen_site_home_and_lead_department_is_in_time_by_the_dates_of_its_own_rows(spec):
    spec.provider("P1", "330105003051").provider("P2", "330105001051").given("canteen_canteen", """
        canteen_id | street_code  | opened_on  | closed_on
        C1         | 330105003000 | 2025-01-01 |
        C2         | 330105003000 | 2025-01-01 |
        C3         | 330105003000 | 2025-01-01 |
        C4         | 330105001000 | 2025-01-01 | 2026-10-01
        """).given("canteen_meal", """
        canteen_id | meal_no | eaten_at
        C1         | 1       | 2026-10-30 11:00:00
        C2         | 1       | 2026-09-30 11:00:00
        C2         | 2       | 2026-11-02 11:00:00
        """).given("bed_stock", """
        provider_id | month
        P1          | 2026-10
        P2          | 2026-08
        """).given("venue_visit", """
        site_id | day
        ZP1     | 2026-10-02
        """).given("task_task", """
        task_id
        1
        """).given("task_duty", """
        task_id | department | role
        1       | 区民政局   | 牵头
        1       | 区财政局   | 配合
        """)
    # Xiaohe: canteen 1, home and site of October; canteens 2 (September) and 3 (nothing) not. The closed canteen owes nothing.
    spec.at("2026-10").gives(units_on_time, {"330105003": "3/5", "330105001": "0/1", DISTRICT: "3/7"})
    spec.gives(unit_days_behind, {"330105003": "61/4", "330105001": "61/1", DISTRICT: "122/5"})
    spec.at("2026-09").gives(units_on_time, {DISTRICT: None}).gives(unit_days_behind, {DISTRICT: None})
