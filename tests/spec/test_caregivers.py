"""What counts as a certified caregiver, where and when."""

from __future__ import annotations

from etl.indicators.caregivers import (
    caregiver_cert_rate,
    caregivers,
    caregivers_per_10k,
    cert_expiring_90d,
    cert_level_3,
    cert_level_5,
    senior_share,
    training_hours,
    turnover_12m,
)

XIAOHE, ELSEWHERE, STREET, DISTRICT = "330105003051", "330105001051", "330105003", "330105"


def test_a_certificate_that_expired_before_month_end_does_not_count(spec):
    spec.caregivers("""
        caregiver | community    | hired_on   | level | expires_on
        A         | 330105003051 | 2025-03-01 | 5     | 2027-01-01
        B         | 330105003051 | 2025-03-01 | 5     | 2026-10-30
        C         | 330105001051 | 2025-03-01 |       |
        """).at("2026-10").gives(caregiver_cert_rate, {XIAOHE: "1/2", STREET: "1/2", ELSEWHERE: "0/1", DISTRICT: "1/3"})


def test_a_certificate_is_valid_on_its_last_day(spec):
    spec.caregivers("""
        caregiver | level | expires_on
        A         | 5     | 2026-10-31
        """).gives(caregiver_cert_rate, {DISTRICT: "1/1"}).at("2026-09").gives(caregiver_cert_rate, {DISTRICT: "1/1"})


def test_a_certificate_issued_after_month_end_does_not_count_yet(spec):
    spec.caregivers("""
        caregiver | level | issued_on
        A         | 5     | 2026-10-02
        """).at("2026-09").gives(caregiver_cert_rate, {DISTRICT: "0/1"})


def test_hired_on_the_last_day_counts_and_left_on_the_last_day_does_not(spec):
    spec.caregivers("""
        caregiver | hired_on   | left_on
        A         | 2026-10-31 |
        B         | 2025-01-01 | 2026-10-31
        C         | 2025-01-01 | 2026-11-01
        D         | 2026-11-01 |
        """).at("2026-10").gives(caregivers, {DISTRICT: 2})


def test_nobody_employed_gives_no_rate(spec):
    spec.caregivers("""
        caregiver | hired_on   | left_on
        A         | 2025-01-01 | 2026-01-01
        """).gives(caregiver_cert_rate, {XIAOHE: None, DISTRICT: None})


def test_one_person_with_two_employers_counts_once_where_hired_last(spec):
    spec.caregivers("""
        caregiver | employer | community    | hired_on
        A         | X        | 330105001051 | 2024-01-01
        A         | Y        | 330105003051 | 2025-01-01
        """).gives(caregivers, {ELSEWHERE: 0, XIAOHE: 1, DISTRICT: 1})


def test_the_highest_valid_certificate_gives_the_level(spec):
    spec.caregivers("""
        caregiver | level | expires_on
        A         | 3     | 2026-09-30
        A         | 5     |
        B         | 3     |
        """).gives(cert_level_5, {DISTRICT: 1}).gives(cert_level_3, {DISTRICT: 1}).gives(senior_share, {DISTRICT: "1/2"})


def test_expiry_within_ninety_days_is_asked_of_the_longest_certificate(spec):
    spec.caregivers("""
        caregiver | level | expires_on
        A         | 5     | 2027-01-29
        B         | 5     | 2027-01-30
        C         | 5     | 2026-12-01
        C         | 4     |
        D         | 5     | 2026-10-01
        """).gives(cert_expiring_90d, {DISTRICT: 1})


def test_a_number_used_by_two_persons_does_not_take_it_from_its_holder(spec):
    spec.caregivers("""
        caregiver | level | certificate
        A         | 5     | N1
        B         |       |
        """)
    spec.world.add("caregiver_certificate", {"certificate_no": "N1", "caregiver_id": "B", "id_number": "A"})
    spec.gives(caregiver_cert_rate, {DISTRICT: "1/2"})


def test_an_unknown_employer_counts_for_the_district_only(spec):
    spec.caregivers("""
        caregiver | community
        A         | 330105003051
        """)
    spec.world.add("caregiver_employment", {"caregiver_id": "B", "id_number": "B", "name": "B", "credit_code": "unknown"})
    spec.gives(caregivers, {XIAOHE: 1, STREET: 1, DISTRICT: 2})


def test_staff_of_a_closed_employer_are_no_longer_employed(spec):
    spec.provider("P1", closed_on="2026-10-15", status="注销").caregivers("""
        caregiver | employer
        A         | CP1
        """)
    spec.at("2026-10").gives(caregivers, {DISTRICT: 0}).at("2026-09").gives(caregivers, {DISTRICT: 1})


def test_turnover_weighs_staff_by_days_employed(spec):
    # 2025-11-01 … 2026-10-31 has 365 days; B was there for the first 73 of them.
    spec.caregivers("""
        caregiver | hired_on   | left_on
        A         | 2024-01-01 |
        B         | 2024-01-01 | 2026-01-13
        C         | 2024-01-01 | 2025-10-31
        """).at("2026-10").gives(turnover_12m, {DISTRICT: "1/1.2"})


def test_density_and_training_are_ratios_over_other_marts(spec):
    spec.elders("""
        elder | community_code
        E1    | 330105003051
        E2    | 330105001051
        """).caregivers("""
        caregiver | level
        A         | 5
        B         |
        """).given("caregiver_training", """
        training_id | caregiver_id | held_on    | hours
        T1          | A            | 2026-10-05 | 8
        T2          | B            | 2026-09-30 | 4
        """)
    spec.gives(caregivers_per_10k, {XIAOHE: "1/1", ELSEWHERE: "0/1", DISTRICT: "1/2"})
    spec.gives(training_hours, {DISTRICT: "8/2"})
