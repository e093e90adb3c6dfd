"""Welfare-lottery funds and the budget."""

from __future__ import annotations

from etl.indicators.funds import budget_spent, fund_differs, lottery_income, lottery_share, lottery_spent

DISTRICT = "330105"


def test_the_share_for_elder_care_is_of_what_the_year_has_spent_so_far(spec):
    spec.given("fund_expenditure", """
        voucher_no | month   | kind       | amount | fund
        1          | 2025-12 | 养老服务   | 900    | 福利彩票公益金
        2          | 2026-01 | 养老服务   | 300    | 福利彩票公益金
        3          | 2026-01 | 残疾人服务 | 100    | 福利彩票公益金
        4          | 2026-10 | 社会救助   | 200    | 福利彩票公益金
        5          | 2026-10 | 养老服务   | 700    | 一般公共预算
        """)
    spec.at("2026-01").gives(lottery_share, {DISTRICT: "300/400"})
    spec.at("2026-10").gives(lottery_share, {DISTRICT: "300/600"}).gives(lottery_spent, {DISTRICT: 200})
    spec.gives(budget_spent, {DISTRICT: 700})
    spec.at("2025-12").gives(lottery_share, {DISTRICT: "900/900"})


def test_nothing_spent_has_no_share(spec):
    spec.given("fund_income", """
        voucher_no | amount
        1          | 250
        """).gives(lottery_share, {DISTRICT: None}).gives(lottery_income, {DISTRICT: 250})


def test_a_stated_total_must_agree_with_its_entries_up_to_rounding(spec):
    spec.given("fund_expenditure", """
        voucher_no | month   | amount
        1          | 2026-08 | 1040
        2          | 2026-09 | 1040
        3          | 2026-10 | 1040
        """).given("fund_total", """
        month   | amount
        2026-08 | 1000
        2026-09 | 1100
        2026-07 | 500
        """)
    spec.at("2026-08").gives(fund_differs, {DISTRICT: 0})
    spec.at("2026-09").gives(fund_differs, {DISTRICT: 1})
    # A total without entries and entries without a total are differences, too.
    spec.at("2026-07").gives(fund_differs, {DISTRICT: 1})
    spec.at("2026-10").gives(fund_differs, {DISTRICT: 1})
