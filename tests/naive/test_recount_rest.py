"""Assessments, permits, sites, findings, training and the rest: the product's figures against a plain recount."""

from __future__ import annotations

import pytest

from tests.naive.agreement import assert_agrees
from tests.naive.recount_rest import COUNTED, RARE, recount_rest


@pytest.fixture(scope="module")
def counted(district):
    """The shared district with these modules counted, too."""
    recount, con = district
    recount_rest(recount)
    return recount, con


@pytest.mark.parametrize("code", COUNTED)
def test_part_and_whole_agree_for_every_area_and_month(counted, code):
    assert_agrees(*counted, code, rare=code in RARE)
