"""Finance, health, adaptation, draws, credit and admission: the product's figures against a plain recount, and what was planted."""

from __future__ import annotations

import pytest

from tests.naive.agreement import assert_agrees
from tests.naive.recount_works import COUNTED, RARE, recount_works


@pytest.fixture(scope="module")
def counted(district):
    """The shared district with these modules counted, too."""
    recount, con = district
    recount_works(recount)
    return recount, con


@pytest.mark.parametrize("code", COUNTED)
def test_part_and_whole_agree_for_every_area_and_month(counted, code):
    assert_agrees(*counted, code, rare=code in RARE)


def test_the_month_whose_total_was_wrong_is_named(counted):
    _, con = counted
    found = con.execute("select fund, direction, difference from fund_check where differs").fetchall()
    assert [(fund, direction) for fund, direction, _ in found] == [("福利彩票公益金", "支出")]
    assert found[0][2] > 20_000
