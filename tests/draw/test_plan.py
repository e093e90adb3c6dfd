"""From risks and inspectors to the list: numbers by the policy, and every pair that must not meet."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl import draw
from etl.draw.plan import DUE, Candidate, Exclusion, Person, exclusions, plan, quotas
from etl.policy.oversight_model import InspectionVersion


def version(**said) -> InspectionVersion:
    given_ = {
        "version": "甲", "valid_from": "2026-01", "basis": "测试", "visits": {"share": 0.25, "at_least": 8}, "random_share": 0.2,
        "strata": [{"stratum": "高", "score": 40, "share": 0.5}, {"stratum": "中", "score": 15, "share": 0.35}, {"stratum": "低", "score": 0, "share": 0.15}],
    }  # fmt: skip
    return InspectionVersion.model_validate(given_ | said)


def people(*due: int, high: int = 0, middle: int = 0, low: int = 0) -> list[Candidate]:
    strata = ["高"] * high + ["中"] * middle + ["低"] * low
    return [Candidate(f"P{i:03d}", f"单位{i}", s, 10 + i, i in due, "330105003000") for i, s in enumerate(strata)]


def numbers(found) -> tuple[dict[str, int], int]:
    return {s.name: s.take for s in found[0]}, found[1]


def test_a_quarter_of_a_hundred_with_five_due():
    # 25 visits: 5 due, of the 20 others 4 at random; 16 by risk: 8, 5.6 → 6, 2.4 → 2.
    found = numbers(quotas(version(), people(0, 1, 2, 60, 61, high=27, middle=33, low=40)))
    assert found == ({DUE: 5, "高": 8, "中": 6, "低": 2}, 4)


def test_a_stratum_that_is_too_small_passes_on_in_order():
    assert numbers(quotas(version(), people(high=3, middle=4, low=93))) == ({"高": 3, "中": 4, "低": 13}, 5)


def test_where_all_visits_are_due_one_more_is_left_to_chance():
    assert numbers(quotas(version(), people(*range(9), high=9, middle=3))) == ({DUE: 9, "高": 0, "中": 0, "低": 0}, 1)


def test_where_everybody_is_due_everybody_is_visited():
    assert numbers(quotas(version(), people(0, 1, high=2))) == ({DUE: 2, "高": 0, "中": 0, "低": 0}, 0)


def test_nobody_to_visit_is_said():
    with pytest.raises(draw.DrawError, match="没有在营单位"):
        quotas(version(), [])


def test_whoever_declared_works_next_door_or_was_there_last_does_not_come():
    seen = [Candidate("P1", "甲", "高", 9, False, "330105003000", "沈岚、王澄"), Candidate("P2", "乙", "高", 9, False, "330105004000")]
    team = [Person("J1", "沈岚"), Person("J2", "陈霁", "330105003000"), Person("J3", "徐芮"), Person("J4", "王", "330105099000")]
    found = exclusions(seen, team, [("P2", "J3", "曾任职"), ("P1", "J1", "近亲属"), ("P9", "J3", "曾任职"), ("P2", "J9", "近亲属")])
    assert found == [
        Exclusion("P1", "J1", "近亲属、上次检查过该单位"), Exclusion("P1", "J2", "同一街道"), Exclusion("P2", "J3", "曾任职"),
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.data())
def test_any_plan_adds_up_and_can_be_drawn(high, middle, low, data):
    total = high + middle + low
    if not total:
        return
    due = data.draw(st.sets(st.integers(0, total - 1), max_size=6))
    listed = people(*due, high=high, middle=middle, low=low)
    entries = plan(version(), listed, [Person("J1", "甲"), Person("J2", "乙")], [], plan_id="SJ", month="2026-12", region="330105000000",
                   seed_source="双色球", seed_on=date(2026, 11, 22))  # fmt: skip
    assert draw.problems(entries) == []
    drawn = sum(s.take for s in entries.strata) + entries.random
    asked = min(total, max(-(-total // 4), 8))
    assert drawn == min(total, max(asked, len(due) + (len(due) < total)))
    assert entries.random >= 0.2 * (drawn - len(due))
