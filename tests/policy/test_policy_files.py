"""A policy file that is wrong is refused with its lines, in words that an official can act on."""

from __future__ import annotations

from pathlib import Path

import pytest

import etl.policy
from etl.indicators.base import catalogue
from etl.policy.facts import facts
from tests.policy.small_policies import EXIT, RATING
from tests.policy.worlds import CATALOGUE, Folder


def refused(folder: Path, rating: str = RATING, leaving: str = EXIT) -> str:
    (folder / "rating.yaml").write_text(rating, encoding="utf-8")
    (folder / "exit.yaml").write_text(leaving, encoding="utf-8")
    with pytest.raises(etl.policy.PolicyError) as caught:
        etl.policy.load_policies(folder, CATALOGUE)
    return str(caught.value)


def line_of(text: str, part: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), 1) if part in line)


def changed_line(before: str, after: str) -> int:
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    return next(i for i, (old, new) in enumerate(pairs, 1) if old != new)


def test_the_shipped_policies_only_name_declared_indicators(shipped: Folder) -> None:
    rating, leaving = etl.policy.load_policies(shipped.path / "policies", catalogue())
    assert rating is not None and leaving is not None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("indicator: good_rate", "indicator: god_rate", "没有“god_rate”这个指标"),
        ("indicator: good_rate", "indicator: volume", "“订单量”没有可累加的分子分母"),
        ("[[0, 100], [100, 50], [300, 0]]", "[[0, 0], [300, 100]]", "“差错率”越低越好，得分的走向却相反"),
        ("[[50, 0], [80, 60], [95, 100]]", "[[50, 0], [50, 60]]", "从小到大"),
        ("weight: 60, basis: 条款一", "weight: -1, basis: 条款一", "weight：应大于 0，现为“-1”"),
        ("weight: 60, basis: 条款一", "weight: 多, basis: 条款一", "weight：应为数字，现为“多”"),
        ("findings: [质量安全, 应急管理]", "findings: [质量]", "只能是 '质量安全'、'从业人员'"),
        ("valid_from: 2026-04", "valid_from: 2026年4月", "月份应写作 2026-01"),
        ("valid_from: 2026-04", "valid_from: 2025-12", "应晚于上一版本的生效月份（2026-01）"),
        ("version: 乙", "version: 甲", "版本号“甲”重复"),
        ("where: {severity: 重大, open: true}", "where: {severity: 特别重大, open: true}", "没有“特别重大”这一档（可用：一般、较重、严重、重大）"),
        ("where: {severity: 重大, open: true}", "where: {severity: 重大, opened: true}", "没有“opened”这一列"),
        ("where: {severity: 重大, open: true}", "where: {severity: 重大, open: 是}", "应为 true 或 false"),
        ("days_void: {min: 1}", "days_void: {至少: 1}", "范围只能写"),
        ("because: 有{count}项重大隐患未整改", "because: 有{数量}项", "句中的 {数量} 没有对应的值"),
        ("facts: permit", "facts: star", "没有“star”这类事实"),
        ("missing: \"登记{months_registered}个月\"", "missing: \"登记{months}个月\"", "句中的 {months} 没有对应的值"),
        ("较重: {个别: 16, 多处: 20, 普遍: 35}", "较重: {个别: 16, 多处: 20}", "“较重”缺少：普遍"),
        ("cuts: [40, 60, 75, 90]", "cuts: [40, 60, 60, 90]", "从小到大"),
        ("minimum_group: 2, fallback: [20, 40, 60, 80]", "minimum_group: 2", "须写 fallback"),
        ("        cap: 1\n        basis: 条款六", "        kap: 1\n        basis: 条款六", "没有这一项，请检查是否写错"),
    ],
)
def test_a_wrong_rating_policy_is_refused_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in RATING
    wrong = RATING.replace(old, new, 1)
    message = refused(tmp_path, rating=wrong)
    assert says in message
    lines = [int(row.split(" 第 ")[1].split(" 行")[0]) for row in message.splitlines() if " 第 " in row]
    # a missing row of the matrix, or cut points out of order, are reported at the block that they stand in
    assert any(0 <= changed_line(RATING, wrong) - line <= 6 for line in lines), message


@pytest.mark.parametrize(
    ("old", "new", "severity"),
    [
        ("where: {severity: 严重, open: true}", "where: {severity: 较重, open: true}", "严重"),
        ("where: {severity: 严重, open: true}", "where: {severity: 严重, open: true, overdue: true}", "严重"),
        ("cap: 1\n        basis: 条款六", "cap: 4\n        basis: 条款六", "重大"),
        ("where: {severity: 重大, open: true}, row", "where: {severity: 重大, open: true}, window: 3, row", "重大"),
        ("where: {severity: 重大, open: true}, row", "where: {severity: 重大, open: true}, kinds: [养老机构], row", "重大"),
        ("where: {severity: [严重, 重大], open: true}", "where: {severity: [严重], open: true}", "重大"),
    ],
)
def test_no_policy_may_leave_an_open_serious_breach_with_four_stars(tmp_path: Path, old: str, new: str, severity: str) -> None:
    assert old in RATING
    wrong = RATING.replace(old, new, 1)
    assert f"缺少封顶规则：有“{severity}”问题未整改" in refused(tmp_path, rating=wrong)


def test_the_line_is_exact(tmp_path: Path) -> None:
    wrong = RATING.replace("indicator: mark, weight: 1", "indicator: makr, weight: 1").replace("cap: 3", "cap: 0", 1)
    # what can be read is checked as a whole only once every field is sound
    assert refused(tmp_path, rating=wrong) == f"rating.yaml 第 {line_of(wrong, 'cap: 0')} 行：cap：应不小于 1，现为“0”"
    wrong = RATING.replace("cap: 3", "cap: 9", 1)
    assert f"rating.yaml 第 {line_of(wrong, 'cap: 9')} 行：共有 5 个等级，应不大于 5，现为“9”" in refused(tmp_path, rating=wrong)
    wrong = RATING.replace("indicator: mark, weight: 1", "indicator: makr, weight: 1")
    assert refused(tmp_path, rating=wrong) == f"rating.yaml 第 {line_of(wrong, 'makr')} 行：没有“makr”这个指标，请核对指标代码"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{rule: decided, state: exited, decided: true,", "{rule: decided, state: exited,", "只能依据已作出的决定"),
        ("{rule: stars, state: watch,", "{rule: stars, state: watch, decided: true,", "才是已作出的决定"),
        ("measure: points, at_least: 8", "measure: points, at_least: 0", "at_least：应大于 0"),
        ("facts: complaint, where", "facts: complaint, measure: points, where", "没有分值，不能按 points 累计"),
        ("since: ordered_on", "since: severity", "日期列"),
        ("{rule: voices, state: watch", "{rule: voices, state: 关注", "state：只能是"),
        ("indicator: bad_rate, months: 3", "indicator: bad, months: 3", "没有“bad”这个指标"),
        ("indicator: bad_rate, months: 3", "indicator: bad_rate, months: 4", "没有“4”这一档（可用：1、3、6、12）"),
        ("indicator: bad_rate, months: 3", "indicator: bad_rate", "须写明 indicator（指标代码）和 months"),
        ("indicator: bad_rate, months: 3", "indicator: good_rate, months: 3", "“优良率”是月末存量、中位数或分位数"),
        ("rule: again", "rule: finding", "规则名“finding”重复"),
    ],
)
def test_a_wrong_exit_policy_is_refused_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in EXIT
    wrong = EXIT.replace(old, new, 1)
    message = refused(tmp_path, leaving=wrong)
    assert says in message and f"exit.yaml 第 {changed_line(EXIT, wrong)} 行" in message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title: 甲\ntitle: 乙\n", "rating.yaml 第 2 行：“title”写了两次"),
        ("title: 甲\nversions:\n  - version: 一\n   valid_from: 2026-01\n", "rating.yaml 第 4 行：YAML 写法有误"),
        ("", "rating.yaml 第 1 行：应为键值"),
        ("title: 甲\n", "rating.yaml 第 1 行：versions：缺少这一项"),
    ],
)
def test_a_file_that_is_no_policy(tmp_path: Path, text: str, says: str) -> None:
    assert says in refused(tmp_path, rating=text)


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    (tmp_path / "rating.yaml").write_bytes(RATING.encode("gb18030"))
    with pytest.raises(etl.policy.PolicyError, match="UTF-8"):
        etl.policy.load_policies(tmp_path, CATALOGUE)


def test_every_fact_is_documented() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
    for fact in facts().values():
        assert f"`{fact.name}`" in text, fact.name
        for column in fact.columns:
            assert f"`{column}`" in text, f"{fact.name}.{column}"
