"""Estimates the weights of ``link_weight`` from a register, by expectation maximisation as Fellegi–Sunter linkage does it.

Run after a whole run of the line: ``python -m etl.linking.estimate data/var/<region>/work.duckdb`` prints the shares to be
written into ``etl/marts/link_weight.sql``.  The chances of two different persons (u) stay fixed: the register itself tells them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

TRAITS = ("name", "birth", "sex", "phone", "card", "place", "number")
ROUNDS = 200
# A pseudo-count per outcome, so that what was not met once is not held impossible.
SMOOTH = 0.5

Pattern = tuple[tuple[str, ...], int, bool]
"""(outcome of every trait, number of pairs, known to be one person)."""
Shares = dict[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """``m`` by (trait, outcome); ``second``: second numbers per number of the register; ``rounds`` until nothing changed."""

    m: Shares
    second: float
    rounds: int


def patterns(con: duckdb.DuckDBPyConnection) -> tuple[list[Pattern], int]:
    """The outcomes met among the candidates of a work file, and how many numbers the register holds."""
    rows = con.execute(
        f"select {', '.join(TRAITS)}, count(*) from link_candidate group by all order by all"
    ).fetchall()
    size = con.execute("select count(*) from elder_identity").fetchall()[0][0]
    number = TRAITS.index("number")
    return [(tuple(r[:-1]), int(r[-1]), r[number] == "same") for r in rows], int(size)


def fixed(con: duckdb.DuckDBPyConnection) -> tuple[Shares, Shares]:
    """(m to begin with, u) by (trait, outcome)."""
    rows = con.execute(
        "select w.trait, w.outcome, w.m, coalesce(w.u, c.u) from link_weight as w"
        " left join link_chance as c on c.trait = w.trait and c.outcome = w.outcome where w.trait <> 'before'"
    ).fetchall()
    return {(t, o): m for t, o, m, _ in rows}, {(t, o): u for t, o, _, u in rows if u is not None}


def estimate(found: Sequence[Pattern], size: int, begin: Shares, u: Shares, traits: Sequence[str] = TRAITS) -> Estimate:
    """Expectation maximisation over patterns of agreement; ``size`` is the number of records, ValueError below two.

    A trait that is not known (no entry in ``u``) or ``unknown`` says nothing.  Pairs known to be one person count as such.
    """
    if size < 2:
        raise ValueError("two records at least")
    m, second, pairs = dict(begin), 0.001, size * (size - 1) / 2
    done = 0
    while done < ROUNDS:
        done += 1
        prior = max(second * size / pairs, 1e-15)
        sums: Shares = dict.fromkeys(m, SMOOTH)
        total = 0.0
        for outcomes, count, known in found:
            bits = math.log(prior / (1 - prior))
            for key in zip(traits, outcomes, strict=True):
                if key[1] != "unknown" and key in m and u.get(key):
                    bits += math.log(m[key] / u[key])
            share = count * (1.0 if known else 1 / (1 + math.exp(-max(-500.0, min(500.0, bits)))))
            total += share
            for key in zip(traits, outcomes, strict=True):
                if key in sums and key[1] != "unknown":
                    sums[key] += share
        new = _shares(sums, m)
        moved = max((abs(new[k] - m[k]) for k in new), default=0.0)
        m, second = new, max(total, SMOOTH) / size
        if moved < 1e-6:
            break
    return Estimate(m, second, done)


def _shares(sums: Mapping[tuple[str, str], float], before: Shares) -> Shares:
    """Sums as shares within each trait; what is unknown keeps its weightless 1."""
    whole: dict[str, float] = {}
    for (trait, outcome), value in sums.items():
        if outcome != "unknown":
            whole[trait] = whole.get(trait, 0.0) + value
    return {k: before[k] if k[1] == "unknown" else v / whole[k[0]] for k, v in sums.items()}


def main(path: str) -> None:
    """Print the estimate for a work file."""
    with duckdb.connect(path, read_only=True) as con:
        con.execute("set search_path = 'marts,checked,main'")
        found, size = patterns(con)
        result = estimate(found, size, *fixed(con))
    for (trait, outcome), m in sorted(result.m.items()):
        sys.stdout.write(f"{trait:8}{outcome:10}{m:.4f}\n")
    sys.stdout.write(f"before  second    {result.second:.6f}   ({size} numbers, {result.rounds} rounds)\n")


if __name__ == "__main__":
    main(sys.argv[1])
