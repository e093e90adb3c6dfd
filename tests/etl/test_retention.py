"""Which snapshots stay: a link to last week's figures still opens, and the disk does not fill."""

from __future__ import annotations

from etl.publish import snapshots
from etl.region import Region
from etl.retention import Keep
from tests.etl.conftest import Tiny, id_number


def test_the_last_ones_one_a_day_and_one_a_month_are_kept() -> None:
    watch = [f"20261122T{hour:02d}0000" for hour in range(12)]
    nights = [f"202611{day:02d}T{hour}" for day in range(1, 22) for hour in ("023000", "170000")]
    months = ["20261031T023000", "20261030T023000", "20260930T023000", "20260831T023000", "20260731T023000"]
    kept = Keep(last=3, days=4, months=3).chosen([*watch, *nights, *months], watch[-1])
    assert sorted(kept) == [
        "20260930T023000", "20261031T023000", "20261119T170000", "20261120T170000", "20261121T170000", *watch[-3:],
    ]  # fmt: skip
    assert Keep(last=1, days=0, months=0).chosen(watch, watch[3]) == {watch[3]}, "the one in force stays, be it the newest or not"


def test_a_region_says_how_many_and_a_slip_stops_the_run_with_a_sentence(tiny: Tiny) -> None:
    head = tiny.region.path / "region.yaml"
    text = head.read_text(encoding="utf-8")
    head.write_text(f"{text}snapshots: {{last: 1, days: 1}}\n", encoding="utf-8")
    tiny.region = Region.load(tiny.region.path)
    assert Keep.of(tiny.region) == Keep(last=1, days=1, months=3)
    for n in (1, 2):
        tiny.elders([("E1", id_number(n), "张三", "330105001051", "2026-01-01 00:00:00")])
        assert tiny.run().published
    assert len(snapshots(tiny.layout)) == 1
    head.write_text(f"{text}snapshots: {{weeks: 2}}\n", encoding="utf-8")
    tiny.region = Region.load(tiny.region.path)
    result = tiny.run()
    assert result.exit_code == 1 and "last、days、months" in result.message


def test_a_held_source_that_goes_on_is_no_news_each_time(tiny: Tiny) -> None:
    tiny.orders([(f"D{n}", "E1", "2026-10-01 08:00:00", "20", "已完成") for n in range(100)])
    tiny.run()
    told = []
    for count in (8, 6):
        tiny.orders([(f"D{n}", "E1", "2026-10-01 08:00:00", "20", "已完成") for n in range(count)])
        result = tiny.run()
        message = next(m["message"] for m in result.modules if m["module"] == "order")
        assert f"降至 {count} 行" in message
        told.append(result.published)
    assert told == [True, False]
