"""What would change a star is what the engine says when that has really happened."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

import etl.policy
from etl.policy.check import rating_check
from etl.policy.load import load
from etl.policy.model import RatingPolicy
from tests.policy.test_ratings_and_exits import finding, good_provider
from tests.policy.worlds import CATALOGUE, Folder, World, by_key, table

LAST = "2026-10"


def run(world: World, region: Folder, repaired: tuple[str, ...] = ()) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    con = world.connect()
    if repaired:
        con.execute("create table checked.ledger_repair as select 'P1' as provider_id, 'inspection_finding' as source_table, "
                    "unnest(?) as row_key, date '2026-09-01' as decided_on", [list(repaired)])  # fmt: skip
    etl.policy.run(con, region)  # type: ignore[arg-type]
    return dict(by_key(table(con, "rating"))["P1", LAST]), [c for c in table(con, "rating_change") if c["provider_id"] == "P1"]


def one(changes: list[dict[str, Any]], *words: str) -> dict[str, Any]:
    hits = [c for c in changes if all(w in c["sentence"] for w in words)]
    assert hits, [c["sentence"] for c in changes]
    return hits[0]


def test_rectifying_a_serious_finding_gains_what_the_engine_gives_once_it_is_rectified(shipped: Folder) -> None:
    dates = {"ordered_on": date(2026, 3, 3), "deadline": date(2026, 9, 30)}
    now, changes = run(finding(good_provider(), "F1", "严重", **dates), shipped)
    later, _ = run(finding(good_provider(), "F1", "严重", **dates, done_on=date(2026, 10, 20)), shipped)
    told = one(changes, "完成整改", "疏散通道堆放杂物", "质量安全·严重")
    assert (told["direction"], told["star"], told["new_star"]) == ("gain", now["star"], later["star"])
    assert (told["score"], told["new_score"]) == (now["score"], later["score"])
    assert told["sentence"].startswith("若完成整改：2026年3月3日检查发现的") and told["new_star"] > told["star"]


def test_two_open_findings_need_both(shipped: Folder) -> None:
    world = finding(finding(good_provider(), "F1", "严重", field="涉及资金"), "F2", "严重", field="从业人员")
    now, changes = run(world, shipped)
    assert now["star"] == 3 and now["uncapped_star"] > 3
    gains = [c for c in changes if c["direction"] == "gain"]
    assert not [c for c in gains if c["changes"] == 1 and "检查发现的" in c["sentence"]]  # neither alone lifts the cap
    assert one(gains, "完成全部2项未整改问题的整改")["new_star"] == now["uncapped_star"]


def test_certifying_caregivers_gains_a_star_and_is_recomputed(shipped: Folder) -> None:
    def world(certified: int) -> World:
        made = good_provider()
        for row in made.rows["provider_figure"]:
            if row["indicator"] == "caregiver_cert_rate":
                row["part"] = certified
        return made

    now, changes = run(world(6), shipped)
    told = [c for c in changes if "护理员持证率" in c["sentence"] and c["direction"] == "gain"]
    assert told and told[0]["new_star"] > now["star"]
    needed = int(told[0]["sentence"].split("再多")[1].split("例")[0])
    # the only provider of its kind: its own figure is the mean that it is drawn to, which the counterfactual leaves where it was
    after, _ = run(world(6 + needed), shipped)
    assert after["star"] >= told[0]["new_star"] and "10" in told[0]["sentence"]


def test_a_lapsed_insurance_is_named_as_gain_and_a_valid_one_as_risk(shipped: Folder) -> None:
    def world(until: date) -> World:
        return good_provider().add("provider_permit", permit_id="Z", provider_id="P1", kind="综合保险", number="1", issued_on=date(2025, 1, 1), expires_on=until)

    now, changes = run(world(date(2026, 9, 30)), shipped)
    assert (one(changes, "补办综合保险（2026年9月30日到期）")["new_star"], now["star"]) == (5, 2)
    now, changes = run(world(date(2027, 9, 30)), shipped)
    told = one(changes, "如综合保险到期未续")
    assert (told["direction"], told["star"], told["new_star"]) == ("lose", 5, 2)


def test_a_new_serious_finding_would_lose_what_the_engine_takes(shipped: Folder) -> None:
    now, changes = run(good_provider(), shipped)
    told = [c for c in changes if "如再查出一项" in c["sentence"]]
    assert now["star"] == 5 and told and all(c["new_star"] < 5 and c["direction"] == "lose" for c in told)
    severity, field = told[0]["sentence"].split("一项")[1].split("问题（")[0], told[0]["sentence"].split("（")[1].split("）")[0]
    world = good_provider()
    world.add("inspection_inspection", inspection_id="I9", provider_id="P1", kind="双随机", inspected_on=date(2026, 10, 31), result="不合格", follows=None)
    later, _ = run(finding(world, "F9", severity, field=field, visit="I9", ordered_on=date(2026, 10, 31), deadline=date(2026, 11, 30)), shipped)
    assert (later["star"], later["score"]) == (told[0]["new_star"], pytest.approx(told[0]["new_score"], abs=0.11))


def test_who_has_no_star_is_told_what_is_missing_and_nothing_else(shipped: Folder) -> None:
    world = good_provider()
    world.rows["inspection_inspection"] = []
    now, changes = run(world, shipped)
    assert now["star"] is None and now["missing"] and changes == []


def test_a_repair_of_credit_leaves_what_would_change_the_star(shipped: Folder) -> None:
    dates = {"ordered_on": date(2026, 3, 3), "deadline": date(2026, 4, 3), "done_on": date(2026, 3, 20), "verified_on": date(2026, 3, 21)}
    world = finding(good_provider(), "F1", "较重", **dates)
    now, changes = run(world, shipped)
    assert changes and all(c["new_score"] < now["score"] for c in changes if c["direction"] == "lose" and "到期" not in c["sentence"])
    assert run(world, shipped, repaired=("F1",)) == (now, changes), "the finding still counts for the star"


PLAIN = """\
title: 两项各半
versions:
  - version: 一
    valid_from: 2026-01
    basis: 办法
    domains:
      - domain: 服务
        weight: 1
        parts:
          - {indicator: good_rate, weight: 1, basis: 第一条, curve: [[0, 0], [100, 100]]}
          - {indicator: mark, weight: 1, basis: 第二条, curve: [[1, 0], [5, 100]]}
    stars: {method: fixed, cuts: [20, 40, 60, 97]}
    caps:
      - {rule: open, cap: 2, basis: 第三条, when: {facts: finding, where: {severity: [严重, 重大], open: true}, row: "{description}"}, because: "{items}"}
"""


def told(folder: Path, good: int, mark: int) -> tuple[int, list[str]]:
    """The stars, and what would change them, of a provider with so many good ones of 200 and so high a mark, in hundredths."""
    (folder / "p.yaml").write_text(PLAIN, encoding="utf-8")
    policy = load(folder / "p.yaml", RatingPolicy, rating_check(CATALOGUE))
    world = World([LAST]).add("provider_provider", provider_id="P1", name="甲", kind="老年食堂", registered_on=date(2024, 1, 1))
    world.add("provider_figure", indicator="good_rate", provider_id="P1", month=LAST, part=good, whole=200)
    world.add("provider_figure", indicator="mark", provider_id="P1", month=LAST, part=mark, whole=100)
    con = world.connect()
    etl.policy.run(con, Folder(folder), indicators=CATALOGUE, policies=(policy, None))  # type: ignore[arg-type]
    return int(table(con, "rating")[0]["star"]), [c["sentence"] for c in sorted(table(con, "rating_change"), key=lambda c: (c["direction"], c["position"]))]


def test_a_figure_is_told_as_far_as_it_must_move_and_no_farther(tmp_path: Path) -> None:
    """20 and 50 points make 35. Forty are needed: 30 and 50, or 20 and 60; below twenty, 20 and 19.75. One step less does not do it."""
    star, said = told(tmp_path, 40, 300)
    assert (star, said) == (2, [
        "若月末评分由3.00分升至3.40分：二星升为三星（35.0分→40.0分）",
        "若月末优良率由20.0%升至30.0%（样本200，再多20例）：二星升为三星（35.0分→40.0分）",
        "如月末评分由3.00分降至1.79分：二星降为一星（35.0分→19.9分）",
    ])  # fmt: skip
    found = {case: told(tmp_path, *case)[0] for case in ((60, 300), (59, 300), (40, 340), (40, 339), (40, 179), (40, 180))}
    assert found == {(60, 300): 3, (59, 300): 2, (40, 340): 3, (40, 339): 2, (40, 179): 1, (40, 180): 2}


def test_of_two_figures_together_each_moves_only_as_far_as_it_must(tmp_path: Path) -> None:
    """90 and 85 points; 97 are needed, which neither reaches alone: 100 and 94."""
    star, said = told(tmp_path, 180, 440)
    assert star == 4 and [s for s in said if s.startswith("若")] == [
        "若月末评分由4.40分升至4.76分，并月末优良率由90.0%升至100.0%（样本200，再多20例）：四星升为五星（87.5分→97.0分）"
    ]
    assert {case: told(tmp_path, *case)[0] for case in ((200, 476), (199, 476), (200, 475))} == {(200, 476): 5, (199, 476): 4, (200, 475): 4}
