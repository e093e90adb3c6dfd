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
