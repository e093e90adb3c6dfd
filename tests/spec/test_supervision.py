"""Inspections, findings, complaints, permits, stars and exits."""

from __future__ import annotations

from etl.indicators.supervision import (
    complaint_answered_in_time,
    complaints,
    complaints_per_1000_orders,
    findings_open,
    findings_overdue,
    inspection_pass_rate,
    inspections_done,
    insured_share,
    major_findings,
    permits_lapsed,
    provider_star_mean,
    providers_exit_candidate,
    providers_exited,
    providers_exiting,
    providers_rated_low,
    providers_watch,
    rectified_on_time,
)

XIAOHE, STREET, OTHER, DISTRICT = "330105003051", "330105003", "330105001", "330105"


def test_a_finding_is_open_until_it_is_rectified(spec):
    spec.provider().given("inspection_inspection", """
        inspection_id | inspected_on | kind   | result | follows
        J1            | 2026-09-10   | 双随机 | 不合格 |
        J2            | 2026-10-12   | 复查   | 合格   | J1
        """).given("inspection_finding", """
        finding_id | inspection_id | severity
        W1         | J1            | 重大
        W2         | J1            | 一般
        W3         | J1            | 一般
        """).given("inspection_rectification", """
        finding_id | ordered_on | deadline   | done_on
        W1         | 2026-09-10 | 2026-09-13 | 2026-10-31
        W2         | 2026-09-10 | 2026-10-10 | 2026-10-10
        """)
    spec.at("2026-09").gives(findings_open, {XIAOHE: 3}).gives(major_findings, {XIAOHE: 1}).gives(findings_overdue, {XIAOHE: 1})
    spec.gives(rectified_on_time, {DISTRICT: "0/1"}).gives(inspection_pass_rate, {DISTRICT: "0/1"})
    spec.at("2026-10").gives(findings_open, {XIAOHE: 1}).gives(major_findings, {XIAOHE: 0}).gives(rectified_on_time, {DISTRICT: "1/1"})
    spec.gives(inspections_done, {XIAOHE: 1}).gives(inspection_pass_rate, {DISTRICT: "1/1"})


def test_findings_of_a_closed_provider_are_no_longer_open(spec):
    spec.provider("P1", status="注销", closed_on="2026-10-20").given("inspection_inspection", """
        inspection_id | inspected_on
        J1            | 2026-09-10
        """).given("inspection_finding", """
        finding_id | inspection_id
        W1         | J1
        """).at("2026-09").gives(findings_open, {DISTRICT: 1}).at("2026-10").gives(findings_open, {DISTRICT: 0})


def test_a_complaint_goes_to_the_provider_else_the_street_else_the_district(spec):
    spec.provider("P1", "330105001051").given("complaint_complaint", """
        complaint_id | credit_code | provider_name | street_name
        1            | CP1         |               | 小河街道
        2            |             | 单位P1        | 小河街道
        3            |             | 一家餐馆      | 小河街道
        4            |             |               | 小河
        5            |             |               |
        """)
    spec.gives(complaints, {"330105001051": 2, XIAOHE: 0, OTHER: 2, STREET: 2, DISTRICT: 5})


def test_answered_late_or_not_yet_due(spec):
    spec.given("complaint_complaint", """
        complaint_id | received_at         | due_on     | answered_at
        1            | 2026-10-01 09:00:00 | 2026-10-08 | 2026-10-08 23:00:00
        2            | 2026-10-01 09:00:00 | 2026-10-08 | 2026-10-09 00:10:00
        3            | 2026-10-01 09:00:00 | 2026-10-08 |
        4            | 2026-10-30 09:00:00 | 2026-11-06 |
        5            | 2026-10-30 09:00:00 |            | 2026-10-30 10:00:00
        """).gives(complaint_answered_in_time, {DISTRICT: "1/3"})


def test_complaints_per_thousand_orders_need_orders(spec):
    spec.provider().given("complaint_complaint", """
        complaint_id | credit_code
        1            | CP1
        """).given("order_order", """
        order_id | ordered_at
        1        | 2026-10-03 09:00:00
        2        | 2026-10-04 09:00:00
        """).gives(complaints_per_1000_orders, {DISTRICT: "1/2", OTHER: None})


def test_insurance_must_be_in_force_on_the_last_day(spec):
    spec.provider("P1").provider("P2").provider("P3").given("provider_permit", """
        permit_id | provider_id | kind     | issued_on  | expires_on
        1         | P1          | 综合保险 | 2025-11-01 | 2026-10-31
        2         | P2          | 综合保险 | 2025-10-31 | 2026-10-30
        3         | P2          | 消防     | 2025-10-31 |
        4         | P3          | 综合保险 | 2026-11-01 | 2027-10-31
        """).gives(insured_share, {DISTRICT: "1/3"}).gives(permits_lapsed, {DISTRICT: 1})


def test_a_renewed_permit_has_not_lapsed(spec):
    spec.provider("P1").given("provider_permit", """
        permit_id | provider_id | issued_on  | expires_on
        1         | P1          | 2024-10-01 | 2025-09-30
        2         | P1          | 2025-10-01 | 2026-11-30
        """).gives(permits_lapsed, {DISTRICT: 0})


def test_unrated_and_closed_providers_do_not_enter_the_mean_star(spec):
    spec.provider("P1").provider("P2").provider("P3").provider("P4", status="注销", closed_on="2026-10-05")
    spec.given("rating", """
        provider_id | month   | star
        P1          | 2026-10 | 5
        P2          | 2026-10 | 2
        P3          | 2026-10 |
        P4          | 2026-10 | 1
        """).given("exit_status", """
        provider_id | month   | state
        P2          | 2026-10 | watch
        P4          | 2026-10 | exited
        """)
    spec.gives(provider_star_mean, {DISTRICT: "7/2"}).gives(providers_rated_low, {DISTRICT: 1})
    spec.gives(providers_watch, {DISTRICT: 1}).gives(providers_exited, {DISTRICT: 1}).at("2026-09").gives(providers_watch, {DISTRICT: 0})


def test_who_only_meets_the_criteria_is_not_counted_among_those_told_in_writing(spec):
    spec.provider("P1").provider("P2").provider("P3").given("exit_status", """
        provider_id | month   | state
        P1          | 2026-10 | exit_candidate
        P2          | 2026-10 | exit_proposed
        P3          | 2026-10 | exit_candidate
        """)
    spec.gives(providers_exit_candidate, {DISTRICT: 2}).gives(providers_exiting, {DISTRICT: 1})
