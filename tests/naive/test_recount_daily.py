"""Canteens, cards, sites and long-term-care insurance: the product's figures against a plain recount."""

from __future__ import annotations

import pytest

from tests.naive.agreement import assert_agrees
from tests.naive.recount_daily import COUNTED, RARE, recount_daily


@pytest.fixture(scope="module")
def counted(district):
    """The shared district with these modules counted, too."""
    recount, con = district
    recount_daily(recount)
    return recount, con


@pytest.mark.parametrize("code", COUNTED)
def test_part_and_whole_agree_for_every_area_and_month(counted, code):
    assert_agrees(*counted, code, rare=code in RARE)


def test_no_snapshot_tells_what_one_person_bought(counted):
    _, con = counted
    tables = {t for (t,) in con.execute("select table_name from information_schema.tables").fetchall()}
    assert {"card_spend_month", "meal_month", "sitting_fact"} <= tables
    assert not {"card_fact", "meal_fact", "card_link"} & tables
