"""The policy file: mistakes are told with their line, old months keep their version, a snapshot carries it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.warehouse.impact_rooms import _bars
from etl.paths import DEFAULT_REGION
from etl.policy.impact import packed, read, unpacked
from etl.policy.load import PolicyError
from etl.region_check import check

TEXT = (Path(DEFAULT_REGION) / "policies" / "impact.yaml").read_text(encoding="utf-8")


def wrong(folder: Path, before: str, after: str) -> str:
    assert before in TEXT
    (folder / "impact.yaml").write_text(TEXT.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as told:
        read(folder)
    return str(told.value)


def line_of(part: str) -> int:
    return next(n for n, line in enumerate(TEXT.splitlines(), 1) if part in line)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("metres_per_minute: 65", "metres_per_minute: -65", "metres_per_minute：应大于 0"),
        ("states: [normal]", "states: [正常]", "只能是"),
        ("min_star: 2", "minimum_star: 2", "没有这一项"),
        ("price_rise: 0.15, basis: 养老机构管理", "basis: 养老机构管理", "price_rise：缺少这一项"),
        ("rule: share, years: 5", "rule: share", "须写 years"),
        ("ability: {3: [护理型, 认知障碍]", "ability: {3: [普通型]", "没有任何可换的床位类型"),
        ("  - {programme: operation, ", "  - {programme: construction, ", "写了两次"),
        ("      堂食: {permits", "      聚餐: {permits", ""),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path, before, after, said):
    text = wrong(tmp_path, before, after)
    assert said in text and text.startswith("impact.yaml 第 ")


def test_the_line_is_the_one_to_look_at(tmp_path):
    assert f"第 {line_of('metres_per_minute: 65')} 行" in wrong(tmp_path, "metres_per_minute: 65", "metres_per_minute: -65")


def test_the_region_check_tells_a_wrong_policy(tmp_path):
    import shutil

    folder = tmp_path / "gongshu"
    shutil.copytree(DEFAULT_REGION, folder)
    assert not check(folder)
    (folder / "policies" / "impact.yaml").write_text(TEXT.replace("min_star: 2", "min_star: 7", 1), encoding="utf-8")
    (problem,) = check(folder)
    assert problem.severity == "error" and "min_star" in problem.sentence
    (folder / "policies" / "impact.yaml").unlink()
    (problem,) = check(folder)
    assert problem.severity == "warn"


def test_an_old_month_keeps_its_version(tmp_path):
    begins = TEXT.index("  - version:")
    first = TEXT[: TEXT.index("  - version:", begins + 1)]
    later = first + first[begins:].replace("试行-1", "试行-2", 1).replace("2024-01", "2026-05", 1).replace("min_star: 2", "min_star: 3", 1)
    (tmp_path / "impact.yaml").write_text(later, encoding="utf-8")
    held = read(tmp_path)
    assert held is not None
    carried = unpacked(packed(held))
    assert [v.receivers.min_star for m in ("2026-04", "2026-05") if (v := carried.at(m))] == [2, 3]
    assert carried.at("2023-12") is None


@pytest.mark.parametrize("form", ["床位", "上门服务", "家庭养老床位", "堂食"])
def test_nobody_is_sent_to_a_house_without_insurance(form):
    """A provider that the rating holds down for want of insurance is no place to bring elders to; months before the version keep theirs."""
    held = read(Path(DEFAULT_REGION) / "policies")
    row = {"operating": True, "exit_state": "normal", "star": 2, "licence_valid": True, "fire_valid": True, "food_valid": True, "insured": False}
    assert _bars(row, form, held.at("2026-10")) == ["综合保险无效"]
    assert _bars(row | {"insured": True}, form, held.at("2026-10")) == []
    assert _bars(row, form, held.at("2025-12")) == []
