"""A draft policy is tried before it takes effect, approved by a second person, and leaves old months as they were."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from dashboard.ledger.store import open_ledger
from dashboard.policies.store import DraftError, NoDraftError, Policies, lay
from etl import clock
from etl.paths import DEFAULT_REGION, Layout
from etl.policy import load_policies
from etl.region import Region
from tests.conftest import Demo
from tests.support.published import reader

BASE = (DEFAULT_REGION / "policies" / "rating.yaml").read_text(encoding="utf-8")
EXITS = (DEFAULT_REGION / "policies" / "exit.yaml").read_text(encoding="utf-8")
NEXT = f"{int(f'{clock.now():%Y}') + 1}-01"


def drafted(base: str = BASE, *changes: tuple[str, str], valid_from: str = NEXT) -> str:
    """The file in force with one version more: a copy of its last one with these changes, numbered on."""
    number = base.count("  - version: 试行-")
    last = base[base.rindex("  - version: 试行-") :].replace(f"version: 试行-{number}", f"version: 试行-{number + 1}")
    last = re.sub(r"valid_from: \d{4}-\d\d", f"valid_from: {valid_from}", last, count=1)
    for old, new in changes:
        assert old in last
        last = last.replace(old, new)
    return base.rstrip() + "\n" + last


STRICTER = ("cuts: [50, 70, 88, 95]", "cuts: [70, 88, 95, 98]")


@pytest.fixture
def policies(tmp_path: Path) -> Policies:
    layout = Layout(tmp_path, DEFAULT_REGION.name)
    layout.base.mkdir()
    return Policies(open_ledger(f"sqlite:///{layout.ledger}"), Region.load(DEFAULT_REGION), layout)


def published(demo: Demo) -> Path:
    return demo.layout.snapshots / str(json.loads(demo.layout.pointer.read_text())["file"])


def test_stricter_cuts_move_providers_down_and_nobody_up(policies: Policies, small_demo: Demo) -> None:
    number = policies.try_out("rating", drafted(BASE, STRICTER), published(small_demo), "staff")
    trial = policies.draft(number).trial
    assert trial["moved"] and all(m["new_star"] < m["star"] for m in trial["moved"] if m["star"] != m["new_star"])
    with reader(published(small_demo)) as con:
        scores = con.execute("select provider_id, score, star, cap_rule from rating where month = ? and star is not null", [trial["month"]]).fetchall()
        ids = [m["provider_id"] for m in trial["moved"]]
        elders = con.execute("select count(distinct elder_id) from order_fact where completed and list_contains(?, provider_id) and ordered_at >= "
                             "(select max(last_day) from month m join rating using (month)) - 90", [ids]).fetchone()  # fmt: skip
    down = {p for p, score, star, capped in scores if capped is None and 1 + sum(score >= c for c in (70, 88, 95, 98)) < star}
    assert down <= {m["provider_id"] for m in trial["moved"]}
    assert elders and trial["elders"] >= elders[0]
    now, then = ({k: v[i] for k, v in trial["stars"].items()} for i in (0, 1))
    assert sum(now.values()) == sum(then.values()) and then["1"] + then["2"] > now["1"] + now["2"]


def test_the_same_rules_under_a_new_name_move_nobody(policies: Policies, small_demo: Demo) -> None:
    for subject, base in (("rating", BASE), ("exit", EXITS)):
        number = policies.try_out(subject, drafted(base), published(small_demo), "staff")
        assert policies.draft(number).trial["moved"] == []


def test_a_stricter_exit_policy_says_which_cases_would_open(policies: Policies, small_demo: Demo) -> None:
    number = policies.try_out("exit", drafted(EXITS, ("measure: points, at_least: 12", "measure: points, at_least: 1")), published(small_demo), "staff")
    moved = policies.draft(number).trial["moved"]
    opening = [m for m in moved if m["opens"]]
    assert opening and all(m["new_state"] == "exit_candidate" and m["because"] and m["star"] == m["new_star"] for m in opening)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BASE, "草案应为现行各版本之后再加一个新版本"),
        (drafted(valid_from="2026-02"), "之后的月份起生效（现写 2026-02）"),
        (drafted(valid_from=f"{clock.now():%Y-%m}"), "之后的月份起生效"),
        (drafted().replace("cuts: [50, 70, 88, 95]", "cuts: [10, 20, 30, 40]", 1), "版本“试行-1”已经生效，不能改动"),
        (drafted(BASE, ("cuts: [50, 70, 88, 95]", "cuts: [50, 40, 88, 95]")), "行：分数线应从小到大"),
        (drafted(BASE, ("indicator: satisfaction", "indicator: satisfactoin")), "没有“satisfactoin”这个指标"),
        ("", "草案为空"),
    ],
)
def test_a_wrong_draft_is_refused_and_not_kept(policies: Policies, small_demo: Demo, text: str, says: str) -> None:
    with pytest.raises(DraftError, match=says.replace("（", ".").replace("）", ".")):
        policies.try_out("rating", text, published(small_demo), "staff")
    assert policies.listed() == []


def test_nobody_approves_his_own_and_what_is_approved_is_what_the_line_reads(policies: Policies, small_demo: Demo) -> None:
    number = policies.try_out("rating", drafted(BASE, STRICTER), published(small_demo), "staff")
    with pytest.raises(DraftError, match="不能审批本人提出的草案"):
        policies.decide(number, "approved", "staff")
    with pytest.raises(DraftError, match="须写明理由"):
        policies.decide(number, "rejected", "leader")
    assert not policies.layout.policies.exists()
    policies.decide(number, "approved", "leader")
    rating, _ = load_policies(DEFAULT_REGION / "policies", approved=policies.layout.policies)
    assert rating and [(v.version, v.valid_from) for v in rating.versions] == [("试行-1", "2024-01"), ("试行-2", "2026-01"), ("试行-3", NEXT)]
    assert policies.in_force()[0] == rating
    with pytest.raises(DraftError, match="已批准，不能再处理"):
        policies.decide(number, "rejected", "leader", "改主意")
    with policies.ledger.read() as session:
        lines = [tuple(r) for r in session.execute(sql("select account, action, object from audit order by id"))]
    assert lines == [("staff", "试算政策草案", f"政策草案 {number}"), ("leader", "批准政策草案", f"政策草案 {number}")]


def test_a_draft_made_before_another_was_approved_is_out_of_date(policies: Policies, small_demo: Demo) -> None:
    first = policies.try_out("rating", drafted(), published(small_demo), "staff")
    second = policies.try_out("rating", drafted(BASE, STRICTER), published(small_demo), "staff")
    policies.decide(first, "approved", "leader")
    with pytest.raises(DraftError, match="草案已不能批准，请重新提出"):
        policies.decide(second, "approved", "leader")
    policies.decide(second, "withdrawn", "staff")
    assert [d.row.stage for d in policies.listed()] == ["withdrawn", "approved"]


def test_the_ledger_s_copy_counts_and_comes_back_after_the_files_are_lost(policies: Policies, small_demo: Demo) -> None:
    number = policies.try_out("rating", drafted(), published(small_demo), "staff")
    policies.decide(number, "approved", "leader")
    path = policies.layout.policies / "rating.yaml"
    path.write_text(BASE, encoding="utf-8")
    lay(policies.ledger, policies.layout)
    assert path.read_text(encoding="utf-8") == drafted()
    path.unlink()
    (policies.layout.policies / "exit.yaml").write_text(EXITS, encoding="utf-8")  # of nobody's approval
    lay(policies.ledger, policies.layout)
    assert path.exists() and not (policies.layout.policies / "exit.yaml").exists()


@pytest.mark.parametrize("number", [0, 99, "x", "1' or 1=1", None, "１"])
def test_an_unknown_draft_is_not_there(policies: Policies, number: object) -> None:
    with pytest.raises(NoDraftError):
        policies.draft(number)
