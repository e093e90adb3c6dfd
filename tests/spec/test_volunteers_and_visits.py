"""Volunteers, stewards and their visits, social workers and social organisations."""

from __future__ import annotations

from etl.indicators.mutual import (
    social_organisations,
    social_workers_per_10k,
    stewards,
    visits_doubtful,
    visits_due_done,
    visits_missed,
    volunteers,
)

XIAOHE, STREET, OTHER, DISTRICT = "330105003051", "330105003", "330105001", "330105"


def test_a_volunteer_counts_until_the_day_of_leaving_and_a_person_once(spec):
    spec.given("volunteer_volunteer", """
        volunteer_id | id_number | community_code | registered_on | left_on    | updated_at
        V1           | A         | 330105003051   | 2025-01-01    |            | 2025-01-01
        V2           | B         | 330105001051   | 2025-01-01    | 2026-10-31 | 2026-10-31
        V3           | C         | 330105001051   | 2026-11-01    |            | 2026-11-01
        V4           | A         | 330105001051   | 2026-02-01    |            | 2026-02-01
        """)
    spec.at("2026-10").gives(volunteers, {DISTRICT: 1, STREET: 0, OTHER: 1}).at("2026-01").gives(volunteers, {DISTRICT: 2, STREET: 1})


def test_stewards_workers_and_organisations_in_office_at_the_month_end(spec):
    spec.elders("""
        elder
        E1
        E2
        """).given("volunteer_steward", """
        steward_id | kind   | since      | until
        S1         | 助老员 | 2024-01-01 |
        S2         | 专管员 | 2024-01-01 | 2026-10-30
        S3         | 助老员 | 2026-10-31 |
        """).given("volunteer_social_worker", """
        worker_id | community_code | since      | until
        W1        | 330105003051   | 2024-01-01 |
        W2        | 330105001051   | 2024-01-01 | 2026-09-30
        """).given("volunteer_organisation", """
        organisation_id | name | registered_on | closed_on
        O1              | 甲   | 2018-01-01    |
        O2              | 乙   | 2018-01-01    | 2026-10-01
        """)
    spec.gives(stewards, {DISTRICT: 2}).gives(social_workers_per_10k, {XIAOHE: "1/2", OTHER: "0/0", DISTRICT: "1/2"})
    spec.gives(social_organisations, {DISTRICT: 1}).at("2026-09").gives(social_organisations, {DISTRICT: 2})


def test_a_visit_is_done_when_somebody_was_met_by_the_day_it_was_due(spec):
    spec.elders("""
        elder
        E1
        """).given("volunteer_visit", """
        visit_id | elder_id | due_on     | done_at             | result
        T1       | E1       | 2026-10-25 | 2026-10-25 23:10:00 | 正常
        T2       | E1       | 2026-10-25 | 2026-10-26 00:05:00 | 需要帮助
        T3       | E1       | 2026-10-25 | 2026-10-20 10:00:00 | 无人应答
        T4       | E1       | 2026-10-25 |                     | 未探访
        T5       | E1       | 2026-10-25 |                     | 免访
        T6       | E1       | 2026-09-25 | 2026-10-02 09:00:00 | 正常
        """)
    spec.gives(visits_due_done, {XIAOHE: "1/4", OTHER: "0/0", DISTRICT: "1/4"}).gives(visits_missed, {DISTRICT: 2})
    spec.at("2026-09").gives(visits_due_done, {DISTRICT: "0/1"}).gives(visits_missed, {DISTRICT: 0})


def test_a_visit_to_somebody_not_on_the_register_counts_where_the_steward_works(spec):
    spec.given("volunteer_steward", """
        steward_id | community_code
        S1         | 330105001052
        """).given("volunteer_visit", """
        visit_id | elder_id | steward_id
        T1       | E9       | S1
        T2       | E9       |
        """).gives(visits_due_done, {OTHER: "1/1", STREET: "0/0", DISTRICT: "2/2"})


def test_a_visit_after_death_and_two_places_in_one_minute_are_doubtful(spec):
    spec.elders("""
        elder | status | status_on
        E1    | 死亡   | 2026-10-10
        E2    |        |
        """).given("volunteer_visit", """
        visit_id | elder_id | steward_id | done_at             | lng    | lat
        T1       | E1       | S1         | 2026-10-10 09:00:00 | 120.15 | 30.31
        T2       | E1       | S1         | 2026-10-11 09:00:00 | 120.15 | 30.31
        T3       | E2       | S2         | 2026-10-12 09:00:05 | 120.15 | 30.31
        T4       | E2       | S2         | 2026-10-12 09:00:55 | 120.17 | 30.31
        T5       | E2       | S2         | 2026-10-13 09:00:05 | 120.15 | 30.31
        T6       | E2       | S2         | 2026-10-13 09:00:55 | 120.151 | 30.31
        T7       | E2       | S3         | 2026-10-12 09:00:10 | 120.25 | 30.31
        """).gives(visits_doubtful, {DISTRICT: 3})
