"""Worked examples printed by a foreign regulator come out of ``yiguan rate`` as printed.

England's Care Quality Commission publishes both the rules (guidance) and results with everything that led to them (assessment reports). The
policy files in ``schemes/`` restate the rules; the tables here hold the published scores, the outcome, and where each was printed.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.cli.main import app
from etl.policy.check import rating_check
from etl.policy.load import PolicyError, load
from etl.policy.model import RatingPolicy

SCHEMES = Path(__file__).with_name("schemes")


def rate(folder: Path, scheme: str, table: Path) -> tuple[dict[str, dict[str, str]], dict[str, int], list[dict[str, str]]]:
    """Rows of the result by id, the counts that the command tells, and the steps; by the command that an official uses."""
    out = folder / "out.csv"
    done = CliRunner().invoke(app, ["rate", "--policy", str(SCHEMES / scheme), "--input", str(table), "--output", str(out), "--json"])
    assert done.exit_code == 0, done.output
    with out.open(encoding="utf-8-sig", newline="") as stream:
        rows = {r["单位编号"]: r for r in csv.DictReader(stream)}
    with out.with_name("out.steps.csv").open(encoding="utf-8-sig", newline="") as stream:
        return rows, json.loads(done.stdout)["stars"], list(csv.DictReader(stream))


def test_published_assessments_of_councils_come_out_as_published(tmp_path: Path) -> None:
    table = SCHEMES / "cqc_local_authority.csv"
    with table.open(encoding="utf-8", newline="") as stream:
        published = {r["provider_id"]: r for r in csv.DictReader(stream)}
    found, counts, steps = rate(tmp_path, "cqc_local_authority.yaml", table)
    assert {name: r["等级"] for name, r in found.items()} == {name: r["official_rating"] for name, r in published.items()}
    scored = {name: float(r["official_score"]) for name, r in published.items() if r["official_score"]}
    assert len(scored) == 3 and {name: float(found[name]["总分"]) for name in scored} == scored
    assert counts == {"需要改进": 1, "良好": 4, "优秀": 1}
    told = [s["说明"] for s in steps if s["单位编号"] == "Hounslow"]
    assert told[-2:] == ["总分70分，良好（同组6家中好于33.3%）", "评为良好"]  # no word of a confidence that the scheme does not know
    assert [s for s in told if s.startswith("需求评估")] == ["需求评估2.00，得50.0分，占本领域11.1%，扣5.6分"]


def test_the_guide_s_own_example_of_a_quality_statement(tmp_path: Path) -> None:
    """The regulator's example (page of 21 May 2024): 3, 2, 3 and 3 are 11 of 16, 69 %; the table of thresholds makes that a score of 3.

    A category not assessed is left out of the maximum, not counted as nothing. The other rows are worked by hand at the thresholds.
    """
    table = tmp_path / "statements.csv"
    table.write_text(
        "provider_id,people,staff,partners,observation,processes,outcomes\n"
        "example,3,2,,3,3,\nlowest,1,1,,1,1,\nhighest,4,4,4,4,4,4\none_half,2,1,,,,\ntwo_and_three,3,2,,,,\nfour_and_three,4,3,,,,\n",
        encoding="utf-8",
    )
    found, _, _ = rate(tmp_path, "cqc_quality_statement.yaml", table)
    assert {name: (float(r["总分"]), r["等级"]) for name, r in found.items()} == {
        "example": (69, "3"), "lowest": (25, "1"), "highest": (100, "4"),
        "one_half": (38, "1"), "two_and_three": (63, "3"), "four_and_three": (88, "4"),
    }  # fmt: skip


def test_without_all_nine_statements_there_is_no_rating(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    lines = (SCHEMES / "cqc_local_authority.csv").read_text(encoding="utf-8").splitlines()
    table.write_text(f"{lines[0]}\nX,3,3,3,3,3,3,3,3,,8,,,,\n", encoding="utf-8")
    found, counts, _ = rate(tmp_path, "cqc_local_authority.yaml", table)
    assert (found["X"]["等级"], found["X"]["暂不评级原因"], counts) == ("", "九项质量陈述只评了8项", {"暂不评级": 1})


GRADED = """\
title: 四等
versions:
  - version: 一
    valid_from: 2026-01
    basis: 办法
    grades: [不合格, 需要改进, 良好, 优秀]
    domains:
      - {domain: 服务, parts: [{column: 满意率, basis: 第一条, curve: [[0, 0], [100, 100]]}]}
      - {domain: 人员, parts: [{column: 持证率, basis: 第二条, curve: [[0, 0], [100, 100]]}], stars: {method: fixed, cuts: [40, 60, 90]}}
    stars: {method: fixed, cuts: [39, 63, 88]}
    adjust: [{rule: 持证高, domain: 人员, star_at_least: 4, by: 1, basis: 第三条}]
    caps: [{rule: 停业, cap: 2, basis: 第四条, when: {column: 状态, equals: 停业}, because: "状态为{value}"}]
"""


def test_grades_are_adjusted_and_capped_by_their_own_names(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(GRADED, encoding="utf-8")
    (tmp_path / "t.csv").write_text("provider_id,满意率,持证率,状态\n甲,80,95,在营\n乙,100,95,停业\n丙,10,20,在营\n", encoding="utf-8")
    found, counts, steps = rate(tmp_path, str(tmp_path / "p.yaml"), tmp_path / "t.csv")
    assert {name: (r["星级"], r["等级"]) for name, r in found.items()} == {"甲": ("4", "优秀"), "乙": ("2", "需要改进"), "丙": ("1", "不合格")}
    assert counts == {"不合格": 1, "需要改进": 1, "优秀": 1}
    told = [s["说明"] for s in steps if s["步骤"] in ("星级调整", "一票否决")]
    assert told == ["人员优秀，加一级：由良好调为优秀", "人员优秀，加一级：已是优秀，不再变动", "状态为停业，等级不高于需要改进"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("cuts: [39, 63, 88]", "cuts: [39, 63]", "p.yaml 第 10 行：4 个等级（不合格至优秀）之间应有 3 个分数线，现有 2 个"),
        ("    grades: [不合格, 需要改进, 良好, 优秀]\n", "", "p.yaml 第 9 行：5 个等级（一星至五星）之间应有 4 个分数线，现有 3 个"),
        ("良好, 优秀]", "良好, 良好]", "p.yaml 第 6 行：等级“良好”重复"),
        ("cap: 2", "cap: 5", "p.yaml 第 12 行：共有 4 个等级，应不大于 4，现为“5”"),
        ("star_at_least: 4", "star_at_least: 7", "p.yaml 第 11 行：共有 4 个等级，应不大于 4，现为“7”"),
        ("{method: fixed, cuts: [39, 63, 88]}", "{method: distribution, cuts: [0.2, 0.5, 0.8], fallback: [39, 63]}",
         "p.yaml 第 10 行：stars：fallback 应与 cuts 一样有 3 个分数线，现有 2 个"),
    ],
)  # fmt: skip
def test_wrong_grades_are_refused_with_their_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GRADED
    (tmp_path / "p.yaml").write_text(GRADED.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load(tmp_path / "p.yaml", RatingPolicy, rating_check({}, table=True))
    assert says in str(caught.value)


def test_grades_are_not_for_the_district(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(GRADED, encoding="utf-8")
    with pytest.raises(PolicyError, match=r"第 6 行：grades（自定等级）只用于 yiguan rate；本区评级为一星至五星"):
        load(tmp_path / "p.yaml", RatingPolicy, rating_check({}))
