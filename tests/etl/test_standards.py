"""The numbers that a region lays down: by date, checked before use, and read by marts."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from etl import build
from etl.paths import DEFAULT_REGION
from etl.region import Region, RegionError
from etl.region_check import check

HEAD = "basis: 某方案\nstandards:\n"
ONE = "- {{standard: {name}, value: {value}, valid_from: {since}}}\n"


@pytest.fixture
def region(tmp_path: Path):
    """Writes standards.yaml of a copy of the demo region and opens it."""

    def make(text: str) -> Region:
        folder = tmp_path / "region"
        if not folder.exists():
            shutil.copytree(DEFAULT_REGION, folder)
        (folder / "policies" / "standards.yaml").write_text(text, encoding="utf-8")
        return Region.load(folder)

    return make


def test_a_new_number_ends_the_old_one_and_old_months_keep_theirs(region):
    text = HEAD + ONE.format(name="street_staff", value=2, since="2026-03") + ONE.format(name="street_staff", value=1, since="2017-01")
    con = duckdb.connect(":memory:")
    con.execute("create schema marts")
    build.lay_standards(con, region(text))
    rows = con.execute("select valid_from, valid_to, value, basis from marts.standard order by 1").fetchall()
    assert rows == [("2017-01", "2026-03", 1.0, "某方案"), ("2026-03", None, 2.0, "某方案")]


def test_the_demo_region_lays_down_every_number_that_the_marts_compare_with():
    assert not [p for p in check(DEFAULT_REGION) if "standards" in p.file]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + ONE.format(name="street_stuff", value=1, since="2017-01"), "标准 street_stuff 不存在"),
        (HEAD + 2 * ONE.format(name="street_staff", value=1, since="2017-01"), "自 2017-01 起规定了 2 次"),
        (HEAD + ONE.format(name="street_staff", value="二", since="2017-01"), "写错了"),
        (HEAD + ONE.format(name="street_staff", value=1, since="2017-13"), "写错了"),
    ],
)
def test_mistakes_are_told_in_a_sentence(region, text, words):
    assert any(words in p.sentence and p.severity == "error" for p in check(region(text).path))


def test_a_file_that_cannot_be_understood_stops_the_run_with_its_name(region):
    with pytest.raises(RegionError, match=r"standards\.yaml"):
        _ = region("standards: [\n").standards
