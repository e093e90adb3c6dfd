"""Home adaptations, family beds, renewal projects, rented aids; records after death."""

from __future__ import annotations

from etl.indicators.adaptation import (
    adaptation_days_median,
    adaptation_subsidy,
    aids_in_rental,
    aids_overdue,
    family_beds,
    family_beds_void,
    home_adaptations,
    records_after_gone,
    renewals_done,
    renewals_overdue,
)

XIAOHE, STREET, DISTRICT = "330105003051", "330105003", "330105"


def test_an_adaptation_is_done_when_it_is_accepted(spec):
    spec.given("adaptation_home", """
        project_no | applied_on | accepted_on | subsidy
        1          | 2026-09-01 | 2026-10-01  | 3000
        2          | 2026-09-21 | 2026-10-31  |
        3          | 2026-09-01 |             | 5000
        4          | 2026-08-01 | 2026-09-30  | 4000
        """).gives(home_adaptations, {XIAOHE: 2}).gives(adaptation_subsidy, {DISTRICT: 3000}).gives(
        adaptation_days_median, {STREET: "35"}
    )


def test_a_family_bed_of_somebody_who_died_is_void(spec):
    spec.elders("""
        elder | status | status_on
        E1    |        |
        E2    | 死亡   | 2026-10-15
        """).provider("P1", "330105001051").given("adaptation_family_bed", """
        bed_no | elder_id | closed_on
        1      | E1       |
        2      | E2       |
        3      | E1       | 2026-10-31
        4      | E9       |
        """)
    # The elder who is not in the register counts where the provider is.
    spec.gives(family_beds, {XIAOHE: 1, "330105001051": 1, DISTRICT: 2}).gives(family_beds_void, {XIAOHE: 1})
    spec.at("2026-09").gives(family_beds, {XIAOHE: 3}).gives(family_beds_void, {DISTRICT: 0})


def test_renewals_are_counted_from_their_completion_on(spec):
    spec.given("adaptation_renewal", """
        project_no | started_on | planned_on | finished_on
        1          | 2026-01-01 | 2026-08-31 | 2026-09-30
        2          | 2026-01-01 | 2026-09-29 |
        3          | 2026-10-01 | 2026-10-31 |
        4          | 2026-11-01 |            |
        """)
    spec.at("2026-08").gives(renewals_done, {XIAOHE: 0}).gives(renewals_overdue, {XIAOHE: 0})
    spec.at("2026-09").gives(renewals_done, {XIAOHE: 1}).gives(renewals_overdue, {XIAOHE: 1})
    spec.at("2026-10").gives(renewals_done, {XIAOHE: 1}).gives(renewals_overdue, {XIAOHE: 1})


def test_aids_are_in_rental_until_they_come_back(spec):
    spec.elders("""
        elder
        E1
        """).given("adaptation_rental", """
        rental_no | due_on     | returned_on | state | elder_id
        1         | 2026-10-31 |             | 在租  | E1
        2         | 2026-10-30 |             | 在租  | E1
        3         | 2026-09-30 | 2026-10-31  | 已还  | E1
        4         | 2026-09-30 |             | 遗失  | E1
        5         |            |             | 在租  | E9
        """)
    spec.gives(aids_in_rental, {XIAOHE: 2, DISTRICT: 3}).gives(aids_overdue, {DISTRICT: 1})
    spec.at("2026-09").gives(aids_in_rental, {XIAOHE: 3})


def test_records_dated_after_death_or_moving_away(spec):
    spec.elders("""
        elder | status | status_on
        E1    | 死亡   | 2026-10-10
        E2    | 迁出   | 2026-09-10
        E3    |        |
        """).given("medical_signing", """
        contract_no | elder_id | signed_on
        1           | E1       | 2026-10-11
        2           | E1       | 2026-10-10
        3           | E3       | 2026-10-11
        """).given("medical_check", """
        check_no | elder_id | checked_on
        1        | E2       | 2026-10-02
        """).given("adaptation_rental", """
        rental_no | elder_id | rented_on
        1         | E2       | 2026-09-20
        """)
    spec.gives(records_after_gone, {XIAOHE: 2}).at("2026-09").gives(records_after_gone, {DISTRICT: 1})
