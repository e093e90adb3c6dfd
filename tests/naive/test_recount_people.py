"""Volunteers, visits, time bank, evaluations, staff, stays and waiting lists: the product's figures against a plain recount."""

from __future__ import annotations

import pytest

from tests.naive.agreement import assert_agrees
from tests.naive.recount_people import COUNTED, RARE, recount_people


@pytest.fixture(scope="module")
def counted(district):
    """The shared district with these modules counted, too."""
    recount, con = district
    recount_people(recount)
    return recount, con


@pytest.mark.parametrize("code", COUNTED)
def test_part_and_whole_agree_for_every_area_and_month(counted, code):
    assert_agrees(*counted, code, rare=code in RARE)


def test_what_the_bank_owes_is_what_was_earned_less_what_was_spent_and_cashed(counted):
    _, con = counted
    owed, earned, gone, torn = con.execute(
        "select (select sum(owed) from bank_account_month where month = '2026-10'),"
        " sum(coins) filter (kind = '存入'), sum(coins) filter (kind in ('兑换', '折现')),"
        " sum(case kind when '转入' then coins when '转出' then -coins else 0 end) from bank_entry_fact"
    ).fetchone()
    assert torn > 0, "one transfer does not balance"
    assert owed == earned - gone + torn
