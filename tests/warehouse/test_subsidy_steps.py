"""The way of the money on a simulated district: what is due, what of it is approved, what of that is paid."""

from __future__ import annotations

import csv
import json
from collections import Counter
from decimal import Decimal

import pytest

from tests.support.published import reader


@pytest.fixture(scope="module")
def steps(small_demo):
    """(programme, month) → (applied, approved, paid) of the whole district, year to date."""
    with reader(small_demo.result.snapshot) as con:
        rows = con.execute(
            "select programme, month, sum(applied_ytd), sum(approved_ytd), sum(paid_ytd) from subsidy_month group by all"
        ).fetchall()
    return {(r[0], r[1]): r[2:] for r in rows}


@pytest.fixture(scope="module")
def should_not_have_been_paid(small_demo) -> Counter[tuple[str, str]]:
    """(programme, month) → yuan of the payments after death and the second payments that were planted."""
    planted = json.loads((small_demo.layout.truth / "irregularities.json").read_text(encoding="utf-8"))
    wrong = Counter(
        (e["programme"], e["elder_id"], e["month"]) for kind in ("paid_after_death", "paid_twice") for e in planted[kind]
    )
    found: Counter[tuple[str, str]] = Counter()
    for path in sorted((small_demo.layout.sources / "subsidy").glob("发放_*.csv")):
        with path.open(encoding="gb18030", newline="") as file:
            for row in csv.DictReader(file):
                key = (row["项目编码"], row["老年人编号"], row["发放月份"])
                if wrong[key]:
                    wrong[key] -= 1
                    found[key[0], key[2]] += Decimal(row["金额"])
    return found


def test_no_step_is_larger_than_the_one_before_but_for_what_should_not_have_been_paid(steps, should_not_have_been_paid):
    for (programme, month), (applied, approved, paid) in steps.items():
        wrong = sum(v for (p, m), v in should_not_have_been_paid.items() if p == programme and month[:4] + "-01" <= m <= month)
        assert applied >= approved, (programme, month)
        assert approved >= paid - wrong, (programme, month, approved, paid, wrong)


def test_the_steps_differ_a_little(steps):
    last = max(month for _, month in steps)
    applied, approved, paid = (sum(v[i] for (_, m), v in steps.items() if m == last) for i in range(3))
    assert 0.85 * float(applied) < approved < applied
    assert 0.85 * float(approved) < paid < approved


def test_the_high_age_allowance_is_due_at_the_amount_of_the_age(small_demo):
    with reader(small_demo.result.snapshot) as con:
        wrong, changed = con.execute(
            "select count(*) filter (c.amount <> case when e.age >= 100 then 300 when e.age >= 90 then 100 else 50 end),"
            " count(distinct c.amount)"
            " from claim_month as c join elder_month as e on e.elder_id = c.elder_id"
            # The age of the first of a month is the age at the end of the month before.
            " and e.month = strftime(cast(c.month || '-01' as date) - interval 1 day, '%Y-%m')"
            " where c.programme = 'high_age' and not c.rejected"
        ).fetchone()
        doubles = con.execute(
            "select count(*) from (select 1 from claim_month where not rejected and payee = 'elder'"
            " group by elder_id, programme, month having count(*) > 1)"
        ).fetchone()
    assert wrong <= 2 and changed >= 2  # a birthday on the first of a month
    assert doubles == (0,)
