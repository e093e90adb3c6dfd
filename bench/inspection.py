"""The value of the inspection risk: the share of grave findings that come in the first half of a month's visits when the riskiest go first.

``python -m bench.inspection WORK.duckdb`` reads a work file after a run. Every visit of a month (re-inspections excepted) is put in the order of
the risk as it was at the end of the month before; its findings are what the simulator's inspectors then found. Random order is the expectation.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import duckdb

_VISITS = """
with m as (select month, row_number() over (order by month) as i from marts.month)
select a.month, r.score, i.inspection_id,
       (select count(*) from checked.inspection_finding f where f.inspection_id = i.inspection_id and f.severity in ('严重', '重大')) as grave
from checked.inspection_inspection i
join m a on a.month = strftime(i.inspected_on, '%Y-%m')
join m b on b.i = a.i - 1
join marts.inspection_risk r on r.month = b.month and r.provider_id = i.provider_id
where i.kind <> '复查'
"""


def lift(work: Path) -> tuple[int, int, float, float]:
    """(visits, grave findings, share found in the first half by risk, the same expected at random)."""
    with duckdb.connect(str(work), read_only=True, config={"threads": 1}) as con:
        rows = con.execute(_VISITS).fetchall()
    months: dict[str, list[tuple[int, str, int]]] = defaultdict(list)
    for month, score, visit, grave in rows:
        months[month].append((-score, visit, grave))
    first = chance = total = 0.0
    for visits in months.values():
        half = (len(visits) + 1) // 2
        found = sum(grave for _, _, grave in visits)
        first += sum(grave for _, _, grave in sorted(visits)[:half])
        chance += found * half / len(visits)
        total += found
    return len(rows), int(total), first / total, chance / total


def main() -> None:
    """Print the figures for a work file."""
    options = argparse.ArgumentParser(prog="python -m bench.inspection")
    options.add_argument("work", type=Path)
    visits, grave, by_risk, at_random = lift(options.parse_args().work)
    print(f"{visits} visits, {grave} serious or major findings: {by_risk:.0%} in the first half by risk, {at_random:.0%} at random")


if __name__ == "__main__":
    main()
