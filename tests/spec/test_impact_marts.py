"""What an assessment of impact rests on: stays by month, where elders are visited, what a meal costs."""

from __future__ import annotations

XIAOHE = "330105003051"


def rows(spec, mart: str, columns: str):
    return sorted(spec.world.build([mart]).con.execute(f"select {columns} from {mart}").fetchall())


def test_a_stay_counts_in_every_month_it_touches_and_runs_on_until_the_elder_leaves(spec):
    spec.elders("""
        elder
        E1
        """).provider("P1", "330105001051").given("bed_stay", """
        stay_id | elder_id | provider_id | bed_type | admitted_on | left_on
        S1      | E1       | P1          | 护理型   | 2026-08-15  | 2026-09-30
        S2      | E1       | P1          | 护理型   | 2026-10-31  |
        S3      | E9       | P1          | 普通型   | 2026-10-01  | 2026-11-01
        """)
    found = rows(spec, "stay_month", "month, stay_id, community_code, staying")
    assert found == [
        ("2026-08", "S1", XIAOHE, True),
        ("2026-09", "S1", XIAOHE, False),
        ("2026-10", "S2", XIAOHE, True),
        ("2026-10", "S3", "330105001051", True),
    ]


def test_an_elders_place_is_the_mean_of_the_visits_at_home_to_about_a_hundred_metres(spec):
    spec.elders("""
        elder
        E1
        E2
        """).given("order_item", """
        item_code | name | category
        A         | 助浴 | 助浴
        B         | 陪诊 | 助医
        """).given("order_order", """
        order_id | elder_id | item_code | ordered_at          | status | lng       | lat
        1        | E1       | A         | 2026-10-01 08:00:00 | 已完成 | 120.15012 | 30.33024
        2        | E1       | A         | 2026-10-11 08:00:00 | 已完成 | 120.15112 | 30.33024
        3        | E1       | B         | 2026-10-12 08:00:00 | 已完成 | 120.30000 | 30.50000
        4        | E1       | A         | 2026-10-13 08:00:00 | 未履约 | 120.30000 | 30.50000
        5        | E1       | A         | 2026-10-14 08:00:00 | 已完成 |           |
        6        | E2       | A         | 2026-10-14 08:00:00 | 已完成 | 120.15012 | 30.33024
        """)
    assert rows(spec, "elder_point", "month, elder_id, community_code, visits, lng, lat") == [
        ("2026-10", "E1", XIAOHE, 2, 120.151, 30.33)
    ], "escorts, visits that did not happen or have no position, and single visits say nothing"


def test_a_meal_costs_what_the_months_readings_cost_without_the_withdrawn(spec):
    spec.provider("P1", XIAOHE).given("canteen_canteen", """
        canteen_id | name | provider_id | street_code  | opened_on
        C1         | 食堂 | P1          | 330105003000 | 2020-01-01
        """).given("canteen_meal", """
        canteen_id | meal_no | eaten_at            | meal | mode | price | status
        C1         | 1       | 2026-10-01 11:00:00 | 午餐 | 堂食 | 12.00 |
        C1         | 2       | 2026-10-02 11:00:00 | 午餐 | 堂食 | 15.00 | 正常
        C1         | 3       | 2026-10-03 11:00:00 | 午餐 | 堂食 | 90.00 | 作废
        C1         | 4       | 2026-09-03 11:00:00 | 午餐 | 堂食 | 11.00 | 正常
        """)
    assert rows(spec, "meal_price", "month, canteen_id, provider_id, readings, price") == [
        ("2026-09", "C1", "P1", 1, 11.0),
        ("2026-10", "C1", "P1", 2, 13.5),
    ]
