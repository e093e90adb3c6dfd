"""Admission, the double-random draw, credit grades, and what officials do in the product."""

from __future__ import annotations

from etl.indicators.admission import (
    admission_days_median,
    admissions,
    credit_grade_a,
    credit_grade_d,
    credit_graded_share,
    draws_done_in_time,
    inspections_drawn,
)
from etl.indicators.product import exports, sign_in_failures, sign_ins

XIAOHE, DISTRICT = "330105003051", "330105"


def test_a_draw_is_done_in_time_when_its_own_inspection_was_made_by_the_day_committed_to(spec):
    spec.provider("P1").provider("P2").given("inspection_inspection", """
        inspection_id | provider_id | inspected_on
        J1            | P1          | 2026-10-20
        J2            | P1          | 2026-10-21
        J3            | P2          | 2026-10-05
        """).given("inspection_draw", """
        draw_id | inspection_id | due_on
        1       | J1            | 2026-10-20
        2       | J2            | 2026-10-20
        3       |               | 2026-10-20
        4       | J3            | 2026-10-20
        5       | J1            | 2026-11-01
        """)
    # J3 is an inspection of another provider: it does not fulfil the draw.
    spec.gives(inspections_drawn, {XIAOHE: 4}).gives(draws_done_in_time, {XIAOHE: "1/4"})


def test_the_latest_credit_grade_counts_while_it_is_in_force(spec):
    for n in (1, 2, 3):
        spec.provider(f"P{n}")
    spec.provider("P4", status="注销", closed_on="2026-09-01").given("inspection_credit", """
        credit_id | provider_id | grade | assessed_on | valid_until
        1         | P1          | A     | 2025-11-01  | 2026-10-31
        2         | P1          | D     | 2026-10-31  |
        3         | P2          | A     | 2025-10-31  | 2026-10-30
        4         | P3          | A     | 2026-01-01  |
        5         | P4          | D     | 2026-01-01  |
        """)
    spec.gives(credit_graded_share, {DISTRICT: "2/3"}).gives(credit_grade_d, {DISTRICT: "1/2"}).gives(credit_grade_a, {DISTRICT: "1/2"})
    spec.at("2026-09").gives(credit_grade_a, {DISTRICT: "3/3"})


def test_admissions_by_the_month_filed(spec):
    spec.given("provider_admission", """
        application_id | applied_on | decided_on | outcome
        1              | 2026-09-20 | 2026-10-20 | 通过
        2              | 2026-10-01 | 2026-10-11 | 不通过
        3              | 2026-10-01 | 2026-10-31 | 通过
        4              | 2026-10-31 |            | 受理中
        """).gives(admissions, {DISTRICT: 3}).gives(admission_days_median, {DISTRICT: "20"})


def test_what_officials_did_in_a_month(spec):
    spec.given("ledger_event", """
        month   | action   | events | accounts
        2026-10 | 登录     | 40     | 7
        2026-10 | 登录失败 | 3      | 2
        2026-10 | 登录锁定 | 1      | 1
        2026-10 | export   | 5      | 2
        2026-10 | report   | 2      | 1
        2026-09 | 登录     | 9      | 3
        """).gives(sign_ins, {DISTRICT: 40}).gives(sign_in_failures, {DISTRICT: 4}).gives(exports, {DISTRICT: 7})
