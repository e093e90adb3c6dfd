"""What the region's policy means for a provider, told in small worlds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import etl.policy
from etl.indicators.base import catalogue
from tests.policy.random_worlds import worlds
from tests.policy.worlds import CATALOGUE, Folder, World, by_key, last_day, table

FIGURES = {"satisfaction": (5, True), "on_time_rate": (1, True), "caregiver_cert_rate": (1, True), "orders": (1, False)}
GOOD = {"satisfaction": (480, 100), "on_time_rate": (98, 100), "sign_in_compliance": (99, 100), "order_completion": (99, 100),
        "caregiver_cert_rate": (10, 10), "revisit_rate": (98, 100), "orders": (100, None)}
MONTHS = ["2026-06", "2026-07", "2026-08", "2026-09", "2026-10"]


def good_provider(months: list[str] | None = None, provider: str = "P1", kind: str = "照料中心") -> World:
    world = World(months or MONTHS)
    world.add("provider_provider", provider_id=provider, name="和睦中心", credit_code="C1", kind=kind, registered_on=date(2024, 1, 1))
    for month in ("2026-04", "2026-05", *MONTHS):
        for code, (part, whole) in GOOD.items():
            world.add("provider_figure", indicator=code, provider_id=provider, month=month, part=part, whole=whole)
    return visit(world, "I0", date(2026, 3, 3))


def visit(world: World, key: str, on: date, kind: str = "双随机", result: str = "合格", follows: str | None = None) -> World:
    return world.add("inspection_inspection", inspection_id=key, provider_id="P1", kind=kind, inspected_on=on, result=result, follows=follows)


def finding(world: World, key: str, severity: str, *, scope: str = "个别", field: str = "质量安全", visit: str = "I0", **dates: Any) -> World:
    world.add("inspection_finding", finding_id=key, inspection_id=visit, field=field, severity=severity, scope=scope, clause="第一条",
              description="疏散通道堆放杂物")
    return world.add("inspection_rectification", finding_id=key, **dates) if dates else world


def judged(world: World, region: Folder) -> tuple[dict[Any, Any], dict[Any, Any], list[dict[str, Any]]]:
    con = world.connect()
    etl.policy.run(con, region)  # type: ignore[arg-type]
    return by_key(table(con, "rating")), by_key(table(con, "exit_status")), table(con, "rating_evidence")


def test_a_good_provider_has_five_stars_and_is_normal(shipped: Folder) -> None:
    ratings, states, evidence = judged(good_provider(), shipped)
    row = ratings["P1", "2026-10"]
    assert (row["star"], row["cap_rule"], row["missing"], row["policy_version"]) == (5, None, None, "试行-2")
    assert (states["P1", "2026-10"]["state"], states["P1", "2026-10"]["since"]) == ("normal", date(2024, 1, 1))
    assert all(e["points"] <= 0 and e["sentence"] and e["basis"] for e in evidence)


def test_an_open_major_hazard_leaves_one_star_until_it_is_rectified(shipped: Folder) -> None:
    world = finding(good_provider(), "F1", "重大", ordered_on=date(2026, 3, 3), deadline=date(2026, 12, 1), done_on=date(2026, 9, 10),
                    verified_on=date(2026, 9, 20))
    ratings, states, evidence = judged(world, shipped)
    before, after = ratings["P1", "2026-08"], ratings["P1", "2026-09"]
    assert (before["star"], before["cap_rule"]) == (1, "open_major_hazard")
    assert before["cap_because"] == (
        "月末有1项重大隐患未整改：2026年3月3日检查发现重大隐患：疏散通道堆放杂物，月末未整改（期限2026年12月1日）")
    assert after["cap_rule"] is None and after["star"] == after["uncapped_star"]
    veto = [e for e in evidence if e["domain"] == "一票否决" and e["month"] == "2026-08"]
    assert [(e["source_table"], e["row_key"], e["points"]) for e in veto] == [("inspection_finding", "F1", 0)]
    assert states["P1", "2026-08"]["state"] == "rectifying"
    # demerits remain after the hazard is gone
    assert (states["P1", "2026-09"]["state"], states["P1", "2026-09"]["rule"]) == ("watch", "demerits_6")


def permit(world: World, kind: str, expires: date | None, provider: str = "P1") -> World:
    return world.add("provider_permit", permit_id=f"{provider}{kind}", provider_id=provider, kind=kind, number="1", issued_on=date(2023, 6, 1), expires_on=expires)


def test_a_void_fire_permit_leaves_two_stars_and_losing_it_is_among_what_would_lower_them(shipped: Folder) -> None:
    con = permit(good_provider(), "消防", date(2026, 8, 31)).connect()
    etl.policy.run(con, shipped)  # type: ignore[arg-type]
    ratings = by_key(table(con, "rating"))
    assert ratings["P1", "2026-08"]["star"] == 5
    row = ratings["P1", "2026-09"]
    assert (row["star"], row["uncapped_star"], row["cap_rule"]) == (2, 5, "fire_permit_void")
    assert row["cap_because"] == "消防手续失效：消防手续已于2026年8月31日到期，失效30天"
    assert any(c["star"] == 2 and c["new_star"] == 5 and "补办消防" in c["sentence"] for c in table(con, "rating_change"))
    con = permit(good_provider(), "消防", date(2027, 8, 31)).connect()
    etl.policy.run(con, shipped)  # type: ignore[arg-type]
    assert any(c["new_star"] == 2 and "消防到期未续" in c["sentence"] for c in table(con, "rating_change"))


def test_months_before_the_version_that_brought_a_cap_keep_their_stars(shipped: Folder) -> None:
    world = good_provider(["2025-12", "2026-01"])
    for month in ("2025-12", "2026-01"):
        for code, (part, whole) in GOOD.items():
            world.add("provider_figure", indicator=code, provider_id="P1", month=month, part=part, whole=whole)
    visit(world, "I9", date(2025, 6, 3))
    ratings, _, _ = judged(permit(world, "消防", date(2025, 8, 31)), shipped)
    assert (ratings["P1", "2025-12"]["star"], ratings["P1", "2025-12"]["policy_version"]) == (5, "试行-1")
    assert (ratings["P1", "2026-01"]["star"], ratings["P1", "2026-01"]["policy_version"]) == (2, "试行-2")


NEEDS: list[tuple[str, str, str | None]] = [
    ("照料中心", "消防", "fire_permit_missing"), ("居家服务商", "消防", None), ("老年食堂", "食品经营", "food_permit_missing"),
    ("照料中心", "食品经营", None), ("社会组织", "执业登记", "licence_missing"), ("嵌入式微型机构", "综合保险", "insurance_missing"),
]  # fmt: skip


def test_what_a_kind_needs_and_never_obtained_caps_the_star(shipped: Folder) -> None:
    """Where the register lists no permit of a sort for anybody, as in the other worlds here, having none says nothing."""
    world = World(["2026-10"])
    for n, (kind, missing, _) in enumerate(NEEDS):
        world.add("provider_provider", provider_id=f"N{n}", name=f"单位{n}", credit_code=f"C{n}", kind=kind, registered_on=date(2026, 1, 1))
        for held in ("执业登记", "综合保险", "消防", "食品经营"):
            if held != missing:
                permit(world, held, None, f"N{n}")
    ratings, _, _ = judged(world, shipped)
    for n, (_, missing, cap) in enumerate(NEEDS):
        row = ratings[f"N{n}", "2026-10"]
        assert row["cap_rule"] == cap, (n, row)
        assert cap is None or f"没有取得{missing}" in row["cap_because"]


def test_a_state_for_days_begins_on_the_day_that_makes_them_full(shipped: Folder) -> None:
    """More than 30 days: the 31st, neither the first of the month nor the day after the lapse."""
    cases = [(date(2026, 6, 22), "2026-07", date(2026, 7, 23)), (date(2026, 6, 30), "2026-07", date(2026, 7, 31)), (date(2026, 7, 1), "2026-07", None),
             (date(2026, 7, 1), "2026-08", date(2026, 8, 1)), (date(2026, 4, 1), "2026-06", date(2026, 5, 2))]  # fmt: skip
    world = World(MONTHS)
    for n, (expires, _, _) in enumerate(cases):
        world.add("provider_provider", provider_id=f"N{n}", name=f"单位{n}", credit_code=f"C{n}", kind="照料中心", registered_on=date(2024, 1, 1))
        permit(world, "综合保险", expires, f"N{n}")
    _, states, _ = judged(world, shipped)
    for n, (_, month, since) in enumerate(cases):
        row = states[f"N{n}", month]
        assert (row["state"], row["since"]) == (("watch", since) if since else ("normal", date(2024, 1, 1))), n


def test_a_licence_void_for_more_than_ninety_days_opens_a_candidate_on_the_91st(shipped: Folder) -> None:
    _, states, _ = judged(permit(good_provider(), "执业登记", date(2026, 5, 20)), shipped)
    assert [states["P1", m]["rule"] for m in ("2026-07", "2026-08")] == ["permit_void", "licence_void_90"]
    assert states["P1", "2026-08"]["since"] == date(2026, 8, 19)


def test_a_major_hazard_past_its_deadline_opens_a_candidate_but_decides_nothing(shipped: Folder) -> None:
    world = finding(good_provider(), "F1", "重大", ordered_on=date(2026, 3, 3), deadline=date(2026, 9, 10))
    _, states, _ = judged(world, shipped)
    assert states["P1", "2026-08"]["state"] == "rectifying"
    row = states["P1", "2026-09"]
    assert (row["state"], row["since"], row["rule"]) == ("exit_candidate", date(2026, 9, 11), "major_hazard_overdue")
    assert "逾期20天" in row["because"] and row["because"].endswith("是否启动，由民政部门集体审议决定）")
    assert states["P1", "2026-10"]["since"] == date(2026, 9, 11)


@pytest.mark.parametrize(
    ("severity", "scope", "on", "points"),
    [
        ("一般", "个别", date(2026, 3, 3), -4.0),
        ("较重", "多处", date(2026, 3, 3), -20.0),
        ("较重", "多处", date(2025, 11, 3), -20.0),  # the eleventh month after
        ("较重", "多处", date(2025, 10, 31), -10.0),  # the twelfth: half
        ("较重", "多处", date(2024, 10, 31), None),  # the twenty-fourth: no more
    ],
)
def test_points_by_severity_scope_and_age(shipped: Folder, severity: str, scope: str, on: date, points: float | None) -> None:
    world = visit(good_provider(), "I1", on)
    finding(world, "F1", severity, scope=scope, field="涉及资金", visit="I1", ordered_on=on, deadline=on, done_on=on, verified_on=on)
    _, _, evidence = judged(world, shipped)
    own = [e for e in evidence if e["row_key"] == "F1" and e["month"] == "2026-10"]
    assert [e["points"] for e in own] == ([] if points is None else [points])
    if points is not None:
        assert own[0]["happened_on"] == on and "疏散通道堆放杂物" in own[0]["sentence"] and "第一条" in own[0]["sentence"]


def test_failed_reinspections_and_overdue_rectification_weigh_more(shipped: Folder) -> None:
    world = good_provider()
    finding(world, "F1", "较重", field="涉及资金", ordered_on=date(2026, 3, 3), deadline=date(2026, 10, 15))
    visit(world, "I1", date(2026, 8, 3), kind="复查", result="不合格", follows="I0")
    visit(world, "I2", date(2026, 9, 3), kind="复查", result="不合格", follows="I1")
    _, _, evidence = judged(world, shipped)
    points = {e["month"]: e["points"] for e in evidence if e["row_key"] == "F1"}
    assert points == {"2026-06": -16, "2026-07": -16, "2026-08": -24, "2026-09": pytest.approx(-27.2), "2026-10": pytest.approx(-35.2)}


def test_without_enough_evidence_there_is_no_star_and_the_sentence_says_what_is_missing(shipped: Folder) -> None:
    world = World(["2026-10"]).add("provider_provider", provider_id="P1", name="新", kind="老年食堂", registered_on=date(2026, 8, 15))
    ratings, states, _ = judged(world, shipped)
    row = ratings["P1", "2026-10"]
    assert row["star"] is None and row["confidence"] is None
    assert row["missing"] == (
        "登记满6个月后评级（现2个月）；近24个月没有检查记录，检查是评级的基础；五个领域中只有0个有数据，不足4个")
    assert states["P1", "2026-10"]["state"] == "normal"


def test_a_component_without_data_is_left_out_and_the_other_weights_are_rescaled(small: Folder) -> None:
    world = World(["2026-01"])
    world.add("provider_provider", provider_id="P1", name="甲", kind="老年食堂", registered_on=date(2025, 1, 1))
    world.add("provider_figure", indicator="bad_rate", provider_id="P1", month="2026-01", part=10, whole=100)
    con = world.connect()
    etl.policy.run(con, small, indicators=CATALOGUE)  # type: ignore[arg-type]
    rows = {r["domain"]: (r["score"], r["weight"], r["applied_weight"]) for r in table(con, "rating_domain")}
    assert rows == {"质量": (None, 60, 0), "服务": (50.0, 40, 100)}
    texts = [e["sentence"] for e in table(con, "rating_evidence")]
    assert "本月差错率100.0%（样本100），得50.0分，占本领域100.0%，扣50.0分" in texts
    assert "近3个月优良率没有数据，本项不计，权重由其他项分担" in texts


def test_a_small_provider_is_drawn_to_the_mean_of_its_kind(small: Folder) -> None:
    world = World(["2026-01"])
    for p, part, whole in (("小", 0, 5), ("大", 950, 1000)):
        world.add("provider_provider", provider_id=p, name=p, kind="老年食堂", registered_on=date(2025, 1, 1))
        world.add("provider_figure", indicator="good_rate", provider_id=p, month="2026-01", part=part, whole=whole)
    con = world.connect()
    etl.policy.run(con, small, indicators=CATALOGUE)  # type: ignore[arg-type]
    scores = {r["provider_id"]: r["score"] for r in table(con, "rating_domain") if r["domain"] == "质量"}
    mean = 950 / 1005
    assert scores["小"] == pytest.approx((100 * 10 * mean / 15 - 50) * 2, abs=0.06)  # ten observations at the mean beside its five
    assert scores["大"] > 99


def test_an_old_month_keeps_the_policy_of_its_time(small: Folder) -> None:
    world = World(["2025-12", "2026-03", "2026-04"])
    world.add("provider_provider", provider_id="P1", name="甲", kind="老年食堂", registered_on=date(2024, 1, 1))
    for month in world.months:
        world.add("provider_figure", indicator="good_rate", provider_id="P1", month=month, part=80, whole=100)
    con = world.connect()
    etl.policy.run(con, small, indicators=CATALOGUE)  # type: ignore[arg-type]
    rows = {r["month"]: (r["policy_version"], r["score"]) for r in table(con, "rating")}
    assert rows == {"2025-12": (None, None), "2026-03": ("甲", 60.0), "2026-04": ("乙", 80.0)}
    assert {r["missing"] for r in table(con, "rating") if r["month"] == "2025-12"} == {"当月没有生效的评级政策"}


def test_two_one_star_months_bring_watch_and_a_restoration_wipes_the_slate(shipped: Folder) -> None:
    world = good_provider()
    world.add("inspection_penalty", penalty_id="X1", provider_id="P1", decided_on=date(2026, 6, 5), kind="罚款", reason="无证经营", amount=5000)
    _, states, _ = judged(world, shipped)
    assert states["P1", "2026-06"]["state"] == "normal"
    row = states["P1", "2026-07"]
    assert (row["state"], row["rule"], row["since"]) == ("watch", "two_one_star_months", date(2026, 7, 31))
    assert row["because"].startswith("连续2个月一星：2026年7月评为一星")


@pytest.mark.parametrize(("owed", "held", "state"), [(400_000, 160_000, "watch"), (400_000, 204_000, "normal"), (90_000, 0, "normal"), (0, 0, "normal")])
def test_prepayments_that_no_bank_holds_bring_watch_while_they_stand(shipped: Folder, owed: int, held: int, state: str) -> None:
    world = good_provider()
    world.add("provider_figure", indicator="prepaid_held_share", provider_id="P1", month="2026-09", part=held, whole=owed)
    world.add("provider_figure", indicator="prepaid_held_share", provider_id="P1", month="2026-10", part=owed, whole=owed)
    _, states, _ = judged(world, shipped)
    row = states["P1", "2026-09"]
    assert (row["state"], row["rule"]) == (state, "prepaid_not_held" if state == "watch" else None)
    if state == "watch":
        assert row["because"] == "月末预收费余额400,000元，银行存管160,000元（占40%）（应存管80%，不足50%即予关注）" and "存管" in row["basis"]
    assert states["P1", "2026-10"]["state"] == "normal"


def test_a_rule_does_not_reach_back_behind_the_version_that_brought_it(shipped: Folder) -> None:
    world = good_provider(["2025-11", "2025-12", "2026-01", "2026-02"])
    for month in world.months:
        world.add("provider_figure", indicator="prepaid_held_share", provider_id="P1", month=month, part=0, whole=400_000)
    _, states, _ = judged(world, shipped)
    assert {m: (s["state"], s["policy_version"], s["since"]) for (_, m), s in states.items()} == {
        "2025-11": ("normal", "试行-1", date(2024, 1, 1)), "2025-12": ("normal", "试行-1", date(2024, 1, 1)),
        "2026-01": ("watch", "试行-2", date(2026, 1, 31)), "2026-02": ("watch", "试行-2", date(2026, 1, 31)),
    }  # fmt: skip


def test_the_way_out_and_back(shipped: Folder) -> None:
    world = good_provider()
    for n, (kind, on) in enumerate([("约谈", date(2026, 6, 3)), ("拟退出", date(2026, 7, 6)), ("恢复", date(2026, 9, 9))]):
        world.add("inspection_action", action_id=f"A{n}", provider_id="P1", kind=kind, decided_on=on, document_no=f"{n}号")
    _, states, _ = judged(world, shipped)
    assert [states["P1", m]["state"] for m in MONTHS] == ["watch", "exit_proposed", "exit_proposed", "watch", "watch"]
    assert states["P1", "2026-10"]["rule"] == "after_restoration" and states["P1", "2026-10"]["since"] == date(2026, 9, 9)
    assert states["P1", "2026-08"]["because"] == "2026年7月6日书面告知拟退出（1号），听取陈述申辩"


def test_a_written_notice_makes_of_a_candidate_somebody_proposed_for_exit_from_its_day(shipped: Folder) -> None:
    world = finding(good_provider(), "F1", "重大", ordered_on=date(2026, 3, 3), deadline=date(2026, 7, 10))
    world.add("inspection_action", action_id="A1", provider_id="P1", kind="拟退出", decided_on=date(2026, 9, 6), document_no="1号")
    _, states, _ = judged(world, shipped)
    told = [(states["P1", m]["state"], states["P1", m]["since"]) for m in ("2026-07", "2026-08", "2026-09", "2026-10")]
    assert told == [("exit_candidate", date(2026, 7, 11))] * 2 + [("exit_proposed", date(2026, 9, 6))] * 2
    assert states["P1", "2026-10"]["rule"] == "exit_notified"


def test_an_exit_by_decision_stays_on_record_after_closing_and_a_voluntary_closure_does_not(shipped: Folder) -> None:
    world = good_provider()
    world.rows["provider_provider"][0]["closed_on"] = date(2026, 8, 20)
    ratings, states, _ = judged(world, shipped)
    assert ("P1", "2026-07") in states and ("P1", "2026-08") not in states and ("P1", "2026-08") not in ratings
    world.add("inspection_action", action_id="A1", provider_id="P1", kind="退出决定", decided_on=date(2026, 8, 1), document_no="1号")
    _, states, _ = judged(world, shipped)
    assert [states["P1", m]["state"] for m in MONTHS] == ["normal", "normal", "exited", "exited", "exited"]
    assert states["P1", "2026-10"]["since"] == date(2026, 8, 1)


def test_dissatisfied_complaints_count_by_code_or_by_a_name_that_only_one_bears(shipped: Folder) -> None:
    world = good_provider()
    names: list[dict[str, str]] = [{"credit_code": "C1"}, {"provider_name": "和睦中心"}, {"provider_name": "和睦中心 "}]
    for n, named in enumerate(names * 3):
        world.add("complaint_complaint", complaint_id=f"K{n}", received_at=datetime(2026, 9, 2), subject="服务质量",
                  answered_at=datetime(2026, 9, 30, 23, 59), satisfied=False, due_on=date(2026, 9, 9), **named)
    _, states, _ = judged(world, shipped)
    assert (states["P1", "2026-09"]["state"], states["P1", "2026-09"]["rule"]) == ("watch", "dissatisfied_complaints")
    assert states["P1", "2026-08"]["state"] == "normal"


def test_modules_that_never_delivered_and_regions_without_policies_give_empty_tables(shipped: Folder, tmp_path: Any) -> None:
    con = World(["2026-10"]).connect(only=[])
    result = etl.policy.run(con, shipped)  # type: ignore[arg-type]
    assert set(result.rows.values()) == {0} and "provider_provider" in result.absent
    con = good_provider().connect()
    etl.policy.run(con, Folder(tmp_path))  # type: ignore[arg-type]
    assert {r["missing"] for r in table(con, "rating")} == {"当月没有生效的评级政策"} and not table(con, "exit_status")
    kinds = {d[0]: str(d[1]) for d in con.execute("select * from marts.exit_status limit 0").description}
    assert kinds["since"] == "DATE" and kinds["state"] == "VARCHAR"


def test_a_run_leaves_nothing_behind_and_repeats_itself(shipped: Folder) -> None:
    con = finding(good_provider(), "F1", "严重").connect()
    etl.policy.run(con, shipped)  # type: ignore[arg-type]
    first = {name: table(con, name) for name in ("rating", "rating_domain", "rating_evidence", "exit_status", "exit_reason")}
    etl.policy.run(con, shipped)  # type: ignore[arg-type]
    assert first == {name: table(con, name) for name in first}
    assert con.execute("select count(*) from duckdb_tables() where temporary").fetchone() == (0,)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=worlds(FIGURES, ("质量安全", "从业人员", "涉及资金", "运营秩序", "应急管理")))
def test_an_open_serious_breach_and_four_stars_never_stand_together(shipped: Folder, world: World) -> None:
    con = world.connect()
    policies = etl.policy.load_policies(shipped.path / "policies", catalogue())
    etl.policy.run(con, shipped, policies=policies)  # type: ignore[arg-type]
    visits = {i["inspection_id"]: i for i in world.rows.get("inspection_inspection", [])}
    fixed = {r["finding_id"]: r.get("done_on") for r in world.rows.get("inspection_rectification", [])}
    states = by_key(table(con, "exit_status"))
    for (provider, month), row in by_key(table(con, "rating")).items():
        end = last_day(month)
        open_breach = any(
            f["severity"] in ("严重", "重大") and visits[f["inspection_id"]]["provider_id"] == provider
            and visits[f["inspection_id"]]["inspected_on"] <= end and not (fixed.get(f["finding_id"]) and fixed[f["finding_id"]] <= end)
            for f in world.rows.get("inspection_finding", [])
        )
        assert not (open_breach and (row["star"] or 0) >= 4)
        if states[provider, month]["state"] == "exit_candidate" and states[provider, month]["rule"] == "major_hazard_overdue":
            assert (row["star"] or 1) == 1
