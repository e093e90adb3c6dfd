"""Prepayments: what is owed to residents, what the bank holds of it, deposits above what is allowed."""

from __future__ import annotations

from etl.indicators.prepaid import deposits_over, prepaid_balance, prepaid_held_share, prepaid_short

XIAOHE, MISHI = "330105003051", "330105001051"


def test_the_provider_owes_the_balance_where_it_stands_whoever_it_belongs_to(spec):
    spec.elders("elder | community_code\nE1 | 330105001051\nE2 |").provider().provider("P2", MISHI)
    spec.given("bed_prepayment", """
        provider_id | elder_id | kind       | amount   | held     | month
        P1          | E1       | 押金       | 10000.50 | 10000.50 | 2026-10
        P1          | E2       | 预付服务费 | 20000    | 5000     | 2026-10
        P2          | E2       | 会员费     | 100      | 80       | 2026-10
        P1          | E1       | 押金       | 999      | 999      | 2026-09
        gone        | nobody   | 押金       | 7        | 0        | 2026-10
        """)
    spec.gives(prepaid_balance, {XIAOHE: "30000.50", MISHI: 100, "330105": "30107.50"})
    spec.gives(prepaid_held_share, {MISHI: "80/100"})
    spec.gives(prepaid_short, {XIAOHE: 1, MISHI: 0, "330105": 1}).at("2026-09").gives(prepaid_short, {XIAOHE: 0})


def test_a_deposit_of_more_months_than_allowed_is_counted_and_other_kinds_are_not(spec):
    spec.elders("elder\nE1\nE2\nE3").provider().given("bed_prepayment", """
        elder_id | kind   | amount | held  | monthly_fee
        E1       | 押金   | 60000  | 60000 | 5000
        E2       | 押金   | 60001  | 60001 | 5000
        E3       | 会员费 | 90000  | 90000 | 5000
        E3       | 押金   | 90000  | 90000 | -
        """)
    spec.gives(deposits_over, {XIAOHE: 1})
