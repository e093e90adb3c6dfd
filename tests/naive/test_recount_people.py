"""Volunteers, visits, time bank, evaluations, staff, stays and waiting lists: the product's figures against a plain recount."""

from __future__ import annotations

import json

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


PLANTED = {
    "duty_visit_after_death": ("visit_id", "select visit_id from visit_fact where after_gone"),
    "visits_same_minute": ("visits", "select visit_id from visit_fact where same_minute"),
    "bank_transfer_unbalanced": ("transfer_no", "select transfer_no from bank_entry_fact where unbalanced"),
    "bank_entry_edited": ("entry_id", "select entry_id from bank_entry_fact where edited"),
    "bank_overspent": ("account_id", "select account_id from bank_entry_fact where overdrawn"),
    "bank_over_24_hours": ("account_id", "select account_id from bank_entry_fact where over_day"),
    "bank_mutual_circle": ("accounts", "select account_id from bank_entry_fact where mutual"),
    "bank_ring_of_three": ("accounts", "select account_id from bank_entry_fact where ring and not mutual"),
    "waiting_queue_jumped": ("waiting_id", "select waiting_id from waiting_admission_fact where jumped"),
    "bank_balance_differs": ("account_id", "select account_id from bank_account_month where differs"),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_what_was_done_wrong_is_found_and_nothing_else(district, kind):
    recount, con = district
    told = json.loads((recount.sources.parent / "truth" / "irregularities.json").read_text(encoding="utf-8")).get(kind, [])
    key, query = PLANTED[kind]
    planted = {v for e in told for v in (e[key] if isinstance(e[key], list) else [e[key]])}
    assert {v for (v,) in con.execute(query).fetchall()} == planted
    assert planted or kind.startswith(("duty", "visits", "waiting")), "nothing was planted"


def test_stays_that_go_on_after_death_are_listed(district):
    recount, con = district
    told = json.loads((recount.sources.parent / "truth" / "irregularities.json").read_text(encoding="utf-8"))["stay_after_death"]
    listed = con.execute("select count(*) from warning where table_name = 'stay' and sentence like '%仍登记在住'").fetchone()
    assert listed == (len(told),) and told
