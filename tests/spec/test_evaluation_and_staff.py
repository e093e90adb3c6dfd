"""Third-party evaluation and surveys, dedicated staff, waiting lists, and stays against reported occupancy."""

from __future__ import annotations

from etl.indicators.beds import bed_reports_differ, waiting_days_median, waiting_people
from etl.indicators.evaluation import evaluation_score_mean, grades_contradicted, survey_satisfaction
from etl.indicators.staff import dedicated_workers, staff_rule_met

XIAOHE, STREET, OTHER, DISTRICT = "330105003051", "330105003", "330105001", "330105"


def test_the_latest_evaluation_of_the_last_twelve_months_counts_for_a_provider_in_business(spec):
    spec.provider("P1").provider("P2", "330105001051").provider("P3", status="注销", closed_on="2026-10-01")
    spec.given("evaluation_score", """
        evaluation_no | credit_code | score | evaluated_on
        N1            | CP1         | 60    | 2025-11-01
        N2            | CP1         | 82.5  | 2026-06-20
        N3            | CP2         | 90    | 2025-10-31
        N4            | CP3         | 70    | 2026-06-20
        N5            | C9          | 10    | 2026-06-20
        """)
    spec.gives(evaluation_score_mean, {XIAOHE: "82.5/1", OTHER: "0/0", DISTRICT: "82.5/1"})
    spec.at("2026-05").gives(evaluation_score_mean, {DISTRICT: "150/2"})


def test_a_grade_is_held_against_its_score_and_against_every_section_of_the_evaluation(spec):
    spec.provider("P1", grade=4, grade_score=780).provider("P2", "330105001051", grade=4, grade_score=779).provider("P3", grade=3)
    spec.provider("P4", grade=2, grade_score=500).provider("P5").provider("P6", grade=5, grade_score=100, status="注销", closed_on="2026-10-01")
    spec.given("evaluation_score", """
        evaluation_no | credit_code | setting | management | service | voice | score | evaluated_on
        N1            | CP1         | 20      | 20         | 28      | 1     | 69    | 2026-06-20
        N2            | CP4         | 25      | 12.4       | 35      | 15    | 87.4  | 2026-06-20
        N3            | CP2         | 25      | 25         | 35      | 15    | 100   | 2025-06-20
        """)
    # P1: exactly what four stars need; P2: one point short; P3: no score; P4: management below 50 %; P5 claims nothing; P6 is closed.
    spec.gives(grades_contradicted, {XIAOHE: "2/3", OTHER: "1/1", DISTRICT: "3/4"})
    spec.at("2025-10").gives(grades_contradicted, {XIAOHE: "2/4"})  # P6 was still in business, and the evaluation not yet made


def test_a_grade_is_held_against_every_section_of_its_own_assessment(spec):
    def claims(number: int, grade: int, setting: float, facilities: float, management: float, service: float):
        parts = {"grade_setting": setting, "grade_facilities": facilities, "grade_management": management, "grade_service": service}
        spec.provider(f"P{number}", grade=grade, grade_score=sum(parts.values()), **parts)

    claims(1, 4, 96, 104, 120, 480)  # exactly 80 % of 120, 130, 150 and 600
    claims(2, 4, 95, 130, 150, 600)  # 975 points, and the setting at 79.2 %
    claims(3, 3, 120, 77, 150, 600)  # the facilities at 59.2 %
    claims(4, 5, 120, 130, 134, 600)  # the management at 89.3 %
    claims(5, 1, 120, 130, 150, 239)  # the service at 39.8 %
    claims(6, 2, 60, 65, 75, 300)  # exactly half of each
    spec.provider("P7", grade=1, grade_score=400)  # no sections are known: nothing contradicts
    spec.gives(grades_contradicted, {DISTRICT: "4/7"})


def test_surveys_of_the_month_add_up_and_an_unknown_provider_counts_for_the_district(spec):
    spec.provider("P1").given("evaluation_survey", """
        survey_no | credit_code | month   | respondents | satisfied
        D1        | CP1         | 2026-10 | 50          | 45
        D2        | CP1         | 2026-09 | 50          | 10
        D3        | C9          | 2026-10 | 10          | 4
        """).gives(survey_satisfaction, {XIAOHE: "45/50", OTHER: "0/0", DISTRICT: "49/60"})


def test_a_street_needs_one_worker_and_two_from_a_fifth_of_elders_on(spec):
    spec.elders("""
        elder | community_code
        E1    | 330105003051
        E2    | 330105001051
        """).given("registry_population", """
        community_code | year | registered_population
        330105003051   | 2026 | 6
        330105001051   | 2026 | 5
        """).given("staff_worker", """
        worker_no | level | street_code  | community_code | since      | until
        S1        | 2     | 330105003000 |                | 2024-01-01 |
        S2        | 2     | 330105001000 |                | 2024-01-01 |
        S3        | 2     | 330105001000 |                | 2024-01-01 | 2026-10-31
        S4        | 3     | 330105001000 | 330105001051   | 2024-01-01 |
        S5        | 1     |              |                | 2024-01-01 |
        """)
    spec.gives(staff_rule_met, {STREET: "1/1", OTHER: "0/1", DISTRICT: "1/2"}).gives(dedicated_workers, {OTHER: 2, DISTRICT: 4})
    spec.at("2026-09").gives(staff_rule_met, {OTHER: "1/1", DISTRICT: "2/2"})


def test_a_community_with_a_hundred_purchased_service_elders_needs_a_worker_of_its_own(spec):
    for n in range(100):
        spec.world.add("registry_elder", {"elder_id": f"E{n}", "id_number": f"I{n}", "name": "某"})
        spec.world.add("order_order", {"order_id": f"O{n}", "elder_id": f"E{n}", "subsidy_part": 5})
    spec.world.add("order_order", {"order_id": "O100", "elder_id": "E99", "subsidy_part": 5, "ordered_at": "2026-09-02 08:00:00"})
    spec.given("staff_worker", """
        worker_no | level | street_code  | community_code | since
        S1        | 3     | 330105003000 | 330105003051   | 2026-10-15
        """).gives(staff_rule_met, {XIAOHE: "1/1", "330105003052": "0/0", DISTRICT: "1/1"})
    spec.at("2026-09").gives(staff_rule_met, {XIAOHE: "0/0"})


def test_waiting_are_those_neither_admitted_nor_withdrawn_by_the_month_end(spec):
    spec.elders("""
        elder | community_code
        E1    | 330105003051
        E2    | 330105001051
        """).given("bed_waiting", """
        waiting_id | elder_id | applied_on | outcome | closed_on
        W1         | E1       | 2026-10-21 | 轮候中  |
        W2         | E1       | 2026-09-01 | 轮候中  |
        W3         | E2       | 2026-08-02 | 已入住  | 2026-10-31
        W4         | E2       | 2026-10-01 | 轮候中  |
        """)
    spec.gives(waiting_people, {XIAOHE: 2, OTHER: 1, DISTRICT: 3}).gives(waiting_days_median, {XIAOHE: "35/2", DISTRICT: "30/3"})
    spec.at("2026-09").gives(waiting_people, {OTHER: 1})


def test_a_report_far_from_the_stays_is_named_and_a_small_difference_is_not(spec):
    spec.provider("P1").provider("P2", "330105001051").given("bed_stock", """
        provider_id | month   | beds | occupied
        P1          | 2026-10 | 10   | 5
        P2          | 2026-10 | 10   | 4
        """).given("bed_stay", """
        stay_id | elder_id | provider_id | admitted_on | left_on
        R1      | E1       | P1          | 2026-01-01  |
        R2      | E2       | P1          | 2026-01-01  | 2026-10-31
        R3      | E3       | P1          | 2026-11-01  |
        R4      | E4       | P2          | 2026-01-01  |
        R5      | E5       | P2          | 2026-10-31  | 2026-11-01
        """).gives(bed_reports_differ, {STREET: 1, OTHER: 0, DISTRICT: 1})
