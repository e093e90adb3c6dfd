"""Subsidies from budget to payment."""

from __future__ import annotations

from etl.indicators.money import (
    execution_rate,
    pay_days_median,
    returned_amount,
    returned_payments,
    subsidy_applied,
    subsidy_approved,
    subsidy_budget,
    subsidy_coverage,
    subsidy_paid,
    subsidy_paid_ytd,
)

XIAOHE, STREET, OTHER, DISTRICT = "330105003051", "330105003", "330105001", "330105"


def test_execution_starts_anew_every_january(spec):
    spec.elders("""
        elder
        E1
        """).given("subsidy_budget", """
        street_code  | year | amount
        330105003000 | 2025 | 1000
        330105003000 | 2026 | 2000
        330105001000 | 2026 | 500
        """).given("subsidy_payment", """
        payment_id | elder_id | month   | amount
        0          | E1       | 2025-01 | 0.05
        1          | E1       | 2025-11 | 100
        2          | E1       | 2025-12 | 100
        3          | E1       | 2026-01 | 300
        4          | E1       | 2026-02 | 50
        """)
    spec.at("2025-12").gives(execution_rate, {STREET: "200.05/1000", DISTRICT: "200.05/1000"})
    spec.at("2026-01").gives(execution_rate, {STREET: "300/2000", OTHER: "0/500", DISTRICT: "300/2500"})
    spec.at("2026-10").gives(subsidy_paid_ytd, {STREET: 350}).gives(subsidy_budget, {DISTRICT: 2500})


def test_a_year_whose_first_months_are_not_on_record_has_no_execution_rate(spec):
    spec.elders("""
        elder
        E1
        """).given("subsidy_budget", """
        street_code  | year | amount
        330105003000 | 2025 | 1000
        330105003000 | 2026 | 2000
        """).given("subsidy_payment", """
        payment_id | elder_id | month   | amount
        1          | E1       | 2025-02 | 100
        2          | E1       | 2026-02 | 300
        """)
    spec.at("2025-12").gives(execution_rate, {STREET: None, DISTRICT: None}).gives(subsidy_paid_ytd, {STREET: 100})
    spec.at("2026-10").gives(execution_rate, {STREET: "300/2000"})


def test_what_the_bank_returned_is_not_paid(spec):
    spec.elders("""
        elder
        E1
        """).given("subsidy_payment", """
        payment_id | elder_id | amount | bank_result | returned_on
        1          | E1       | 60     | 退回        | 2026-10-28
        2          | E1       | 60     | 成功        |
        """).gives(subsidy_paid, {XIAOHE: 60, DISTRICT: 60}).gives(returned_payments, {DISTRICT: 1}).gives(returned_amount, {XIAOHE: 60})


def test_money_belongs_to_the_payees_community_else_to_the_street_that_filed(spec):
    spec.elders("""
        elder | community_code
        E1    | 330105003051
        """).provider("P1", "330105001051").given("subsidy_application", """
        application_id | programme | payee    | elder_id | provider_id | amount | street_code
        S1             | high_age  | elder    | E1       |             | 10     | 330105001000
        S2             | operation | provider |          | P1          | 20     | 330105003000
        S3             | high_age  | elder    | unknown  |             | 40     | 330105003000
        """).given("subsidy_payment", """
        payment_id | application_id | programme | payee    | elder_id | provider_id | amount
        1          | S1             | high_age  | elder    | E1       |             | 10
        2          | S2             | operation | provider |          | P1          | 20
        3          | S3             | high_age  | elder    | unknown  |             | 40
        4          |                | high_age  | elder    | nobody   |             | 80
        """)
    wanted = {XIAOHE: 10, "330105001051": 20, STREET: 50, OTHER: 20, DISTRICT: 150}
    spec.gives(subsidy_paid, wanted).gives(subsidy_paid_ytd, {STREET: 50, OTHER: 20, DISTRICT: 150})
    spec.gives(subsidy_applied, {XIAOHE: 10, "330105001051": 20, STREET: 50, DISTRICT: 70})


def test_an_elders_application_is_due_every_month_and_approved_by_the_district_only(spec):
    spec.elders("""
        elder
        E1
        E2
        """).given("subsidy_application", """
        application_id | elder_id | applied_on | month_from | amount
        S1             | E1       | 2026-06-28 | 2026-08    | 100
        S2             | E2       | 2026-09-02 | 2026-09    | 50
        """).given("subsidy_approval", """
        application_id | step     | outcome  | decided_on | amount
        S1             | 街道审核 | 通过     | 2026-07-01 | 100
        S1             | 区级审批 | 通过     | 2026-07-09 | 80
        S2             | 街道审核 | 退回补正 | 2026-09-20 | 0
        """)
    spec.at("2026-06").gives(subsidy_applied, {DISTRICT: 0}).at("2026-07").gives(subsidy_applied, {DISTRICT: 0})
    spec.at("2026-08").gives(subsidy_applied, {DISTRICT: 100}).gives(subsidy_approved, {DISTRICT: 80})
    spec.at("2026-10").gives(subsidy_applied, {XIAOHE: 150}).gives(subsidy_approved, {XIAOHE: 80})


def test_a_change_takes_the_place_of_the_application_before_it_from_its_own_month_on(spec):
    spec.elders("""
        elder
        E1
        """).given("subsidy_application", """
        application_id | elder_id | applied_on | month_from | amount
        S1             | E1       | 2020-01-05 | 2020-02    | 50
        S2             | E1       | 2026-07-05 | 2026-08    | 100
        S3             | E1       | 2026-08-05 | 2026-09    | 300
        S4             | E1       | 2026-09-05 | 2026-10    | 70
        """).given("subsidy_approval", """
        application_id | outcome  | amount
        S1             | 通过     | 50
        S2             | 通过     | 100
        S3             | 不通过   | 0
        S4             | 退回补正 | 0
        """)
    spec.at("2026-07").gives(subsidy_applied, {DISTRICT: 50}).gives(subsidy_approved, {DISTRICT: 50})
    # The refused one counts in the month in which it was filed, and leaves the one before it in force.
    spec.at("2026-08").gives(subsidy_applied, {DISTRICT: 400}).gives(subsidy_approved, {DISTRICT: 100})
    spec.at("2026-09").gives(subsidy_applied, {DISTRICT: 100}).gives(subsidy_approved, {DISTRICT: 100})
    # While the change is undecided the approval before it stands, up to the new amount.
    spec.at("2026-10").gives(subsidy_applied, {DISTRICT: 70}).gives(subsidy_approved, {DISTRICT: 70})


def test_nothing_is_due_after_the_month_of_death_and_once_only_for_two_numbers_of_one_person(spec):
    spec.elders("""
        elder | id_number | status | status_on  | updated_at
        A     | 1         | 死亡   | 2026-09-02 |
        B1    | 2         | 正常   |            | 2026-01-01 00:00:00
        B2    | 2         | 正常   |            | 2025-01-01 00:00:00
        C     | 3         | 迁出   | 2026-09-30 |
        """).given("subsidy_application", """
        application_id | elder_id | applied_on | month_from | amount
        S1             | A        | 2026-01-05 | 2026-02    | 100
        S2             | B1       | 2026-01-05 | 2026-02    | 10
        S3             | B2       | 2026-02-05 | 2026-03    | 20
        S4             | C        | 2026-01-05 | 2026-02    | 1
        """)
    spec.at("2026-02").gives(subsidy_applied, {DISTRICT: 111}).at("2026-09").gives(subsidy_applied, {DISTRICT: 121})
    spec.at("2026-10").gives(subsidy_applied, {DISTRICT: 20}).gives(subsidy_approved, {DISTRICT: 0})


def test_a_providers_application_is_due_once_in_its_month_and_a_refused_one_when_it_was_filed(spec):
    spec.provider("P1").given("subsidy_application", """
        application_id | programme | payee    | provider_id | applied_on | month_from | amount
        S1             | operation | provider | P1          | 2025-12-20 | 2026-02    | 1000
        S2             | operation | provider | P1          | 2026-02-03 |            | 400
        S3             | operation | provider | P1          | 2026-01-03 | 2026-02    | 70
        """).given("subsidy_approval", """
        application_id | step     | outcome | amount
        S1             | 区级审批 | 通过    | 900
        S2             | 区级审批 | 通过    |
        S3             | 社区初审 | 不通过  | 0
        """)
    spec.at("2025-12").gives(subsidy_applied, {DISTRICT: 0}).at("2026-01").gives(subsidy_applied, {DISTRICT: 70})
    spec.at("2026-02").gives(subsidy_applied, {XIAOHE: 1400}).gives(subsidy_approved, {XIAOHE: 1300})
    spec.at("2026-03").gives(subsidy_applied, {DISTRICT: 0})
    spec.world.build(["subsidy_month"])
    found = spec.world.con.execute(
        "select applied_ytd, approved_ytd from subsidy_month where programme = 'operation' and month = '2026-10'"
    ).fetchall()
    assert found == [(1470, 1300)]


def test_days_to_pay_are_those_of_the_first_payment_only(spec):
    spec.elders("""
        elder
        E1
        E2
        """).given("subsidy_approval", """
        application_id | decided_on
        S1             | 2026-09-01
        S2             | 2026-10-05
        S3             | 2015-01-01
        """).given("subsidy_payment", """
        payment_id | application_id | elder_id | month   | paid_on
        1          | S1             | E1       | 2026-09 | 2026-09-15
        2          | S1             | E1       | 2026-10 | 2026-10-15
        3          | S2             | E2       | 2026-10 | 2026-10-25
        4          | S3             | E2       | 2026-10 | 2026-10-25
        """)
    spec.at("2026-10").gives(pay_days_median, {DISTRICT: "20/1"}).at("2026-09").gives(pay_days_median, {DISTRICT: "14/1"})


def test_coverage_asks_who_should_get_the_allowance_and_does(spec):
    spec.elders("""
        elder | birth_date | status | status_on
        A     | 1940-01-01 | 正常   |
        B     | 1940-01-01 | 正常   |
        C     | 1940-01-01 | 死亡   | 2026-10-03
        D     | 1960-01-01 | 正常   |
        """).given("subsidy_payment", """
        payment_id | elder_id | bank_result
        1          | A        | 成功
        2          | B        | 退回
        3          | C        | 成功
        4          | D        | 成功
        """).gives(subsidy_coverage, {DISTRICT: "1/2"})
