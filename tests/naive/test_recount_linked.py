"""The figures of the alliance, the devices, the call centre and the plan against a recount of their files by plain Python."""

from __future__ import annotations

import pytest

from etl.indicators.base import catalogue
from etl.paths import DEFAULT_REGION
from tests.conftest import SMALL_END, Demo
from tests.etl.reading import read
from tests.naive.recount_linked import EXPECTED, LinkedRecount

MONTHS = ["2026-06", "2026-07", "2026-08", "2026-09", SMALL_END]


@pytest.fixture(scope="module")
def recount(small_demo: Demo) -> LinkedRecount:
    return LinkedRecount(small_demo.layout.sources, DEFAULT_REGION / "areas.csv", MONTHS)


@pytest.mark.parametrize("code", EXPECTED)
def test_part_and_whole_agree_for_every_area_and_month(small_demo: Demo, recount: LinkedRecount, code: str) -> None:
    indicator = catalogue()[code]
    rows = read(small_demo.layout, "select area_code, level, month, part, whole from figure where indicator = ?", [code])
    found = {(area, month): (part, whole) for area, _, month, part, whole in rows if month in MONTHS}
    levels = {recount.areas.district: 1} | dict.fromkeys(recount.areas.streets, 2) | dict.fromkeys(recount.areas.communities, 3)
    wrong = []
    for area in (a for a, level in levels.items() if level in indicator.levels):
        for month in MONTHS:
            known = (code, area, month) in recount.figures
            part, whole = recount.figures[code, area, month] if known else (None if indicator.ranked else 0, 0)
            have = found[area, month]
            same = (have[0] is None and part is None) or (
                None not in (have[0], part) and abs(float(part or 0) - have[0]) < 1e-6 * max(1, abs(have[0]))
            )
            if not same or (indicator.whole is not None and float(whole) != have[1]):
                wrong.append(f"{area} {month}: recounted {part}/{whole}, figure {have}")
    assert not wrong, f"{len(wrong)} differences\n" + "\n".join(wrong[:12])
    assert any(recount.figures[code, recount.areas.district, m][0] for m in MONTHS), "nothing was compared"


def test_every_line_of_the_four_modules_is_accounted_for(small_demo: Demo) -> None:
    standing = dict(read(small_demo.layout, "select module, status from meta_module"))
    assert {standing[m] for m in ("alliance", "call", "device", "task")} == {"ok"}
    sources = small_demo.layout.sources
    read_rows = dict(read(small_demo.layout, "select module || '_' || table_name, read from meta_load"))
    alarms = sum(1 for p in (sources / "device").glob("alarms_*.jsonl") for line in p.read_bytes().splitlines() if line.strip())
    calls = sum(len(p.read_bytes().splitlines()) - 2 for p in (sources / "call").glob("*.csv"))
    assert (read_rows["device_alarm"], read_rows["call_call"]) == (alarms, calls)


def test_what_was_planted_is_found_where_it_was_planted(small_demo: Demo) -> None:
    import json

    mess = json.loads((small_demo.layout.truth / "mess.json").read_text(encoding="utf-8"))
    planted = [m for m in mess if m["module"] in ("alliance", "call", "device", "task")]
    assert {m["kind"] for m in planted} >= {
        "delivered_twice", "line_cut_off", "seconds_below_zero", "unknown_device", "full_width_digits", "arrived_before_sent",
        "late_correction", "percent_in_words", "money_thousands", "id_wrong_checksum",
    }  # fmt: skip
    for module in ("alliance", "call", "device", "task"):
        wanted = sum(m["fate"] == "quarantined" for m in planted if m["module"] == module)
        ((have,),) = read(
            small_demo.layout,
            "select count(*) from (select distinct table_name, source, position from quarantine where module = ?)", [module],
        )  # fmt: skip
        assert have == wanted, module
