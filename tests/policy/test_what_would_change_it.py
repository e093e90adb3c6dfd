"""What would change a star is what the engine says when that has really happened."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

import etl.policy
from tests.policy.test_ratings_and_exits import finding, good_provider
from tests.policy.worlds import Folder, World, by_key, table

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
