"""Who goes where: as many as possible are placed, and among those ways the total distance is least, no place ever overfilled.

A transportation problem (one side: those to be placed, other side: places with so much room), solved as a linear programme with HiGHS.
Its matrix is totally unimodular, so the vertex that the simplex method ends in is whole-numbered: nobody is split between two places.
Those with the very same choices are one row, which makes the large cases small.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import highspy
import numpy as np

NEAREST = 6


class Want(NamedTuple):
    """One to be placed: position of a place → distance in whole metres, over the places that would do."""

    choices: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """``chosen``: the position of the place of each want, None where there was no room.

    ``metres``: the sum of distances. ``exact``: proved best. Where the time ran out, ``most`` is an upper bound of how many could be placed
    and ``least`` a lower bound of the metres of any way to place as many as here.
    """

    chosen: tuple[int | None, ...]
    metres: int
    exact: bool
    most: int
    least: int

    @property
    def placed(self) -> int:
        """How many have a place."""
        return sum(one is not None for one in self.chosen)

    @property
    def gap(self) -> float:
        """How far the metres may be from the best, as a share of the bound; 0 where proved best."""
        return (self.metres - self.least) / self.least if self.least and not self.exact else 0.0


def assign(wants: Sequence[Want], rooms: Sequence[int], seconds: float = 10.0) -> Assignment:
    """The best assignment within ``seconds``; after that the nearest-first one with its distance to the bound.

    ``rooms``: how many each place takes (whole, not negative).
    """
    open_ = [tuple((j, d) for j, d in want.choices if rooms[j] > 0) for want in wants]
    solved = _solve(open_, rooms, seconds) if any(open_) else [None] * len(open_)
    exact = solved is not None
    chosen = solved if solved is not None else _nearest(open_, rooms)
    metres = sum(dict(choices)[j] for choices, j in zip(open_, chosen, strict=True) if j is not None)
    placed = sum(j is not None for j in chosen)
    if exact:
        return Assignment(tuple(chosen), metres, True, placed, metres)
    shortest = sorted(min(d for _, d in choices) for choices in open_ if choices)
    most = min(len(shortest), sum(rooms[j] for j in {j for choices in open_ for j, _ in choices}))
    return Assignment(tuple(chosen), metres, False, most, sum(shortest[:placed]))


def _solve(wants: Sequence[tuple[tuple[int, int], ...]], rooms: Sequence[int], seconds: float) -> list[int | None] | None:
    """The optimum, or None where it was not proved in time.

    Begun with the nearest choices of each row only; choices that the dual prices show to be worth a look are added until none is, which
    proves the optimum over all of them.
    """
    groups: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for i, choices in enumerate(wants):
        if choices:
            groups.setdefault(choices, []).append(i)
    keys = list(groups)
    places = sorted({j for choices in keys for j, _ in choices})
    at = {j: n for n, j in enumerate(places)}
    far = np.full((len(keys), len(places)), np.inf)
    for g, choices in enumerate(keys):
        for j, d in choices:
            far[g, at[j]] = d
    # A way that places one more changes at most one arc at each place: with this worth of a placement, placing always comes first.
    worth = (len(places) + 1) * (far[np.isfinite(far)].max() + 1)
    supply = [len(groups[k]) for k in keys]
    flow = _transport(far - worth, np.array([*supply, *(rooms[j] for j in places)], dtype=float), seconds)
    if flow is None:
        return None
    chosen: list[int | None] = [None] * len(wants)
    left = [list(reversed(groups[k])) for k in keys]
    for g, n, amount in flow:
        for _ in range(amount):
            chosen[left[g].pop()] = places[n]
    return chosen


def _transport(cost: np.ndarray, limits: np.ndarray, seconds: float) -> list[tuple[int, int, int]] | None:
    """(row, place, how many) of least cost with at most ``limits`` a row and a place; None where not proved within ``seconds``."""
    until = time.monotonic() + seconds
    rows, _ = cost.shape
    solver = highspy.Highs()
    for name, value in (("output_flag", False), ("solver", "simplex"), ("threads", 1)):
        solver.setOptionValue(name, value)
    none = np.array([], dtype=np.int32)
    solver.addRows(len(limits), np.full(len(limits), -highspy.kHighsInf), limits, 0, none, none, np.array([], dtype=float))
    inside = np.zeros(cost.shape, dtype=bool)
    known = np.isfinite(cost)
    fresh = known & (np.argsort(np.argsort(cost, axis=1), axis=1) < NEAREST)
    arcs: list[tuple[int, int]] = []
    while True:
        g, p = np.nonzero(fresh)
        inside |= fresh
        arcs += list(zip(g.tolist(), p.tolist(), strict=True))
        n = len(g)
        starts, index = np.arange(0, 2 * n, 2, dtype=np.int32), np.column_stack((g, rows + p)).astype(np.int32).ravel()
        solver.addCols(n, cost[g, p], np.zeros(n), np.full(n, highspy.kHighsInf), 2 * n, starts, index, np.ones(2 * n))
        solver.setOptionValue("time_limit", solver.getRunTime() + max(until - time.monotonic(), 0.0))
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal or time.monotonic() > until:
            return None
        solution = solver.getSolution()
        dual = np.array(solution.row_dual)
        worth = cost - dual[:rows, None] - dual[None, rows:]
        fresh = known & ~inside & (worth < -1e-6)
        if not fresh.any():
            return [(a, b, round(x)) for (a, b), x in zip(arcs, solution.col_value, strict=True) if x > 0.5]
        # The best few of each row are enough for the next round.
        fresh &= np.argsort(np.argsort(np.where(fresh, worth, np.inf), axis=1), axis=1) < NEAREST


def _nearest(wants: Sequence[tuple[tuple[int, int], ...]], rooms: Sequence[int]) -> list[int | None]:
    """Nearest pairs first, as long as there is room."""
    free = list(rooms)
    chosen: list[int | None] = [None] * len(wants)
    for _, i, j in sorted((d, i, j) for i, choices in enumerate(wants) for j, d in choices):
        if chosen[i] is None and free[j] > 0:
            chosen[i] = j
            free[j] -= 1
    return chosen
