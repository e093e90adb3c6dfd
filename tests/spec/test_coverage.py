"""Which months are known: a delivered month without events is a true 0, a month that no delivery covers is unknown."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from etl.contract import daily, monthly, yearly
from etl.coverage import gaps, last_covered
from etl.figures import materialise, start
from etl.indicators import catalogue
from etl.indicators.caregivers import caregivers
from etl.indicators.data import rows_quarantined
from etl.indicators.supervision import complaints, complaints_per_1000_orders
from etl.lineage import Lineage
from etl.load import contracts
from etl.martfile import marts, parse

LINEAGE = Lineage(contracts(), {m.name: m for m in marts()})


@pytest.mark.parametrize(
    ("due", "delivered", "month"),
    [
        (daily(), date(2026, 10, 20), "2026-10"),
        (monthly(5), date(2026, 11, 3), "2026-10"),
        (monthly(5), date(2026, 10, 31), "2026-10"),
        (monthly(5), date(2026, 10, 20), "2026-09"),
        (yearly(90), date(2026, 3, 10), "2027-03"),
    ],
)
def test_a_delivery_covers_the_month_that_was_owed(due, delivered, month):
    assert last_covered(due, delivered) == month


def test_events_end_with_the_module_that_ends_first_and_stocks_do_not_end():
    known = {"complaint": "2026-08", "order": "2026-10", "caregiver": "2026-07", "provider": "2026-06"}
    found = gaps(LINEAGE, [complaints, complaints_per_1000_orders, caregivers, rows_quarantined], known, "2026-10")
    # The provider of a complaint is looked up, not counted; caregivers employed stay what they were.
    assert found == {complaints.code: ("complaint", "2026-08"), complaints_per_1000_orders.code: ("complaint", "2026-08")}
    assert gaps(LINEAGE, catalogue().values(), dict.fromkeys(known, "2026-10"), "2026-10") == {}


@pytest.fixture
def fresh() -> duckdb.DuckDBPyConnection:
    """One area, three months, one complaint in the first, none in the second."""
    con = duckdb.connect(":memory:")
    con.execute("create schema marts")
    con.execute("create table marts.area as select 'A' as code, 1 as level")
    con.execute("create table marts.area_closure as select 'A' as ancestor, 'A' as descendant")
    con.execute("create table marts.month as select unnest(['2026-08', '2026-09', '2026-10']) as month")
    con.execute("create table marts.complaint_fact as select '2026-08' as month, 'A' as community_code, 'P1' as provider_id")
    start(con)
    return con


def test_a_month_without_complaints_is_0_and_a_month_not_delivered_has_no_figure(fresh):
    mart = parse("complaint_fact", "-- grain: x\n-- area: community_code\n-- time: month\n-- provider: provider_id\nselect 1")
    materialise(fresh, [complaints], {"complaint_fact": mart}, spans={complaints.code: ("2026-08", "2026-09")})
    assert fresh.execute("select month, part from marts.figure order by month").fetchall() == [("2026-08", 1), ("2026-09", 0)]
    assert fresh.execute("select month, part from marts.provider_figure").fetchall() == [("2026-08", 1)]


def test_figures_of_a_mart_that_cannot_be_added_up_leave_the_others_to_the_next_run(fresh):
    head = "-- grain: x\n-- area: community_code\n-- time: month\n-- provider: provider_id\nselect 1"
    both = {m: parse(m, head) for m in ("complaint_fact", "caregiver_month")}
    with pytest.raises(duckdb.CatalogException, match="caregiver_month"):
        materialise(fresh, [complaints, caregivers], both)
    assert fresh.execute("select count(*) from marts.figure").fetchall() == [(0,)]
    fresh.execute("create table marts.caregiver_month as select '2026-09' as month, 'A' as community_code, 'P1' as provider_id, 'C1' as caregiver_id")
    materialise(fresh, [complaints, caregivers], both)
    rows = fresh.execute("select indicator, month, part from marts.figure where part > 0 order by 1").fetchall()
    assert rows == [(caregivers.code, "2026-09", 1), (complaints.code, "2026-08", 1)]
