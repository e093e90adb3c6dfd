"""``python -m tests.naive --var DIR``: a whole district's source files counted again by plain Python, against its published figures.

The tests do it for a small district; this does it for one of any size, for all its months, and says what differs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from etl.paths import DEFAULT_REGION, Layout
from tests.naive import (
    recount_daily,
    recount_incidents,
    recount_linked,
    recount_people,
    recount_prepaid,
    recount_rest,
    recount_works,
)
from tests.naive.agreement import differences, snapshot_file
from tests.naive.recount import Recount
from tests.naive.test_recount import RECOUNTED
from tests.support.published import reader

POLICIES = DEFAULT_REGION / "policies"
STEPS: dict[str, tuple[tuple[str, ...], Callable[[Recount], object]]] = {
    "daily": (recount_daily.COUNTED, recount_daily.recount_daily),
    "people": (recount_people.COUNTED, recount_people.recount_people),
    "works": (recount_works.COUNTED, recount_works.recount_works),
    "rest": (recount_rest.COUNTED, recount_rest.recount_rest),
    "prepaid": (recount_prepaid.COUNTED, lambda base: recount_prepaid.recount_prepaid(base, POLICIES)),
    "incidents": (recount_incidents.COUNTED, lambda base: recount_incidents.recount_incidents(base, POLICIES)),
}


def main(arguments: list[str]) -> int:
    """0 where everything agrees, else 1."""
    asked = argparse.ArgumentParser(prog="python -m tests.naive", description=__doc__)
    asked.add_argument("--var", type=Path, required=True)
    asked.add_argument("--step", choices=["main", "linked", *STEPS], action="append")
    chosen = asked.parse_args(arguments)
    layout = Layout(chosen.var, DEFAULT_REGION.name)
    con = reader(snapshot_file(layout))
    months = [m for (m,) in con.execute("select distinct month from figure order by 1").fetchall()]
    steps = chosen.step or ["main", "linked", *STEPS]
    base = Recount(layout.sources, DEFAULT_REGION / "areas.csv", months)
    compared = wrong = 0

    def compare(recount: Recount, codes: tuple[str, ...], began: float) -> None:
        nonlocal compared, wrong
        for code in codes:
            count, found = differences(recount, con, code)
            compared, wrong = compared + count, wrong + len(found)
            for line in found[:5]:
                print(f"{code}  {line}")
            if len(found) > 5:
                print(f"{code}  … {len(found)} in all")
        print(f"{len(codes)} indicators in {time.process_time() - began:.0f} s of processor time", flush=True)

    if "main" in steps:
        compare(base, RECOUNTED, 0)
    for name in steps:
        began = time.process_time()
        if name in STEPS:
            STEPS[name][1](base)
            compare(base, STEPS[name][0], began)
        elif name == "linked":
            compare(recount_linked.LinkedRecount(layout.sources, DEFAULT_REGION / "areas.csv", months), recount_linked.EXPECTED, began)
    print(f"{compared} figures of {len(months)} months compared, {wrong} differ")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
