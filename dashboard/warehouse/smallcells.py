"""Which cells of a tree of areas must not be shown, so that nobody can reckon a figure about fewer than ``k`` persons (小样本).

Two kinds of cells are hidden.  *Small* cells: 0 < persons < k, also of the rest (whole − part).  *Covering* cells: others that would give a
small one away by subtraction.  A parent is the sum of its children, so every such sum must lack at least two of its terms (or none), and
what is missing from a shown parent must itself be k persons or nobody.  In a tree that is enough: take any hidden cell, change it, and
walk along one other hidden term of each sum it stands in; the walk ends without meeting itself, so all sums hold for the changed value,
too.  Figures that add up to one another (在机构 + 居家 = 全部) are hidden in the same areas (see :func:`families`), so that the same walk
serves all of them.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations
from typing import TypeVar

import numpy as np

T = TypeVar("T", bound=Hashable)


def small(persons: np.ndarray, k: int) -> np.ndarray:
    """Where there is somebody, but fewer than ``k``; NaN (no figure) is never small."""
    with np.errstate(invalid="ignore"):
        return np.asarray((persons > 0) & (persons < k))


def hidden(children: Mapping[int, Sequence[int]], persons: np.ndarray, k: int) -> np.ndarray:
    """Cells to hide: ``persons`` is members × cells (persons behind each figure of one family, rests included), the answer one flag a cell.

    ``children`` gives the cells that add up to a cell.  NaN stands for a cell without a figure: it is in no sum.
    """
    lacks = np.asarray(small(persons, k).any(axis=0))
    there = ~np.isnan(persons).all(axis=0)
    counted = np.nan_to_num(persons)
    sums = [(top, [c for c in kids if there[c]]) for top, kids in children.items() if there[top]]
    changed = bool(lacks.any())
    while changed:
        changed = False
        for top, kids in sums:
            while (more := _lacking(top, kids, lacks, counted, k)) is not None:
                lacks[more] = changed = True
    return lacks


def _lacking(top: int, kids: Sequence[int], lacks: np.ndarray, persons: np.ndarray, k: int) -> int | None:
    """The cell that must be hidden besides, or None where this sum gives nothing away."""
    missing = [c for c in kids if lacks[c]]
    if not missing and not lacks[top]:
        return None
    enough = len(missing) + bool(lacks[top]) >= 2
    if enough and not lacks[top]:
        behind = persons[:, missing].sum(axis=1)
        enough = not bool(small(behind, k).any())
    if enough:
        return None
    shown = [c for c in kids if not lacks[c]]
    if not shown:
        return top if not lacks[top] else None
    # The smallest figure that covers is lost to the reader, not the largest; an empty cell covers only where nothing else is left.
    return min(shown, key=lambda c: (not persons[:, c].any(), persons[:, c].max(), c))


def families(columns: Mapping[T, np.ndarray], groups: Mapping[T, Hashable]) -> list[list[T]]:
    """Figures that determine one another: equal ones, and those of which two or three add up to another of the same group.

    ``columns`` are the values over the same cells (areas × months), ``groups`` what they are counted from (the mart).  Found in the figures
    themselves, so that an indicator declared tomorrow is covered without anybody thinking of it.
    """
    names = list(columns)
    parent = {name: name for name in names}

    def root(name: T) -> T:
        while parent[name] != name:
            name = parent[name]
        return name

    filled = {name: np.nan_to_num(values) for name, values in columns.items()}
    live = [name for name in names if filled[name].any()]
    same: dict[bytes, T] = {}
    for name in live:
        first = same.setdefault(np.ascontiguousarray(filled[name]).tobytes(), name)
        parent[root(name)] = root(first)
    for group in dict.fromkeys(groups[name] for name in live):
        members = [name for name in live if groups[name] == group]
        totals = {name: float(filled[name].sum()) for name in members}
        for size in (2, 3):
            for terms in combinations(members, size):
                wanted = sum(totals[t] for t in terms)
                for total in members:
                    if total in terms or abs(totals[total] - wanted) > 1e-6 * max(1.0, abs(wanted)):
                        continue
                    if np.allclose(sum(filled[t] for t in terms), filled[total], rtol=1e-9, atol=1e-6):
                        for term in terms:
                            parent[root(term)] = root(total)
    found: dict[T, list[T]] = {}
    for name in names:
        found.setdefault(root(name), []).append(name)
    return list(found.values())
