"""The product's figures against a recount of the source files by plain Python."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from data.simulator import simulate
from etl.indicators.base import catalogue
from etl.paths import DEFAULT_REGION, Layout
from etl.region import Region
from etl.run import run
from tests.naive.recount import Recount

MONTHS = ["2026-07", "2026-08", "2026-09", "2026-10"]
# What the recount knows; everything else is specified in tests/spec.
RECOUNTED = (
    "elders_60", "elders_80", "caregivers", "caregiver_cert_rate", "cert_expiring_90d", "cert_level_1", "cert_level_2", "cert_level_3",
    "cert_level_4", "cert_level_5", "beds", "occupancy", "nursing_bed_share", "insured_share", "orders", "order_completion",
    "on_time_rate", "satisfaction", "service_amount", "service_subsidy", "purchased_service_elders", "subsidy_budget",
    "subsidy_applied", "subsidy_approved", "subsidy_paid", "subsidy_paid_ytd", "execution_rate", "returned_payments",
    "complaints", "complaint_answered_in_time", "inspections_done", "findings_open", "rectified_on_time",
)  # fmt: skip
RARE = ("cert_expiring_90d", "returned_payments", "cert_level_1", "cert_level_2")


@pytest.fixture(scope="module")
def district(tmp_path_factory) -> tuple[Recount, duckdb.DuckDBPyConnection]:
    """A small simulated district: recounted, and run through the line."""
    var = tmp_path_factory.mktemp("naive")
    layout = Layout(var, DEFAULT_REGION.name)
    simulate(DEFAULT_REGION, layout.sources, layout.truth, months=len(MONTHS), end=MONTHS[-1], scale=0.02)
    recount = Recount(layout.sources, DEFAULT_REGION / "areas.csv", MONTHS)
    run(Region.load(DEFAULT_REGION), layout)
    return recount, duckdb.connect(str(snapshot_file(layout)), read_only=True)


def snapshot_file(layout: Layout) -> Path:
    """The published file that the pointer names."""
    pointer = json.loads(layout.pointer.read_text(encoding="utf-8"))
    name = next(v for v in pointer.values() if isinstance(v, str) and v.endswith(".duckdb"))
    return layout.snapshots / Path(name).name


@pytest.mark.parametrize("code", RECOUNTED)
def test_part_and_whole_agree_for_every_area_and_month(district, code):
    recount, con = district
    indicator = catalogue()[code]
    rows = con.execute("select area_code, level, month, part, whole from figure where indicator = ?", [code]).fetchall()
    found = {(area, month): (part, whole) for area, _, month, part, whole in rows if month in MONTHS}
    levels = {recount.areas.district: 1} | dict.fromkeys(recount.areas.streets, 2) | dict.fromkeys(recount.areas.communities, 3)
    wanted = [a for a, level in levels.items() if level in indicator.levels]
    wrong = []
    for area in wanted:
        for month in MONTHS:
            expected = recount.figures.get((code, area, month), [0, 0])
            part, whole = found.get((area, month), (0, 0))
            same_part = abs(float(expected[0]) - float(part or 0)) < 0.005
            same_whole = indicator.whole is None or abs(float(expected[1]) - float(whole or 0)) < 0.005
            if not (same_part and same_whole):
                wrong.append(f"{area} {month}: recounted {expected[0]}/{expected[1]}, figure {part}/{whole}")
    assert not wrong, f"{len(wrong)} differences\n" + "\n".join(wrong[:12])
    some = any(recount.figures.get((code, recount.areas.district, m), [0, 0])[0] for m in MONTHS)
    assert some or code in RARE, "nothing was compared"


def test_the_certification_rate_is_what_the_workbook_says(district):
    recount, con = district
    part, whole = con.execute(
        "select part, whole from figure where indicator = 'caregiver_cert_rate' and level = 1 and month = ?", [MONTHS[-1]]
    ).fetchone()
    own = recount.figures["caregiver_cert_rate", recount.areas.district, MONTHS[-1]]
    assert Fraction(own[0]) / Fraction(own[1]) == Fraction(int(part), int(whole))
