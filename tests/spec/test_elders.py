"""Who is counted as an elder of the district, and as what."""

from __future__ import annotations

from etl.indicators.elders import (
    ageing_rate,
    assessment_coverage,
    assessment_overdue,
    dementia,
    disabled,
    elders_60,
    elders_80,
    living_alone,
    semi_disabled,
)

XIAOHE, STREET, DISTRICT = "330105003051", "330105003", "330105"


def test_sixty_and_eighty_are_reached_on_the_birthday(spec):
    spec.elders("""
        elder | birth_date
        A     | 1966-10-31
        B     | 1966-11-01
        C     | 1946-10-31
        D     | 1946-11-01
        """).at("2026-10").gives(elders_60, {DISTRICT: 3}).gives(elders_80, {DISTRICT: 1})


def test_the_dead_and_those_who_moved_away_stop_counting_in_the_month_of_the_event(spec):
    spec.elders("""
        elder | status | status_on
        A     | 死亡   | 2026-10-31
        B     | 迁出   | 2026-10-01
        C     | 死亡   | 2026-11-01
        D     | 正常   |
        """)
    spec.at("2026-09").gives(elders_60, {DISTRICT: 4}).at("2026-10").gives(elders_60, {DISTRICT: 2})


def test_nobody_counts_before_being_registered(spec):
    spec.elders("""
        elder | registered_on
        A     | 2026-10-31
        """).at("2026-09").gives(elders_60, {DISTRICT: 0}).at("2026-10").gives(elders_60, {DISTRICT: 1})


def test_one_person_registered_twice_counts_once_by_the_newest_record(spec):
    spec.elders("""
        elder | id_number | community_code | updated_at
        A     | X         | 330105001051   | 2025-01-01 00:00:00
        B     | X         | 330105003051   | 2026-01-01 00:00:00
        """).given("assessment_assessment", """
        assessment_id | elder_id | level
        1             | A        | 4
        """).gives(elders_60, {"330105001051": 0, XIAOHE: 1, DISTRICT: 1}).gives(disabled, {XIAOHE: 1})


def test_ability_is_that_of_the_latest_assessment_even_if_it_has_run_out(spec):
    spec.elders("""
        elder | living
        A     | 独居
        B     | 空巢
        C     | 独居
        """).given("assessment_assessment", """
        assessment_id | elder_id | assessed_on | level | dementia | valid_until
        1             | A        | 2024-05-01  | 2     | no       | 2025-05-01
        2             | A        | 2025-05-02  | 4     | yes      | 2026-05-01
        3             | B        | 2026-10-31  | 1     | no       | 2027-10-31
        4             | C        | 2026-11-01  | 4     | no       | 2027-10-31
        """).at("2026-10")
    spec.gives(disabled, {DISTRICT: 1}).gives(semi_disabled, {DISTRICT: 1}).gives(dementia, {DISTRICT: 1})
    spec.gives(living_alone, {DISTRICT: 2})
    spec.at("2025-04").gives(disabled, {DISTRICT: 0}).gives(semi_disabled, {DISTRICT: 1})


def test_assessment_must_be_in_force_at_month_end_for_those_who_must_have_one(spec):
    spec.elders("""
        elder | birth_date | category
        A     | 1940-01-01 | 普通
        B     | 1940-01-01 | 普通
        C     | 1960-01-01 | 特困
        D     | 1960-01-01 | 普通
        """).given("assessment_assessment", """
        assessment_id | elder_id | assessed_on | valid_until
        1             | A        | 2025-10-31  | 2026-10-31
        2             | B        | 2025-10-30  | 2026-10-30
        3             | D        | 2026-01-01  | 2027-01-01
        """).gives(assessment_coverage, {DISTRICT: "1/3"}).gives(assessment_overdue, {DISTRICT: 2})


def test_ageing_rate_uses_the_newest_population_on_record_and_adds_up(spec):
    spec.elders("""
        elder | community_code
        A     | 330105003051
        B     | 330105003052
        """).given("registry_population", """
        community_code | year | registered_population
        330105003051   | 2024 | 100
        330105003051   | 2025 | 8
        330105003052   | 2026 | 4
        330105003052   | 2027 | 999
        """).at("2026-10").gives(ageing_rate, {XIAOHE: "1/8", "330105003052": "1/4", STREET: "2/12", DISTRICT: "2/12"})
    spec.at("2025-10").gives(ageing_rate, {"330105003052": None})
