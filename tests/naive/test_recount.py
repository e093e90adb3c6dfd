"""The product's figures against a recount of the source files by plain Python."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.naive.agreement import MONTHS, assert_agrees

# What the recount knows; everything else is specified in tests/spec.
RECOUNTED = (
    "elders_60", "elders_80", "caregivers", "caregiver_cert_rate", "cert_expiring_90d", "cert_level_1", "cert_level_2", "cert_level_3",
    "cert_level_4", "cert_level_5", "beds", "occupancy", "nursing_bed_share", "insured_share", "orders", "order_completion",
    "on_time_rate", "satisfaction", "service_amount", "service_subsidy", "purchased_service_elders", "subsidy_budget",
    "subsidy_applied", "subsidy_approved", "subsidy_paid", "subsidy_paid_ytd", "execution_rate", "returned_payments",
    "complaints", "complaint_answered_in_time", "inspections_done", "findings_open", "rectified_on_time",
)  # fmt: skip
# The small district begins in July: a year without its first months has no execution rate (tests/spec/test_money.py).
RARE = ("execution_rate", "cert_expiring_90d", "returned_payments", "cert_level_1", "cert_level_2")


@pytest.mark.parametrize("code", RECOUNTED)
def test_part_and_whole_agree_for_every_area_and_month(district, code):
    assert_agrees(*district, code, rare=code in RARE)


def test_the_certification_rate_is_what_the_workbook_says(district):
    recount, con = district
    part, whole = con.execute(
        "select part, whole from figure where indicator = 'caregiver_cert_rate' and level = 1 and month = ?", [MONTHS[-1]]
    ).fetchone()
    own = recount.figures["caregiver_cert_rate", recount.areas.district, MONTHS[-1]]
    assert Fraction(own[0]) / Fraction(own[1]) == Fraction(int(part), int(whole))
