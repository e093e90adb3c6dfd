"""Figures are what the snapshot holds, put beside the month and year before, and their rows add up to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.warehouse import Snapshot, Unknown, Warehouse, rows
from etl.indicators import catalogue
from tests.warehouse.conftest import DISTRICT, MONTH


def test_a_figure_is_part_over_whole_with_last_month_and_last_year(district: Warehouse, snapshot: Snapshot) -> None:
    figure = district.figures(["caregiver_cert_rate"], DISTRICT, MONTH)["caregiver_cert_rate"]
    stored = {
        m: (p, w)
        for m, p, w in snapshot.query(
            "select month, part, whole from figure where indicator = 'caregiver_cert_rate' and area_code = ?", [DISTRICT]
        )
    }
    assert (figure.part, figure.whole) == stored[MONTH]
    assert figure.value == pytest.approx(figure.part / figure.whole * 100)
    assert figure.previous == pytest.approx(stored["2026-09"][0] / stored["2026-09"][1] * 100)
    assert figure.year_ago == pytest.approx(stored["2025-10"][0] / stored["2025-10"][1] * 100)


def test_every_stored_figure_is_handed_out_as_stored(district: Warehouse, snapshot: Snapshot) -> None:
    for code, area, month, part, whole in snapshot.query(
        "select indicator, area_code, month, part, whole from figure using sample 500 rows"
    ):
        figure = district.figures([code], area, month)[code]
        assert (figure.part, figure.whole) == (part, whole)
        assert figure.value == catalogue()[code].value(part, whole)


def test_the_first_month_has_nothing_to_compare_with(district: Warehouse, snapshot: Snapshot) -> None:
    figure = district.figures(["caregivers"], DISTRICT, snapshot.months[0])["caregivers"]
    assert figure.value is not None and figure.previous is None and figure.year_ago is None


def test_a_whole_of_zero_gives_no_value(district: Warehouse, snapshot: Snapshot) -> None:
    empty = snapshot.query("select area_code, month from figure where indicator = 'caregiver_cert_rate' and whole = 0 limit 1")
    figure = district.figures(["caregiver_cert_rate"], *empty[0])["caregiver_cert_rate"]
    assert figure.whole == 0 and figure.value is None and figure.verdict == "unknown"


def test_children_add_up_to_their_parent(district: Warehouse) -> None:
    parent = district.figures(["caregiver_cert_rate"], DISTRICT, MONTH)["caregiver_cert_rate"]
    children = [f for _, f in district.by_child("caregiver_cert_rate", DISTRICT, MONTH)]
    assert sum(f.part or 0 for f in children) == parent.part and sum(f.whole or 0 for f in children) == parent.whole
    many = district.by_child_many(["caregiver_cert_rate"], DISTRICT, MONTH)
    assert [f["caregiver_cert_rate"] for f in many.values()] == children


def test_rows_behind_a_count_are_as_many_as_the_figure_says(district: Warehouse, snapshot: Snapshot) -> None:
    checked = 0
    for code, indicator in catalogue().items():
        for which, measure in (("part", indicator.part), ("whole", indicator.whole)):
            if measure is None or measure.value != "1" or measure.ranked or measure.mart not in snapshot.tables:
                continue
            for area in (DISTRICT, "330105003000"):
                figure = district.figures([code], area, MONTH)[code]
                expected = figure.part if which == "part" else figure.whole
                if expected is None:
                    continue
                assert district.rows(code, area, MONTH, which).total == expected, (code, which, area)
                checked += 1
    assert checked > 50


def test_rows_come_in_pages_without_gap_or_repeat(district: Warehouse) -> None:
    whole = district.rows("caregivers", DISTRICT, MONTH, limit=1000)
    paged = [
        r
        for offset in range(0, whole.total, 37)
        for r in district.rows("caregivers", DISTRICT, MONTH, offset=offset, limit=37).rows
    ]
    assert paged == whole.rows and len(paged) == whole.total
    for offset, limit in ((-1, 10), ("x", None), (0, 10**9), (True, 0)):
        assert (
            district.rows("caregivers", DISTRICT, MONTH, offset=offset, limit=limit).rows
            == whole.rows[: limit if limit == 10 else 50]
        )  # type: ignore[arg-type]


def test_rows_of_a_provider_say_how_many_lie_outside_the_area(district: Warehouse) -> None:
    row = next(r for r in district.by_provider(["orders"], DISTRICT, MONTH) if r["orders"].part)
    street = district.rows("orders", row["street_code"], MONTH, provider=row["provider_id"])
    assert street.total + street.outside == row["orders"].part


def test_a_column_that_no_mart_declares_is_not_shown(district: Warehouse, snapshot: Snapshot) -> None:
    declared = {r[0] for r in snapshot.query("select column_name from meta_column where mart = 'caregiver_month'")}
    assert {c.name for c in district.rows("caregivers", DISTRICT, MONTH).columns} == declared
    with pytest.raises(Unknown):
        district.rows("caregivers", DISTRICT, MONTH, which="everything")


def test_a_target_for_the_whole_district_is_not_asked_of_a_street(district: Warehouse) -> None:
    code, share = "purchased_service_elders", "caregiver_cert_rate"
    assert district.figures([code], DISTRICT, MONTH)[code].target == 5185
    assert district.figures([code], "330105003000", MONTH)[code].target is None
    assert district.figures([share], "330105003000", MONTH)[share].target == 95


def test_trend_ends_at_the_month_asked_for(district: Warehouse) -> None:
    points = district.trend("caregivers", DISTRICT, 12, "2026-03")
    assert [points[0].month, points[-1].month, len(points)] == ["2025-04", "2026-03", 12]
    assert points[-1].value == district.figures(["caregivers"], DISTRICT, "2026-03")["caregivers"].value


def test_provider_detail_opens_to_permits_sites_beds_and_evidence(district: Warehouse) -> None:
    provider = district.provider("P0001", MONTH)
    assert provider["permits"] and provider["sites"] and provider["beds"]
    assert "*" in provider["legal_person"]
    rating = district.rating("P0001", MONTH)
    assert len(rating.domains) == 5 and rating.evidence[0].sentence
    history = district.rating_history("P0001")
    assert history[-1][0] == MONTH and len(history) == 24


def test_exits_list_only_providers_that_are_not_normal_with_their_reasons(district: Warehouse) -> None:
    exits = district.exits(DISTRICT, MONTH)
    assert exits and all(e["exit_state"] != "normal" and e["reasons"] for e in exits)


def test_subsidies_of_streets_add_up_to_the_district(district: Warehouse) -> None:
    programmes = district.subsidies(DISTRICT, MONTH)
    streets = district.subsidies_by_street(None, MONTH)
    for column in ("budget", "applied", "approved", "paid", "paid_ytd"):
        assert sum(s[column] for s in streets) == pytest.approx(sum(p[column] for p in programmes))
    one = district.subsidies_by_street("high_age", MONTH)
    assert sum(s["paid"] for s in one) == pytest.approx(next(p["paid"] for p in programmes if p["programme"] == "high_age"))
    with pytest.raises(Unknown):
        district.subsidies_by_street("nothing", MONTH)
    assert district.subsidies(district.children("330105003000")[0].code, MONTH) == []


def test_sources_name_the_module_and_its_data_date(district: Warehouse) -> None:
    module, title, owner, data_date = district.source_of("caregiver_cert_rate")[0]
    assert (module, title, owner) == ("caregiver", "护理员台账", "区人力社保局") and data_date is not None
    district.modules()[0]["title"] = "changed by a caller"
    assert "changed by a caller" not in [m["title"] for m in district.modules()]


def test_evidence_opens_to_its_record_and_to_no_other(district: Warehouse, snapshot: Snapshot) -> None:
    provider, month, permit = snapshot.query(
        "select provider_id, month, row_key from rating_evidence where source_table = 'provider_permit' limit 1"
    )[0]
    rows = district.evidence_row(provider, month, "provider_permit", permit)
    assert rows.total == 1 and rows.rows[0][[c.name for c in rows.columns].index("permit_id")] == permit
    figure = district.evidence_row(provider, month, "provider_figure", f"caregiver_cert_rate/{provider}/{month}")
    assert figure.total == district.provider_figures(["caregiver_cert_rate"], provider, month)["caregiver_cert_rate"].whole
    for table, key in (
        ("provider_permit", "P9999-综合保险"),
        ("caregiver_month", provider),
        ("meta_snapshot", "x"),
        ("figure; --", "x"),
        (None, None),
    ):
        with pytest.raises(Unknown):
            district.evidence_row(provider, month, table, key)


def test_records_of_an_old_snapshot_that_lack_what_a_figure_asks_for_today_are_unknown_and_no_fault(district: Warehouse, snapshot: Snapshot) -> None:
    indicator = catalogue()["caregivers"]
    today = replace(indicator, part=replace(indicator.part, where="known_since_yesterday"))
    with pytest.raises(Unknown, match="rows"):
        rows.behind(snapshot, district.scope, today, DISTRICT, MONTH, "part", None, 0, 50)
