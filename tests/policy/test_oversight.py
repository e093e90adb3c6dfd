"""Credit grades and inspection risk: what the shipped policies mean, a second implementation, and files that are refused."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import etl.policy
from etl.indicators.base import catalogue
from etl.policy.load import PolicyError
from etl.policy.oversight import load_oversight
from etl.policy.oversight_model import GRADES, CreditPolicy, InspectionPolicy
from tests.policy.naive import Naive
from tests.policy.naive_rules import idx, in_force
from tests.policy.random_worlds import worlds
from tests.policy.small_policies import EXIT, RATING
from tests.policy.test_ratings_and_exits import finding, good_provider, visit
from tests.policy.worlds import CATALOGUE, Folder, World, by_key, last_day, table

INSPECTION = """\
title: 测试抽查
versions:
  - version: 甲
    valid_from: 2026-01
    basis: 测试
    visits: {share: 0.5, at_least: 1}
    random_share: 0.2
    counts: [双随机]
    base: 5
    unseen: {after: 2, points: 4, most: 10, basis: 条款}
    factors:
      - {rule: low, points: 20, basis: 条款, when: {facts: star, where: {star: {max: 2}, months_ago: 0}, row: "{rated_month}"}, because: "{count}"}
      - {rule: findings, points: 3, each: true, most: 7, basis: 条款, when: {facts: finding, where: {open: true}, window: 9, row: "{description}"}, because: "{count}项"}
      - {rule: two_fines, points: 11, basis: 条款, when: {facts: penalty, at_least: 2, row: "{reason}"}, because: "{items}"}
      - {rule: canteen, points: 2, basis: 条款, when: {facts: permit, where: {permit: 食品经营, valid: false}, kinds: [老年食堂], row: "{permit}"}, because: "{items}"}
    due:
      - {rule: bad, every_months: 2, credit: [C, D], basis: 条款, because: 差}
      - {rule: homes, every_months: 6, kinds: [养老机构], basis: 条款, because: 每半年}
    strata: [{stratum: 高, score: 15, share: 0.6}, {stratum: 低, score: 0, share: 0.4}]
  - version: 乙
    valid_from: 2026-04
    basis: 测试
    visits: {share: 0.5, at_least: 1}
    random_share: 0.5
    strata: [{stratum: 全部, score: 0, share: 1}]
"""
CREDIT = """\
title: 测试信用
versions:
  - version: 甲
    valid_from: 2025-12
    basis: 测试
    merit: {basis: 条款, because: 好, all_of: [{facts: inspection, where: {result: 合格}, window: 12, row: "{kind}"}]}
    repair_after_months: 2
    criteria:
      - {rule: abuse, grade: D, basis: 条款, when: {facts: penalty, where: {reason: 虐待老人}, row: "{reason}"}, because: "{items}"}
      - {rule: open_major, grade: C, basis: 条款, when: {facts: finding, where: {severity: 重大, open: true}, row: "{description}"}, because: "{items}"}
      - {rule: any_two, grade: B, basis: 条款, when: {facts: finding, at_least: 2, window: 6, row: "{description}"}, because: "{items}"}
"""
Policies = tuple[InspectionPolicy, CreditPolicy]


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = tmp_path_factory.mktemp("oversight")
    (folder / "policies").mkdir()
    for name, text in (("rating", RATING), ("exit", EXIT), ("inspection", INSPECTION), ("credit", CREDIT)):
        (folder / "policies" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return Folder(folder)


def judged(world: World, region: Folder, repairs: list[tuple[str, str, str, date]] = ()) -> tuple[dict[Any, Any], dict[Any, Any], Any]:  # type: ignore[assignment]
    con = world.connect()
    if repairs:
        con.execute("create table checked.ledger_repair (provider_id text, source_table text, row_key text, decided_on date)")
        con.executemany("insert into checked.ledger_repair values (?, ?, ?, ?)", repairs)
    etl.policy.run(con, region)  # type: ignore[arg-type]
    return by_key(table(con, "credit_grade")), by_key(table(con, "inspection_risk")), table(con, "inspection_risk_reason")


# -- the shipped policies ---------------------------------------------------------------------------------------------------


def test_a_provider_with_clean_inspections_is_a_and_of_low_risk(shipped: Folder) -> None:
    world = visit(good_provider(), "I1", date(2026, 6, 3))
    grades, risks, reasons = judged(world, shipped)
    assert (grades["P1", "2026-10"]["grade"], grades["P1", "2026-10"]["published"]) == ("A", True)
    risk = risks["P1", "2026-10"]
    assert (risk["score"], risk["weight"], risk["stratum"], risk["due_rule"]) == (0, 10, "低风险", None)
    assert not reasons and risk["last_on"] == date(2026, 6, 3)


def test_with_one_inspection_nobody_is_a(shipped: Folder) -> None:
    grades, _, _ = judged(good_provider(), shipped)
    assert {grades["P1", m]["grade"] for m in good_provider().months} == {"B"}


def test_a_major_hazard_makes_c_and_left_overdue_d_and_each_is_told(shipped: Folder) -> None:
    world = finding(visit(good_provider(), "I1", date(2026, 8, 20)), "F1", "重大", visit="I1", ordered_on=date(2026, 8, 20), deadline=date(2026, 9, 5))
    grades, risks, reasons = judged(world, shipped)
    assert [grades["P1", m]["grade"] for m in ("2026-07", "2026-08", "2026-09")] == ["B", "C", "D"]
    assert "重大隐患" in grades["P1", "2026-09"]["because"] and grades["P1", "2026-09"]["since"] == date(2026, 9, 6)
    assert risks["P1", "2026-09"]["score"] == sum(r["points"] for r in reasons if r["month"] == "2026-09")
    assert risks["P1", "2026-09"]["stratum"] == "高风险"


def test_a_complaint_alone_never_lowers_the_credit_grade_but_raises_the_risk(shipped: Folder) -> None:
    world = good_provider()
    for n in range(30):
        world.add("complaint_complaint", complaint_id=f"K{n}", received_at=datetime(2026, 10, 3), credit_code="C1", subject="服务质量")
    grades, risks, _ = judged(world, shipped)
    assert grades["P1", "2026-10"]["grade"] == "B" and risks["P1", "2026-10"]["score"] >= 20


def test_a_nursing_home_is_due_before_its_year_is_over_and_others_are_not(shipped: Folder) -> None:
    home, centre = (judged(good_provider(kind=kind, months=["2026-09", "2027-01", "2027-02", "2027-03"]), shipped)[1] for kind in ("养老机构", "照料中心"))
    # Last seen in March 2026: the visit of March 2027 keeps the year, and it is planned on the figures of February.
    assert [home["P1", m]["due_rule"] for m in ("2027-01", "2027-02", "2027-03")] == [None, "nursing_home_yearly", "nursing_home_yearly"]
    assert centre["P1", "2027-02"]["due_rule"] is None


def test_a_repaired_record_no_longer_counts_from_the_month_of_the_decision(shipped: Folder) -> None:
    world = good_provider()
    world.add("inspection_penalty", penalty_id="X1", provider_id="P1", decided_on=date(2026, 6, 5), kind="警告", reason="其他")
    assert {r["grade"] for r in judged(world, shipped)[0].values()} == {"C"}
    grades, risks, _ = judged(world, shipped, [("P1", "inspection_penalty", "X1", date(2026, 9, 20))])
    assert [grades["P1", m]["grade"] for m in ("2026-08", "2026-09", "2026-10")] == ["C", "B", "B"]
    assert risks["P1", "2026-10"]["score"] == 10 + 3, "repair restores the credit, not the risk: a penalty and a month over six unseen"


def test_only_what_was_put_right_can_be_repaired_and_only_after_its_months(shipped: Folder) -> None:
    world = visit(good_provider(), "I1", date(2026, 6, 20))
    finding(world, "F1", "重大", visit="I1", ordered_on=date(2026, 6, 20), deadline=date(2026, 6, 23), done_on=date(2026, 8, 2))
    con = world.connect()
    etl.policy.run(con, shipped)  # type: ignore[arg-type]
    days = {r["month"]: r["repairable_on"] for r in table(con, "credit_reason") if r["rule"] == "major_finding"}
    assert (days["2026-07"], days["2026-08"], days["2026-10"]) == (None, date(2026, 9, 20), date(2026, 9, 20))


# -- a second implementation ------------------------------------------------------------------------------------------------


class NaiveOversight(Naive):
    def graded(self, policy: CreditPolicy) -> dict[tuple[str, str], str]:
        found = {}
        for month in self.world.months:
            version = in_force(policy.versions, month)
            for p in self.providers:
                if version and self.operating(month, p):
                    met = [GRADES.index(c.grade) for c in version.criteria if self.met(c.when, month, p, None)]
                    merit = version.merit and all(self.met(c, month, p, None) for c in version.merit.all_of)
                    found[p, month] = GRADES[max(met)] if met else "A" if merit else version.usual
        return found

    def risks(self, policy: InspectionPolicy, grades: dict[tuple[str, str], str]) -> dict[tuple[str, str], tuple[int, int, str, str | None]]:
        found = {}
        for month in self.world.months:
            version = in_force(policy.versions, month)
            for p, row in self.providers.items():
                if not version or not self.operating(month, p):
                    continue
                score = 0
                for f in version.factors:
                    if self.met(f.when, month, p, None):
                        score += min(f.points * self.count(f.when, month, p), f.most) if f.each else f.points
                seen = [i["happened_on"] for i in self.facts("inspection", month, p) if i["kind"] in version.counts]
                since = idx(max(seen, default=row["registered_on"]))
                if version.unseen and idx(month) - since > version.unseen.after:
                    score += min((idx(month) - since - version.unseen.after) * version.unseen.points, version.unseen.most)
                due = [d.rule for d in version.due if (d.kinds is None or row["kind"] in d.kinds)
                       and (d.credit is None or grades.get((p, month)) in d.credit) and idx(month) + 1 - since >= d.every_months]
                stratum = next(s.stratum for s in version.strata if score >= s.score)
                found[p, month] = (score, version.base + score, stratum, due[0] if due else None)
        return found

    def count(self, condition: Any, month: str, provider: str) -> int:
        for n in range(1, 100):
            if not self.met(condition.model_copy(update={"at_least": n}), month, provider, None):
                return n - 1
        raise AssertionError


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=worlds({"good_rate": (1, True), "volume": (1, False)}, ("质量安全", "应急管理")))
def test_both_implementations_agree(region: Folder, world: World) -> None:
    con = world.connect()
    rating, leaving = etl.policy.load_policies(region.path / "policies", CATALOGUE)
    etl.policy.run(con, region, indicators=CATALOGUE)  # type: ignore[arg-type]
    inspection, credit = load_oversight(region.path / "policies", CATALOGUE)
    assert rating and leaving and inspection and credit
    naive = NaiveOversight(world, rating, leaving)
    naive.rate()
    grades = naive.graded(credit)
    assert {k: r["grade"] for k, r in by_key(table(con, "credit_grade")).items()} == grades
    got = {k: (r["score"], r["weight"], r["stratum"], r["due_rule"]) for k, r in by_key(table(con, "inspection_risk")).items()}
    assert got == naive.risks(inspection, grades)
    told: dict[Any, int] = {}
    for reason in table(con, "inspection_risk_reason"):
        told[reason["provider_id"], reason["month"]] = told.get((reason["provider_id"], reason["month"]), 0) + reason["points"]
    assert told == {k: r[0] for k, r in got.items() if r[0]}
    assert all(row["last_on"] is None or row["last_on"] <= last_day(row["month"]) for row in table(con, "inspection_risk"))


# -- files ------------------------------------------------------------------------------------------------------------------


def test_the_shipped_files_are_right(shipped: Folder) -> None:
    inspection, credit = load_oversight(shipped.path / "policies", catalogue())
    assert inspection and credit


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("inspection", "share: 0.6}", "share: 0.5}", "share 合计应为 1，现为 0.9"),
        ("inspection", "score: 15", "score: 0", "从高到低"),
        ("inspection", "{stratum: 低, score: 0", "{stratum: 低, score: 2", "最后一层的 score 应为 0"),
        ("inspection", "stratum: 高", "stratum: 随机", "不得为“应查必查”“随机”"),
        ("inspection", "each: true, most: 7", "each: true", "须写 most"),
        ("inspection", "random_share: 0.2", "random_share: 0", "random_share：应大于 0"),
        ("inspection", "counts: [双随机]", "team: 1", "team：应不小于 2"),
        ("inspection", "counts: [双随机]", "counts: []", "counts：至少要有 1 项"),
        ("inspection", "facts: penalty", "facts: figure", "没有“figure”这类事实"),
        ("inspection", "credit: [C, D]", "credit: [E]", "只能是 'A'、'B'"),
        ("inspection", "every_months: 6, kinds: [养老机构]", "every_months: 6", "应写明 kinds（单位类别）或 credit（信用等级）"),
        ("credit", "facts: penalty", "facts: complaint", "没有“complaint”这类事实"),
        ("credit", "facts: inspection, where: {result: 合格}", "facts: star, where: {star: 5}", "没有“star”这类事实"),
        ("credit", "rule: any_two", "rule: abuse", "规则名“abuse”重复"),
        ("credit", "grade: D", "grade: A", "只能是"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, name: str, old: str, new: str, says: str) -> None:
    text = {"inspection": INSPECTION, "credit": CREDIT}[name]
    assert old in text
    changed = text.replace(old, new)
    (tmp_path / f"{name}.yaml").write_text(changed, encoding="utf-8")
    with pytest.raises(PolicyError, match=f"{name}.yaml 第 \\d+ 行") as caught:
        load_oversight(tmp_path, CATALOGUE)
    assert says in str(caught.value)
