"""Prepayments: the product's figures against a plain recount."""

from __future__ import annotations

import pytest

from etl.paths import DEFAULT_REGION
from tests.naive.agreement import assert_agrees
from tests.naive.recount_prepaid import COUNTED, RARE, recount_prepaid


@pytest.fixture(scope="module")
def counted(district):
    """The shared district with prepayments counted, too."""
    recount, con = district
    recount_prepaid(recount, DEFAULT_REGION / "policies")
    return recount, con


@pytest.mark.parametrize("code", COUNTED)
def test_part_and_whole_agree_for_every_area_and_month(counted, code):
    assert_agrees(*counted, code, rare=code in RARE)
