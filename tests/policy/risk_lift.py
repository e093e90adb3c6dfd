"""What the risk model of inspections is worth: the share of major findings in the visits that it would have put first.

``python -m tests.policy.risk_lift data/var`` prints it for a demo district that was simulated and run. Every month's visits (those that count as
inspections, not re-inspections) are put into the order of the risk at the end of the month before; equal risks stand in every order alike. Beside it:
chance, which finds half in the first half, and the order of the simulator's own badness of each provider, which no model can beat by much.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tests.support.published import reader

MAJOR = ("严重", "重大")
_VISITS = """
with major as (select inspection_id, count(*) as n from finding_fact where list_contains(?, severity) group by all),
     before as (select month, lag(month) over (order by month) as last from (select distinct month from inspection_risk))
select b.month, i.provider_id, coalesce(m.n, 0), r.score
from inspection_fact i
join before b on b.month = i.month and b.last is not null
join inspection_risk r on r.provider_id = i.provider_id and r.month = b.last
left join major m using (inspection_id)
where i.kind <> '复查'
order by b.month, i.inspection_id
"""


@dataclass(frozen=True)
class Lift:
    """Of ``major`` findings in ``visits``: the share in the first half by the model and by the truth; by chance it is 0.5."""

    visits: int
    major: int
    model: float
    truth: float


def first_half(visits: Sequence[tuple[float, int]]) -> float:
    """Findings expected in the first half of visits (rank, findings) taken from the highest rank down, equal ones in any order."""
    left, found = len(visits) / 2, 0.0
    for rank in sorted({r for r, _ in visits}, reverse=True):
        same = [n for r, n in visits if r == rank]
        take = min(left, len(same))
        found += sum(same) * take / len(same)
        left -= take
    return found


def lift(con: duckdb.DuckDBPyConnection, badness: Mapping[tuple[str, str], float], severities: Sequence[str] = MAJOR) -> Lift:
    """``badness``: (provider, month) → how badly it was run, as the simulator had it."""
    months: dict[str, list[tuple[str, int, int]]] = {}
    for month, provider, major, score in con.execute(_VISITS, [list(severities)]).fetchall():
        months.setdefault(month, []).append((provider, major, score))
    total = sum(n for rows in months.values() for _, n, _ in rows)
    model = sum(first_half([(score, n) for _, n, score in rows]) for rows in months.values())
    truth = sum(first_half([(badness.get((p, month), 0.0), n) for p, n, _ in rows]) for month, rows in months.items())
    return Lift(sum(map(len, months.values())), total, model / total if total else 0.0, truth / total if total else 0.0)


def planted(expected: Mapping[str, Any], months: Sequence[str]) -> dict[tuple[str, str], float]:
    """The badness of every provider by month, from the simulator's truth."""
    return {(p["provider_id"], month): b for p in expected["providers"]["latent"] for month, b in zip(months, p["badness"], strict=True)}


def main(var: Path) -> None:
    """Print the lift for the region under ``var``."""
    truth = next(var.glob("*/truth/expected.json"))
    expected = json.loads(truth.read_text(encoding="utf-8"))
    pointer = json.loads((truth.parents[1] / "snapshots" / "current.json").read_text(encoding="utf-8"))
    with reader(truth.parents[1] / "snapshots" / pointer["file"]) as con:
        found = lift(con, planted(expected, [m for (m,) in con.execute("select distinct month from inspection_risk order by 1").fetchall()]))
    print(f"{found.major} major findings in {found.visits} visits; in the first half: by risk {found.model:.3f}, by chance 0.500, by the truth {found.truth:.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "data/var"))
