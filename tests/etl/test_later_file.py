"""A record that comes in two files: the later word counts, told by the files' names, in whatever order they were handed in."""

from __future__ import annotations

import random

import pytest

from etl.places import later
from tests.etl.conftest import Tiny
from tests.etl.reading import read

IN_ORDER = [
    "ST001/2026-09.csv", "ST001/2026-10.csv", "ST001/2026-10(1).csv", "ST001/2026-10 - 副本 (2).csv", "ST001/2026-10（3）.csv",
    "ST001/2026-10 copy 4.csv", "ST001/2026-10 (10).csv", "ST001/2026-10-更正.csv", "ST001/2026-10_更正.csv", "ST001/2026-10_更正_副本.csv",
    "ST001/2026-11.csv",
]  # fmt: skip


def test_copies_come_behind_their_original_and_before_its_corrections() -> None:
    mixed = random.Random(3).sample(IN_ORDER, len(IN_ORDER))
    assert sorted(mixed, key=later) == IN_ORDER


@pytest.mark.parametrize("names", [("发放_202610.csv", "发放_202610(1).csv"), ("发放_202610(1).csv", "发放_202610.csv")])
def test_a_file_downloaded_again_wins_whenever_it_comes(tiny: Tiny, names: tuple[str, str]) -> None:
    rows = {name: ["发放编号,月份,街道代码,金额", *(f"F{n},2026-10,330105001,100" for n in range(40))] for name in names}
    rows["发放_202610(1).csv"][1:3] = ["F0,2026-10,330105001,7", "F1,2026-10,330105001,8"]
    for name in names:  # the second comes when the first is in force: only the keys in it are checked again
        tiny.payments("\n".join([*rows[name], ""]), name=name)
        tiny.run()
    (tiny.layout.sources / "subsidy" / names[0]).touch()
    tiny.run()
    assert read(tiny.layout, "select payment_id, amount::int from payment_fact where payment_id in ('F0', 'F1', 'F2') order by all") == [
        ("F0", 7), ("F1", 8), ("F2", 100),
    ]  # fmt: skip
