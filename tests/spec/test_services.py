"""Orders, and to whom they belong."""

from __future__ import annotations

from etl.indicators.services import (
    meal_orders,
    on_time_rate,
    order_completion,
    orders,
    purchased_service_elders,
    revisit_rate,
    satisfaction,
    sign_in_compliance,
)

XIAOHE, ELSEWHERE, DISTRICT = "330105003051", "330105001051", "330105"


def test_an_order_belongs_to_the_community_of_the_elder_not_of_the_provider(spec):
    spec.elders("""
        elder | community_code
        E1    | 330105003051
        """).provider("P1", ELSEWHERE).given("order_order", """
        order_id | elder_id
        1        | E1
        2        | unknown
        """).gives(orders, {XIAOHE: 1, ELSEWHERE: 1, DISTRICT: 2})


def test_orders_of_one_who_has_died_keep_their_place(spec):
    spec.elders("""
        elder | status | status_on
        E1    | 死亡   | 2026-10-12
        """).provider().given("order_order", """
        order_id | ordered_at
        1        | 2026-10-10 08:00:00
        """).gives(orders, {XIAOHE: 1})


def test_an_order_counts_in_the_month_it_was_placed(spec):
    spec.elders("""
        elder
        E1
        """).provider().given("order_order", """
        order_id | ordered_at          | signed_in_at
        1        | 2026-09-30 23:59:59 | 2026-10-01 09:00:00
        2        | 2026-10-31 23:59:59 | 2026-11-01 09:00:00
        3        | 2026-11-01 00:00:00 |
        """).at("2026-10").gives(orders, {DISTRICT: 1}).at("2026-09").gives(orders, {DISTRICT: 1})


def test_punctual_means_within_a_quarter_of_an_hour_of_the_appointment(spec):
    spec.elders("""
        elder
        E1
        """).provider().given("order_order", """
        order_id | status | signed_in_at        | signed_out_at       | satisfaction | revisit
        1        | 已完成 | 2026-10-10 10:15:00 | 2026-10-10 11:00:00 | 5            | 满意
        2        | 已完成 | 2026-10-10 10:15:01 | 2026-10-10 11:00:00 | 4            | -
        3        | 已完成 | -                   | -                   | -            | 不满意
        4        | 已取消 | -                   | -                   | -            | -
        """)
    spec.gives(on_time_rate, {DISTRICT: "1/2"}).gives(order_completion, {DISTRICT: "3/4"})
    spec.gives(satisfaction, {DISTRICT: "9/2"}).gives(revisit_rate, {DISTRICT: "1/2"})


def test_purchased_service_needs_a_completed_order_with_a_subsidy(spec):
    spec.elders("""
        elder
        E1
        E2
        E3
        """).provider().given("order_order", """
        order_id | elder_id | subsidy_part | status
        1        | E1       | 8            | 已完成
        2        | E1       | 8            | 已完成
        3        | E2       | 8            | 已取消
        4        | E3       | 0            | 已完成
        """).gives(purchased_service_elders, {DISTRICT: 1}).gives(meal_orders, {DISTRICT: 3})


def test_no_orders_no_rate(spec):
    spec.gives(order_completion, {DISTRICT: None}).gives(satisfaction, {DISTRICT: None})


def test_signing_in_and_out_is_asked_of_visits_not_of_meals(spec):
    spec.elders("""
        elder
        E1
        """).provider().given("order_order", """
        order_id | item_code | status | signed_in_at        | signed_out_at       | lng
        1        | X02       | 已完成 | 2026-10-10 10:00:00 | 2026-10-10 11:00:00 | 120.1
        2        | X02       | 已完成 | 2026-10-10 10:00:00 | -                   | 120.1
        3        | X02       | 已完成 | 2026-10-10 10:00:00 | 2026-10-10 11:00:00 | -
        4        | X01       | 已完成 | 2026-10-10 10:00:00 | -                   | -
        5        | X02       | 未履约 | -                   | -                   | -
        """).gives(sign_in_compliance, {DISTRICT: "1/3"})
