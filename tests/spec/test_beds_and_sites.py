"""Beds, sites and centres."""

from __future__ import annotations

from etl.indicators.beds import (
    beds,
    beds_per_1000,
    institution_beds_per_1000,
    nursing_bed_share,
    occupancy,
    social_bed_share,
    vacancy,
    waiting_admissions,
    waiting_jumped,
)
from etl.indicators.facilities import five_star_centres, providers, sites_open, social_operated_share, street_centre_coverage

XIAOHE, STREET, OTHER, DISTRICT = "330105003051", "330105003", "330105001", "330105"


def test_centres_have_beds_but_not_institutional_ones(spec):
    spec.elders("""
        elder
        E1
        E2
        """).provider("P1").provider("P2", kind="照料中心", ownership="公办").given("bed_stock", """
        provider_id | bed_type | beds | occupied
        P1          | 护理型   | 6    | 5
        P1          | 认知障碍 | 1    | 1
        P1          | 普通型   | 3    | 0
        P2          | 护理型   | 10   | 4
        """)
    spec.gives(beds, {DISTRICT: 20}).gives(beds_per_1000, {DISTRICT: "20/2"}).gives(institution_beds_per_1000, {XIAOHE: "10/2"})
    spec.gives(nursing_bed_share, {DISTRICT: "7/10"}).gives(occupancy, {DISTRICT: "10/20"}).gives(vacancy, {DISTRICT: "10/20"})
    spec.gives(social_bed_share, {DISTRICT: "10/20"})


def test_a_month_without_report_keeps_the_last_one_for_two_months(spec):
    spec.provider("P1").given("bed_stock", """
        provider_id | month   | beds
        P1          | 2026-07 | 8
        """)
    spec.at("2026-07").gives(beds, {DISTRICT: 8}).at("2026-09").gives(beds, {DISTRICT: 8}).at("2026-10").gives(beds, {DISTRICT: 0})


def test_beds_of_a_closed_provider_are_gone(spec):
    spec.provider("P1", status="注销", closed_on="2026-10-31").given("bed_stock", """
        provider_id | month   | beds
        P1          | 2026-09 | 8
        P1          | 2026-10 | 8
        """).at("2026-10").gives(beds, {DISTRICT: 0}).gives(occupancy, {DISTRICT: None}).at("2026-09").gives(beds, {DISTRICT: 8})


def test_a_street_is_covered_by_a_street_level_centre_that_is_open(spec):
    spec.provider("P1", kind="照料中心", street_level=True).provider("P2", "330105001051", kind="照料中心")
    spec.provider("P3", "330105001052", kind="养老机构", street_level=True)
    spec.gives(street_centre_coverage, {STREET: "1/1", OTHER: "0/1", DISTRICT: "1/2"})
    spec.gives(sites_open, {STREET: 1, OTHER: 2, DISTRICT: 3}).gives(social_operated_share, {DISTRICT: "2/2"})


def test_a_five_star_centre_is_a_graded_centre_in_business(spec):
    spec.provider("P1", kind="照料中心", grade=5).provider("P2", kind="照料中心", grade=4).provider("P3", kind="养老机构", grade=5)
    spec.provider("P4", kind="照料中心", grade=5, status="停业", closed_on="2026-10-01")
    spec.gives(five_star_centres, {DISTRICT: 1}).gives(providers, {DISTRICT: 3})


def test_the_main_site_open_at_month_end_gives_the_community(spec):
    spec.provider("P1", XIAOHE)
    spec.world.con.execute("update provider_site set closed_on = date '2026-10-15'")
    spec.given("provider_site", """
        site_id | provider_id | community_code | opened_on  | main_site
        Z2      | P1          | 330105001051   | 2026-10-16 | yes
        """)
    spec.at("2026-09").gives(providers, {STREET: 1, OTHER: 0}).at("2026-10").gives(providers, {STREET: 0, OTHER: 1, DISTRICT: 1})


def test_who_is_admitted_before_three_of_the_same_class_that_came_a_month_earlier_is_asked_about(spec):
    spec.elders("elder\n" + "\n".join(f"E{i}" for i in range(1, 10))).provider().provider("P2").given("bed_waiting", """
        waiting_id     | elder_id | provider_id | priority | applied_on | outcome | closed_on
        first          | E1       | P1          | 2        | 2026-05-01 | 轮候中  | -
        second         | E2       | P1          | 2        | 2026-05-02 | 已入住  | 2026-10-21
        third          | E3       | P1          | 2        | 2026-05-03 | 轮候中  | -
        jumper         | E4       | P1          | 2        | 2026-09-20 | 已入住  | 2026-10-20
        other class    | E5       | P1          | 1        | 2026-09-20 | 已入住  | 2026-10-20
        other house    | E6       | P2          | 2        | 2026-09-20 | 已入住  | 2026-10-20
        gave up        | E7       | P1          | 1        | 2026-05-01 | 已放弃  | 2026-10-30
        hardly earlier | E8       | P1          | 2        | 2026-08-22 | 已入住  | 2026-10-22
        """)
    spec.gives(waiting_admissions, {"330105": 5}).gives(waiting_jumped, {"330105": 1})
    found = dict(spec.world.con.execute("select waiting_id, overtaken from waiting_admission_fact").fetchall())
    assert found == {"second": 0, "jumper": 3, "other class": 0, "other house": 0, "hardly earlier": 2}


def test_nobody_is_said_to_have_jumped_the_queue_on_a_doubtful_link(spec):
    rows = [f"W{i} | E{i} | 2 | 2026-05-0{i} | 轮候中 | -" for i in (1, 2, 3)]
    spec.elders("elder\nE1\nE2\nE3\nE4").provider()
    spec.given("bed_waiting", "\n".join(["waiting_id | elder_id | priority | applied_on | outcome | closed_on", *rows, "W4 | E4 | 2 | 2026-09-20 | 已入住 | 2026-10-20"]))
    spec.world.build(["person_link"])
    spec.world.con.execute("insert into person_link values ('E9', 'E4', '综合评分', 2, false)")
    spec.gives(waiting_jumped, {"330105": 0})
