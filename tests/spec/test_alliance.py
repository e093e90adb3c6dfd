"""Beds offered to the alliance and matched, and guests of group stays."""

from __future__ import annotations

from etl.indicators.alliance import (
    beds_matched,
    beds_offered,
    co_living_pairs,
    co_living_verified,
    match_days,
    travel_stays,
)

HOME, DISTRICT = "330105003051", "330105"


def test_beds_are_offered_in_the_month_of_their_publication_unless_withdrawn(spec):
    spec.provider().given("alliance_offer", """
        offer_id | published_at        | beds | status | provider_id
        1        | 2026-10-01 00:00:00 | 3    | 开放   | P1
        2        | 2026-10-31 23:59:59 | 2    | 已满   | P1
        3        | 2026-10-12 09:00:00 | 4    | 撤回   | P1
        4        | 2026-09-30 23:59:59 | 9    | 开放   | P1
        5        | 2026-10-12 09:00:00 | 1    | 开放   | unknown
        """).gives(beds_offered, {HOME: 5, DISTRICT: 6})


def test_a_match_counts_when_both_sides_have_confirmed_it_where_the_bed_is(spec):
    spec.provider("P1", HOME).elders("""
        elder | community_code
        E1    | 330105001051
        """).given("alliance_offer", """
        offer_id
        O1
        """).given("alliance_request", """
        request_id | elder_id | origin | requested_at
        R1         | E1       | 本区   | 2026-10-01 23:00:00
        R2         | -        | 外市   | 2026-09-01 09:00:00
        R3         | E1       | 本区   | 2026-10-10 09:00:00
        """).given("alliance_match", """
        match_id | request_id | confirmed_at
        1        | R1         | 2026-10-05 01:00:00
        2        | R2         | 2026-10-11 09:00:00
        3        | R3         | -
        """)
    spec.gives(beds_matched, {HOME: 2, "330105001051": 0, DISTRICT: 2})
    spec.gives(match_days, {DISTRICT: "22/2"})


def test_every_guest_of_a_group_counts_once_in_the_month_of_arrival(spec):
    spec.provider().given("alliance_group_stay", """
        stay_id | guests | arrived_on | left_on
        1       | 24     | 2026-10-30 | 2026-11-12
        2       | 10     | 2026-09-30 | 2026-10-10
        """).gives(travel_stays, {HOME: 24}).at("2026-09").gives(travel_stays, {HOME: 10})


def test_a_pair_counts_while_it_lives_together_and_is_verified_when_both_are(spec):
    spec.elders("""
        elder
        E1
        """).given("alliance_co_living", """
        pair_id | started_on | ended_on   | status | partner_verified | partner_verified_on | elder_verified_on
        1       | 2026-09-01 |            | 生效   | 通过             | 2026-08-01          | 2026-08-01
        2       | 2026-10-31 |            | 生效   | 通过             | 2026-08-01          | 2026-11-02
        3       | 2026-01-01 | 2026-10-31 | 终止   | 通过             | 2025-12-01          | 2025-12-01
        4       | 2026-10-01 |            | 生效   | 未通过           | 2026-09-30          | 2026-08-01
        5       |            |            | 待核验 | 通过             |                     |
        6       | 2026-11-01 |            | 生效   | 通过             | 2026-08-01          | 2026-08-01
        """)
    spec.gives(co_living_pairs, {HOME: 3, DISTRICT: 3}).gives(co_living_verified, {HOME: "1/3"})
    spec.at("2026-09").gives(co_living_pairs, {DISTRICT: 2})
