"""The whole declared line over the small demo district: everything the snapshot promises is there and adds up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from etl.indicators import catalogue
from etl.paths import Layout
from etl.region import Region
from etl.run import run
from tests.conftest import Demo
from tests.etl.reading import read


def test_every_indicator_has_figures_and_parents_are_the_sums_of_their_children(small_demo: Demo) -> None:
    layout = small_demo.layout
    assert small_demo.result.exit_code in (0, 3)
    assert small_demo.result.message == ""
    there = {c for (c,) in read(layout, "select distinct indicator from figure where part is not null")}
    # Nobody has used the product yet when its own records are first gathered.
    own = {code for code, indicator in catalogue().items() if set(indicator.marts) <= {"ledger_month"}}
    assert set(catalogue()) - there == own
    # Rows that are known by street or district only count from there up, so a parent may be more than its children, never less.
    torn = read(
        layout,
        "select f.indicator, f.area_code, f.month from figure as f join meta_indicator as i on i.code = f.indicator"
        " join area as a on a.parent_code = f.area_code join figure as c on c.area_code = a.code and c.month = f.month"
        " and c.indicator = f.indicator where i.kind not in ('median', 'quantile') group by all having sum(c.part) > max(f.part) + 0.001",
    )
    assert torn == []


def test_loads_balance_and_personal_values_are_masked(small_demo: Demo) -> None:
    rows = read(small_demo.layout, "select read = loaded + quarantined + superseded, money_read is not distinct from"
                " money_loaded + money_quarantined + money_superseded from meta_load")  # fmt: skip
    assert rows
    assert set(rows) == {(True, True)}
    ids = read(small_demo.layout, "select count(*) from quarantine where regexp_matches(coalesce(value_masked, ''), '\\d{17}')")
    assert ids == [(0,)]


@pytest.mark.parametrize(("what", "words"), [("rating.yaml", "rating"), ("region", "region.yaml")])
def test_a_broken_region_folder_is_told_in_a_sentence(tmp_path: Path, small_demo: Demo, what: str, words: str) -> None:
    import shutil

    folder = tmp_path / "region"
    shutil.copytree(small_demo.region.path, folder)
    region, layout = Region.load(folder), Layout(tmp_path / "var", "region")
    layout.base.mkdir(parents=True)
    layout.sources.symlink_to(small_demo.layout.sources)
    if what == "rating.yaml":
        (folder / "policies" / "rating.yaml").write_text("versions: nonsense\n", encoding="utf-8")
    else:
        (folder / "sources.yaml").unlink()
        words = "sources.yaml"
    result = run(region, layout)
    assert result.exit_code == 1
    assert words in result.message
    json.dumps(result.to_dict(), default=str)
