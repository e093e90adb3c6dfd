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
        1          | E1       | 2025-11 | 100.05
        2          | E1       | 2025-12 | 100
        3          | E1       | 2026-01 | 300
        4          | E1       | 2026-02 | 50
        """)
    spec.at("2025-12").gives(execution_rate, {STREET: "200.05/1000", DISTRICT: "200.05/1000"})
    spec.at("2026-01").gives(execution_rate, {STREET: "300/2000", OTHER: "0/500", DISTRICT: "300/2500"})
    spec.at("2026-10").gives(subsidy_paid_ytd, {STREET: 350}).gives(subsidy_budget, {DISTRICT: 2500})


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


def test_approval_is_the_districts_and_counts_in_its_own_month(spec):
    spec.elders("""
        elder
        E1
        """).given("subsidy_application", """
        application_id | elder_id | applied_on | amount
        S1             | E1       | 2026-09-28 | 100
        S2             | E1       | 2026-10-02 | 100
        """).given("subsidy_approval", """
        application_id | step     | outcome | decided_on | amount
        S1             | 街道审核 | 通过    | 2026-09-30 | 100
        S1             | 区级审批 | 通过    | 2026-10-09 | 80
        S2             | 区级审批 | 不通过  | 2026-10-20 | 0
        """)
    spec.at("2026-10").gives(subsidy_approved, {DISTRICT: 80}).gives(subsidy_applied, {DISTRICT: 100})
    spec.at("2026-09").gives(subsidy_approved, {DISTRICT: 0}).gives(subsidy_applied, {DISTRICT: 100})


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
