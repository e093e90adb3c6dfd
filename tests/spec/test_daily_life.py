"""Meals, cards, sites and long-term-care benefits: what counts, for whom and where."""

from __future__ import annotations

import pytest

from etl.indicators.cards import (
    card_active_share,
    card_amount,
    card_amount_medicine,
    card_places,
    card_purchases,
    card_used_after_death,
)
from etl.indicators.insurance import (
    care_amount_institution,
    care_insurance_amount,
    care_insurance_doubtful,
    care_insured,
    care_insured_home,
    care_insured_severe_2,
)
from etl.indicators.meals import (
    canteen_licensed_share,
    canteen_reported_share,
    canteen_sittings_over,
    meal_delivery_share,
    meal_reach,
    meal_subsidy,
    meal_subsidy_doubtful,
    meal_subsidy_per_meal,
    meals,
)
from etl.indicators.venues import activities, activity_participants, site_visits_daily, site_weekly_hours

XIAOHE, NEXT_DOOR, ELSEWHERE, DISTRICT = "330105003051", "330105003052", "330105001051", "330105"


@pytest.fixture
def town(spec):
    """Three elders with cards in two communities and a canteen in a third."""
    spec.elders("""
        elder | card_no | community_code | status | status_on
        E1    | C1      | 330105003051   | 正常   |
        E2    | C2      | 330105003051   | 正常   |
        E3    | C3      | 330105003052   | 死亡   | 2026-10-05
        """).provider("P1", ELSEWHERE)
    return spec


def canteen(spec, **said):
    spec.world.add("canteen_canteen", said)
    return spec


def test_a_card_read_twice_in_one_meal_is_one_meal_wherever_it_was_read(town):
    canteen(town).given("canteen_meal", """
        canteen_id | meal_no | card_no | eaten_at            | meal | subsidy
        S1         | 1       | C1      | 2026-10-10 11:30:00 | 午餐 | 3
        S1         | 2       | C1      | 2026-10-10 11:35:00 | 午餐 | 3
        S2         | 1       | C1      | 2026-10-10 11:30:00 | 午餐 | 3
        S1         | 3       | C1      | 2026-10-10 17:30:00 | 晚餐 | 3
        S1         | 4       | C1      | 2026-10-11 11:30:00 | 午餐 | 3
        """)
    town.gives(meals, {XIAOHE: 3, DISTRICT: 3}).gives(meal_subsidy, {DISTRICT: 15}).gives(meal_subsidy_doubtful, {DISTRICT: 6})
    town.gives(meal_subsidy_per_meal, {DISTRICT: "15/3"})


def test_a_meal_belongs_to_where_the_elder_lives_and_an_unknown_card_to_the_canteen(town):
    canteen(town).given("canteen_meal", """
        meal_no | card_no
        1       | C1
        2       | unknown
        """)
    town.gives(meals, {XIAOHE: 1, ELSEWHERE: 1, DISTRICT: 2}).gives(meal_reach, {XIAOHE: "1/2", DISTRICT: "1/2"})


def test_a_withdrawn_reading_is_no_meal_and_claims_nothing(town):
    canteen(town).given("canteen_meal", """
        meal_no | card_no | status
        1       | C1      | 作废
        2       | C1      | 正常
        3       | C2      |
        """).gives(meals, {DISTRICT: 2}).gives(meal_subsidy, {DISTRICT: 6}).gives(meal_subsidy_doubtful, {DISTRICT: 0})


def test_the_dead_do_not_eat_but_on_their_last_day_they_may_have(town):
    canteen(town).given("canteen_meal", """
        meal_no | card_no | eaten_at
        1       | C3      | 2026-10-05 07:30:00
        2       | C3      | 2026-10-06 07:30:00
        """).gives(meals, {NEXT_DOOR: 1}).gives(meal_subsidy_doubtful, {NEXT_DOOR: 3, DISTRICT: 3})
    # Nobody who is dead at the month's end is among those reached.
    town.gives(meal_reach, {DISTRICT: "0/2"})


def test_somebody_who_ate_ten_times_is_reached_once(town):
    rows = "\n".join(f"{i} | C1 | 2026-10-{i:02d} 11:30:00" for i in range(1, 11))
    canteen(town).given("canteen_meal", "meal_no | card_no | eaten_at\n" + rows)
    town.gives(meal_reach, {XIAOHE: "1/2"}).at("2026-09").gives(meal_reach, {XIAOHE: "0/2"}).gives(meals, {DISTRICT: 0})


def test_a_sitting_is_over_its_seats_when_more_ate_in_than_the_turns_allow(town):
    canteen(town, seats=1, turns=2).given("canteen_meal", """
        meal_no | card_no | meal | mode
        1       | C1      | 午餐 | 堂食
        2       | C2      | 午餐 | 堂食
        3       | x       | 午餐 | 送餐
        4       | C1      | 晚餐 | 堂食
        5       | C2      | 晚餐 | 堂食
        6       | x       | 晚餐 | 堂食
        7       | x       | 晚餐 | 堂食
        """)
    town.gives(canteen_sittings_over, {ELSEWHERE: 1, XIAOHE: 0, DISTRICT: 1}).gives(meal_delivery_share, {DISTRICT: "1/6"})


def test_permits_and_reports_are_asked_of_canteens_open_at_month_end(spec):
    spec.provider("P1", XIAOHE).given("canteen_canteen", """
        canteen_id | provider_id | permit_expires_on | permit_number | opened_on  | closed_on
        S1         | P1          | 2026-10-31        | JY1           | 2020-01-01 |
        S2         | P1          | 2026-10-30        | JY2           | 2020-01-01 |
        S3         | P1          | 2030-01-01        | -             | 2020-01-01 |
        S4         | P1          | 2030-01-01        | JY4           | 2020-01-01 | 2026-10-31
        S5         | P1          | 2030-01-01        | JY5           | 2026-11-01 |
        S6         | nobody      | 2030-01-01        | JY6           | 2020-01-01 |
        """).given("canteen_meal", """
        canteen_id | meal_no
        S1         | 1
        S4         | 1
        """)
    spec.gives(canteen_licensed_share, {XIAOHE: "1/3", "330105003": "2/4", DISTRICT: "2/4"})
    spec.gives(canteen_reported_share, {XIAOHE: "1/3", DISTRICT: "1/4"})


def test_purchases_belong_to_where_the_elder_lives_and_also_to_where_the_shop_is(town):
    town.given("card_consumption", """
        transaction_no | card_no | category | amount | community_code
        1              | C1      | 商超     | 20     | 330105001051
        2              | C1      | 医药     | 30     | -
        3              | lost    | 医药     | 5      | 330105001051
        """)
    town.gives(card_amount, {XIAOHE: 50, ELSEWHERE: 5, DISTRICT: 55}).gives(card_amount_medicine, {XIAOHE: 30, DISTRICT: 35})
    town.gives(card_places, {ELSEWHERE: 25, XIAOHE: 0, DISTRICT: 55}).gives(card_purchases, {DISTRICT: 3})


def test_an_active_card_is_one_that_bought_something_of_those_who_hold_one(spec):
    spec.elders("""
        elder | card_no
        E1    | C1
        E2    | C2
        E3    | -
        """).given("card_consumption", """
        transaction_no | card_no | consumed_at
        1              | C1      | 2026-10-31 23:59:59
        2              | C1      | 2026-10-01 00:00:00
        3              | C2      | 2026-09-30 23:59:59
        """).gives(card_active_share, {DISTRICT: "1/2"})


def test_a_card_that_goes_on_after_its_holders_death_is_counted_once(town):
    town.given("card_consumption", """
        transaction_no | card_no | consumed_at
        1              | C3      | 2026-10-05 20:00:00
        2              | C3      | 2026-10-06 08:00:00
        3              | C3      | 2026-10-07 08:00:00
        """).gives(card_used_after_death, {NEXT_DOOR: 1, DISTRICT: 1})


def test_daily_visits_are_over_all_days_of_the_month(spec):
    spec.provider("P1", XIAOHE).provider("P2", ELSEWHERE).given("venue_visit", """
        site_id | day        | visits
        ZP1     | 2026-10-01 | 31
        ZP1     | 2026-10-31 | 62
        ZP2     | 2026-10-02 | 31
        nowhere | 2026-10-02 | 31
        """).given("venue_opening", """
        site_id | weekday | opens | closes
        ZP1     | 1       | 8:30  | 17:00
        ZP1     | 2       | 09:00 | 16:30
        """)
    spec.gives(site_visits_daily, {XIAOHE: 3, ELSEWHERE: 1, DISTRICT: 5}).gives(site_weekly_hours, {DISTRICT: "16/1"})


def test_activities_count_in_the_month_they_were_held(spec):
    spec.provider("P1", XIAOHE).given("venue_activity", """
        activity_id | site_id | held_on    | participants
        1           | ZP1     | 2026-10-31 | 12
        2           | ZP1     | 2026-11-01 | 30
        """).gives(activities, {XIAOHE: 1}).gives(activity_participants, {DISTRICT: 12})


def test_receivers_are_persons_and_what_was_paid_twice_or_after_death_is_doubtful(spec):
    spec.elders("""
        elder | id_number | community_code | status | status_on
        E1    | N1        | 330105003051   | 正常   |
        E2    | N2        | 330105003052   | 死亡   | 2026-09-30
        E3    | N3        | 330105003052   | 死亡   | 2026-10-02
        """).given("insurance_benefit", """
        benefit_no | id_number | form | level        | amount | month
        1          | N1        | 居家 | 重度失能Ⅰ级 | 900    | 2026-10
        2          | N1        | 机构 | 重度失能Ⅰ级 | 1500   | 2026-10
        3          | N2        | 居家 | 重度失能Ⅱ级 | 900    | 2026-10
        4          | N3        | 居家 | 重度失能Ⅱ级 | 900    | 2026-10
        5          | unknown   | 居家 | 重度失能Ⅱ级 | 900    | 2026-10
        6          | N1        | 居家 | 重度失能Ⅰ级 | 900    | 2026-09
        """)
    spec.gives(care_insured, {XIAOHE: 1, NEXT_DOOR: 2, DISTRICT: 4}).gives(care_insured_home, {DISTRICT: 4})
    spec.gives(care_insurance_amount, {XIAOHE: 2400, DISTRICT: 5100}).gives(care_amount_institution, {DISTRICT: 1500})
    spec.gives(care_insured_severe_2, {DISTRICT: 3}).gives(care_insurance_doubtful, {XIAOHE: 1500, NEXT_DOOR: 900, DISTRICT: 2400})
