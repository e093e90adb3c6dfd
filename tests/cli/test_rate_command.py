"""``yiguan rate`` on a table that is right, and on tables that are wrong: the message names line and column."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from etl.indicators import catalogue
from etl.policy.check import rating_check, unexcluded
from etl.policy.flat import rate_table
from etl.policy.load import PolicyError, load
from etl.policy.model import RatingPolicy
from etl.policy.table import TableError, columns, read
from tests.cli.test_command_line import yiguan

POLICY = """\
title: 小表
versions:
  - version: 一
    valid_from: 2026-01
    basis: 办法
    domains:
      - domain: 服务
        weight: 60
        parts: [{column: 满意率, basis: 第一条, curve: [[60, 0], [100, 100]]}]
      - domain: 人员
        weight: 40
        parts: [{column: 持证率, basis: 第二条, steps: [[0, 20], [90, 80], [95, 100]]}]
    minimum: [{any_of: [{measure: domains, at_least: 1}], missing: 没有数据}]
    stars: {method: fixed, cuts: [40, 60, 75, 90]}
    caps: [{rule: 停业, cap: 1, basis: 第三条, when: {column: 状态, equals: 停业}, because: "状态为{value}"}]
"""
GOOD = "provider_id,month,满意率,持证率,状态\n甲,2026-01,90,96,在营\n乙,2026-01,,50,在营\n丙,2026-01,100,95,停业\n=1+1,2026-01,,,\n"


def folder_with(tmp_path: Path, table: str = GOOD, policy: str = POLICY, encoding: str = "utf-8") -> tuple[Path, Path]:
    (tmp_path / "p.yaml").write_text(policy, encoding="utf-8")
    (tmp_path / "t.csv").write_text(table, encoding=encoding)
    return tmp_path / "p.yaml", tmp_path / "t.csv"


def test_a_table_is_rated_and_every_step_has_its_reason(tmp_path: Path) -> None:
    policy, table = folder_with(tmp_path, encoding="gb18030")
    done = yiguan(tmp_path, "rate", "--policy", str(policy), "--input", str(table), "--output", str(tmp_path / "out.csv"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["stars"] == {"1 星": 2, "4 星": 1, "暂不评级": 1}
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = {r["单位编号"]: r for r in csv.DictReader(stream)}
    assert (rows["甲"]["总分"], rows["甲"]["星级"]) == ("85.0", "4")  # 75 × 0.6 + 100 × 0.4
    assert (rows["乙"]["总分"], rows["乙"]["服务得分"]) == ("20.0", "")  # the other weight takes over
    assert (rows["丙"]["封顶前星级"], rows["丙"]["星级"], rows["丙"]["封顶规则"]) == ("5", "1", "停业")
    assert rows["'=1+1"]["暂不评级原因"] == "没有数据"  # inert in a spreadsheet
    with (tmp_path / "out.steps.csv").open(encoding="utf-8-sig", newline="") as stream:
        steps = [r for r in csv.DictReader(stream) if r["单位编号"] == "丙"]
    assert [s["步骤"] for s in steps] == ["服务", "人员", "领域得分", "领域得分", "评星", "一票否决", "结果"]
    assert steps[5]["说明"] == "状态为停业，星级不高于一星" and steps[5]["条款依据"] == "第三条"
    assert steps[0]["说明"].startswith("满意率100")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("provider_id,month,满意率,状态\n甲,2026-01,90,在营\n", "t.csv 第 1 行：缺少列 “持证率”（第二条）；现有：provider_id、month、满意率、状态"),
        ("provider_id,month,满意率,持证率,状态\n甲,2026-01,九十,96,在营\n", "t.csv 第 2 行“满意率”列：“九十”不是数字"),
        ("provider_id,month,满意率,持证率,状态\n甲,2026-01,nan,96,在营\n", "t.csv 第 2 行“满意率”列：“nan”不是数字"),
        ("provider_id,month,满意率,持证率,状态\n甲,2026年1月,90,96,在营\n", "t.csv 第 2 行“month”列：“2026年1月”不是月份"),
        ("provider_id,month,满意率,持证率,状态\n甲,2026-01,90,96\n", "t.csv 第 2 行：有 4 格，表头有 5 列"),
        ("provider_id,month,满意率,持证率,状态\n甲,2026-01,90,96,\n甲,2026-01,90,96,\n", "t.csv 第 3 行：与第 2 行重复（甲 2026-01）"),
        ("provider_id,month,满意率,持证率,状态\n,2026-01,90,96,\n", "t.csv 第 2 行“provider_id”列：不能为空"),
        ("provider_id,month,满意率,满意率,持证率,状态\n", "t.csv 第 1 行：列名重复：满意率"),
        ("provider_id,month,满意率,持证率,状态\n", "t.csv：没有数据行"),
        ("", "t.csv 第 1 行：缺少列"),
    ],
)
def test_a_wrong_table_is_refused_with_line_and_column(tmp_path: Path, table: str, says: str) -> None:
    policy, path = folder_with(tmp_path, table)
    loaded = load(policy, RatingPolicy, rating_check({}, table=True))
    with pytest.raises(TableError) as caught:
        read(path, columns(loaded))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("cuts: [40, 60, 75, 90]}", "cuts: [90, 75, 60, 40]}", "p.yaml 第 14 行：分数线应从小到大，不得重复"),
        ("stars: {method: fixed, cuts: [40, 60, 75, 90]}", "base: 人员", "p.yaml 第 14 行：领域“人员”没有自己的星级，请在该领域写 stars"),
        ("curve: [[60, 0], [100, 100]]", "curve: [[60, 0], [100, 100]], steps: [[0, 1]]", "p.yaml 第 9 行：column：应写 curve（折线）或 steps（分档）中的一个"),
        ("when: {column: 状态, equals: 停业}", "when: {column: 状态}", "p.yaml 第 15 行：column：应写 equals、at_least、at_most 中的一个"),
        ("because: \"状态为{value}\"", "because: \"{count}\"", "p.yaml 第 15 行：句中的 {count} 没有对应的值（可用：value）"),
        ("    stars:", "    adjust: [{rule: 加, domain: 机构, by: 1, score_at_least: 90, basis: 第四条}]\n    stars:", "p.yaml 第 14 行：没有“机构”这个领域"),
        ("    stars:", "    adjust: [{rule: 加, domain: 人员, by: 1, basis: 第四条}]\n    stars:", "p.yaml 第 14 行：adjust：应写明条件"),
        ("    stars:", "    rounding: {digits: 1, mode: 四舍五入}\n    stars:", "p.yaml 第 14 行：mode：只能是"),
    ],
)
def test_a_wrong_scheme_is_refused_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in POLICY
    policy, _ = folder_with(tmp_path, policy=POLICY.replace(old, new, 1))
    with pytest.raises(PolicyError) as caught:
        load(policy, RatingPolicy, rating_check({}, table=True))
    assert says in str(caught.value)


def test_a_policy_of_columns_is_not_for_the_district(tmp_path: Path) -> None:
    policy, _ = folder_with(tmp_path)
    with pytest.raises(PolicyError, match="只用于 yiguan rate；本区评级请用 indicator 或 findings"):
        load(policy, RatingPolicy, rating_check({}))


OWN = """\
title: 小表
versions:
  - version: 一
    valid_from: 2026-01
    basis: 办法
    domains: [{domain: 人员, weight: 1, parts: [{indicator: caregiver_cert_rate, weight: 1, basis: 第一条, curve: [[60, 0], [100, 100]]}]}]
    minimum: [{any_of: [{measure: domains, at_least: 1}], missing: 没有数据}]
    stars: {method: fixed, cuts: [40, 60, 75, 90]}
    caps:
      - rule: open_serious
        cap: CAP
        basis: 责令限期整改
        when: {facts: finding, where: {severity: [严重, 重大], open: true}, row: "{happened_on}"}
        because: 月末有{count}项严重问题未整改：{items}
"""


def test_a_share_beyond_its_range_is_refused_by_line(tmp_path: Path) -> None:
    head = "provider_id,caregiver_cert_rate,open_serious\n"
    policy, path = folder_with(tmp_path, head + "甲,250,0\n乙,-3,0\n丙,100,0\n", OWN.replace("CAP", "3"))
    loaded = load(policy, RatingPolicy, rating_check(catalogue(), table=True))
    with pytest.raises(TableError) as caught:
        read(path, columns(loaded))
    said = "t.csv 第 {} 行“caregiver_cert_rate”列：“{}”不在 0—100（%）之间"
    assert str(caught.value).splitlines() == [said.format(2, 250), said.format(3, -3)]


def test_a_cap_says_its_cause_and_a_policy_without_the_grave_cap_is_told(tmp_path: Path) -> None:
    table = "provider_id,caregiver_cert_rate,open_serious\n甲,100,1\n"
    policy, path = folder_with(tmp_path, table, OWN.replace("CAP", "3"))
    good = load(policy, RatingPolicy, rating_check(catalogue(), table=True))
    [rated] = rate_table(good, read(path, columns(good)), catalogue())
    assert rated.star == 3 and any("月末有严重问题未整改，星级不高于三星" in s.sentence for s in rated.steps), rated.steps
    assert unexcluded(good) == []
    policy.write_text(OWN.replace("CAP", "4"), encoding="utf-8")
    loose = yiguan(tmp_path, "rate", "--policy", str(policy), "--input", str(path), "--output", str(tmp_path / "o.csv"))
    assert loose.returncode == 0 and "没有“有严重、重大问题未整改时星级不得高于 3 星”的封顶规则" in loose.stdout
