"""Family doctors, health checks, and the medical arrangements of providers."""

from __future__ import annotations

from etl.indicators.medical import (
    centres_with_rehab,
    doctor_contract_rate,
    doctor_contracts_elders,
    green_channels,
    health_check_rate,
    medical_compliance,
    medical_declared_only,
)

XIAOHE, DISTRICT = "330105003051", "330105"


def test_a_contract_counts_once_per_living_elder_while_it_is_in_force(spec):
    spec.elders("""
        elder | status | status_on
        E1    |        |
        E2    |        |
        E3    | 死亡   | 2026-10-20
        E4    |        |
        """).given("medical_signing", """
        contract_no | elder_id | signed_on  | until
        1           | E1       | 2025-11-01 | 2026-10-31
        2           | E1       | 2026-06-01 | 2027-05-31
        3           | E2       | 2025-10-31 | 2026-10-30
        4           | E3       | 2026-01-01 | 2026-12-31
        5           | E9       | 2026-01-01 | 2026-12-31
        """)
    spec.gives(doctor_contracts_elders, {XIAOHE: 1}).gives(doctor_contract_rate, {DISTRICT: "1/3"})
    spec.at("2026-09").gives(doctor_contracts_elders, {XIAOHE: 3})


def test_a_contract_signed_for_the_second_number_of_a_person_counts_for_the_person(spec):
    spec.elders("""
        elder | id_number | updated_at
        E1    | X         | 2024-01-01 00:00:00
        E2    | X         | 2023-01-01 00:00:00
        """).given("medical_signing", """
        contract_no | elder_id
        1           | E2
        """).gives(doctor_contracts_elders, {DISTRICT: 1})


def test_a_health_check_lasts_twelve_months_and_is_owed_from_65(spec):
    spec.elders("""
        elder | birth_date
        E1    | 1950-05-01
        E2    | 1950-05-01
        E3    | 1962-01-01
        E4    | 1961-10-31
        """).given("medical_check", """
        check_no | elder_id | checked_on
        1        | E1       | 2025-11-01
        2        | E2       | 2025-10-31
        3        | E3       | 2026-09-01
        4        | E4       | 2026-10-31
        5        | E4       | 2026-02-01
        """).gives(health_check_rate, {XIAOHE: "2/3"})


def test_the_arrangement_on_record_must_fit_the_number_of_beds(spec):
    for n in range(1, 9):
        spec.provider(f"P{n}", medical="内设")
    spec.provider("P9", kind="老年食堂")
    spec.given("bed_stock", """
        provider_id | beds
        P1          | 100
        P2          | 101
        P3          | 500
        P4          | 501
        P5          | 501
        P6          | 20
        P7          | 20
        P8          | 0
        """).given("medical_agreement", """
        agreement_no | credit_code | expires_on
        1            | CP1         |
        2            | CP2         | 2026-10-31
        3            | CP6         | 2026-10-30
        """).given("medical_unit", """
        licence_no | credit_code | kind   | expires_on
        1          | CP3         | 医务室 | 2026-10-31
        2          | CP4         | 护理站 |
        3          | CP5         | 护理院 |
        4          | CP7         | 医务室 |
        """)
    spec.gives(medical_compliance, {DISTRICT: "4/7"})  # P1, P3, P5, P7


def test_what_is_declared_but_not_on_record(spec):
    spec.provider("P1", medical="协议").provider("P2", medical="协议").provider("P3", medical="内设").provider("P4", medical="无")
    spec.provider("P5", medical="内设", status="注销", closed_on="2026-10-05")
    spec.given("medical_agreement", """
        agreement_no | credit_code
        1            | CP1
        2            | CP3
        """).gives(medical_declared_only, {DISTRICT: 2})


def test_rehabilitation_by_agreement_or_by_licence_and_green_channels(spec):
    for n in (1, 2, 3):
        spec.provider(f"P{n}", kind="照料中心")
    spec.provider("P4", kind="养老机构").given("medical_agreement", """
        agreement_no | credit_code | rehab | expires_on
        1            | CP1         | yes   |
        2            | CP3         | yes   | 2026-09-30
        3            | CP4         | yes   |
        """).given("medical_unit", """
        licence_no | credit_code | rehab
        1          | CP2         | yes
        """).given("medical_channel", """
        channel_no | credit_code | closed_on
        1          | CP1         |
        2          | CP2         | 2026-10-31
        """).gives(centres_with_rehab, {DISTRICT: 2}).gives(green_channels, {DISTRICT: 1})
    spec.at("2026-09").gives(centres_with_rehab, {DISTRICT: 3}).gives(green_channels, {DISTRICT: 2})
