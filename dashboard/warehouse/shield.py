"""Figures for readers who may not see the persons behind them, and for comparisons with areas that are not theirs: small cells hidden.

Figures of areas and of providers are looked at together where they can be set against each other: where every provider's rows of a month lie in one
area (its site), the area is the sum of its providers and of what stands for none, and the tree of areas goes one step further down.

What is protected: every figure counted from a mart whose rows name a person, but for the marts that the district's privacy policy names as
open (``meta_small_cell`` of the snapshot).  Which cells: see ``smallcells``.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dashboard.warehouse import smallcells
from dashboard.warehouse.layers import Layers
from etl.indicators import Indicator
from etl.indicators.base import Measure
from etl.martfile import marts

if TYPE_CHECKING:
    from dashboard.warehouse.figures import Cube
    from dashboard.warehouse.snapshot import Snapshot

PERSONS = ("elder_id", "account_id", "caregiver_id", "volunteer_id")
"""Columns that tell one person from another; the first that a mart has counts its persons, else every row is one."""
AREAS = ("community_code", "street_code", "area_code")
FEWEST = 5
"""Where a snapshot does not say: fewer persons than this are a small cell (领域惯例，少于 5 人不显示)."""


_making = threading.Lock()


class Rule(NamedTuple):
    """Fewer than ``k`` persons are hidden, in figures over ``marts``."""

    k: int
    marts: frozenset[str]


def rule(snapshot: Snapshot) -> Rule:
    """The rule that the snapshot carries; without one, every mart that names persons is protected."""

    def read() -> Rule:
        if "meta_small_cell" in snapshot.tables:
            found = snapshot.query("select mart, fewer_than from meta_small_cell")
            return Rule(int(found[0][1]) if found else FEWEST, frozenset(m for m, _ in found))
        named = snapshot.query("select distinct mart from meta_column where privacy <> ''")
        return Rule(FEWEST, frozenset(m for (m,) in named))

    return snapshot.once("small_cells", read)


class Shield:
    """Which cells of one cube are hidden, reckoned family by family when first asked for and kept: a snapshot never changes."""

    def __init__(self, snapshot: Snapshot, cube: Cube, keys: Sequence[str], children: Mapping[int, Sequence[int]], by_area: bool) -> None:
        # The snapshot holds its shields: held in turn by them it would never be let go.
        self._snapshot: Snapshot = weakref.proxy(snapshot)
        self.keys, self.children = keys, children
        self._cube, self._by_area = cube, by_area
        self.layers: Layers | None = None
        self._rule = rule(snapshot)
        self._sides = {
            code: tuple(m for m in (i.part, i.whole) if m is not None and m.mart in self._rule.marts)
            for code, i in snapshot.indicators.items()
        }
        self._masks: dict[Measure, np.ndarray] = {}
        self._counted: dict[str, dict[Measure, np.ndarray]] = {}

    @property
    def least(self) -> int:
        """Fewer persons than this are a small cell."""
        return self._rule.k

    def mask(self, code: str) -> np.ndarray | None:
        """Keys × months of an indicator: True where it must not be shown; None where it is about nobody."""
        sides = self._sides.get(code, ())
        if not sides:
            return None
        masks = [self._of(side) for side in sides]
        return masks[0] if len(masks) == 1 else masks[0] | masks[1]

    def _of(self, measure: Measure) -> np.ndarray:
        if measure not in self._masks:
            family = next(f for f in self.families() if measure in f)
            lacks = self.layers.mask(family, self._by_area) if self.layers is not None and self.layers.joins(family) else self._reckon(family)
            for member in family:
                self._masks[member] = lacks
        return self._masks[measure]

    def _reckon(self, family: Sequence[Measure]) -> np.ndarray:
        """Keys × months to hide for a family of measures."""
        stack = self.persons(family)
        if not self._by_area:  # the last key stands for all providers together
            stack = np.concatenate([stack, np.nansum(stack, axis=1, keepdims=True)], axis=1)
        found = np.zeros(stack.shape[1:], dtype=bool)
        for month in np.flatnonzero(smallcells.small(stack, self._rule.k).any(axis=(0, 1))):
            found[:, month] = smallcells.hidden(self.children, stack[:, :, month], self._rule.k)
        return found[: len(self.keys)]

    def persons(self, family: Sequence[Measure]) -> np.ndarray:
        """Members × keys × months: the persons behind each figure of a family and behind its rests; NaN without a figure.

        A measure that this cube does not have keeps its place, so that the stacks of two cubes stand side by side.
        """
        nothing = np.full((len(self.keys), len(self._snapshot.months)), np.nan)
        found = []
        for m in family:
            have = m in self._columns()
            found.append(np.where(np.isnan(self._columns()[m]), np.nan, self._persons(m)) if have else nothing)
            found += self._rests(m) if have else [nothing] * sum(1 for _ in self._shares(m))
        return np.stack(found)

    def _shares(self, measure: Measure) -> Iterator[Indicator]:
        return (i for i in self._snapshot.indicators.values() if i.part == measure and is_share(i) and i.whole is not None)

    def _rests(self, measure: Measure) -> list[np.ndarray]:
        """Whole − part of every share that the measure is the part of: few people left over are as much a small cell as few people."""
        found = []
        for i in self._shares(measure):
            part, whole = self._cube.sides(i.code)
            rest = whole - part
            found.append(np.where(rest < 0, np.nan, rest))
        return found

    def _columns(self) -> dict[Measure, np.ndarray]:
        """The figures themselves, keys × months, by what they measure."""

        def read() -> dict[Measure, np.ndarray]:
            found: dict[Measure, np.ndarray] = {}
            for code, sides in self._sides.items():
                i, (part, whole) = self._snapshot.indicators[code], self._cube.sides(code)
                for side in sides:
                    found.setdefault(side, part if side is i.part else whole)
            return found

        return self._snapshot.once(f"shield columns {self._by_area}", read)

    def families(self) -> list[list[Measure]]:
        """Measures that determine one another in this cube."""
        return self.layers.families() if self.layers is not None else self.own_families()

    def own_families(self) -> list[list[Measure]]:
        def find() -> list[list[Measure]]:
            additive = {m: values for m, values in self._columns().items() if not m.ranked}
            listed = smallcells.families(additive, {m: m.mart for m in additive})
            return listed + [[m] for m in self._columns() if m.ranked]

        return self._snapshot.once(f"shield families {self._by_area}", find)

    def _persons(self, measure: Measure) -> np.ndarray:
        """Keys × months: how many different persons stand behind a measure; NaN where it has no figure."""
        if measure.mart not in self._counted:
            self._counted[measure.mart] = self._count(measure.mart)
        return self._counted[measure.mart][measure]

    def _count(self, mart: str) -> dict[Measure, np.ndarray]:
        measures = list(dict.fromkeys(m for sides in self._sides.values() for m in sides if m.mart == mart))
        columns = self._snapshot.tables.get(mart, [])
        key = next((c for c in AREAS if c in columns), None) if self._by_area else "provider_id" if "provider_id" in columns else None
        shape = (len(self.keys), len(self._snapshot.months))
        found = {m: np.full(shape, 0.0) for m in measures}
        if key is None or "month" not in columns:
            return found
        who = next((c for c in PERSONS if c in columns), None)
        person = f"coalesce(\"{who}\", 'row ' || rowid)" if who else "rowid"
        if who and next((m.key for m in marts() if m.name == mart), "") == who:
            person = "rowid"  # a row is a person already
        flags = ", ".join(f"bool_or({m.where})::integer as m{n}" for n, m in enumerate(measures))
        sums = ", ".join(f"sum(m{n})" for n in range(len(measures)))
        inner = f'select "{key}" as place, month, {person} as person, {flags} from {mart} group by all'
        if person == "rowid":
            sums = ", ".join(f"count(*) filter (where {m.where})" for m in measures)
            inner = f'select *, "{key}" as place from {mart}'
        at = {k: n for n, k in enumerate(self.keys)}
        for place, month, *numbers in self._snapshot.query(f"select place, month, {sums} from ({inner}) group by all"):
            when = self._snapshot.month_index.get(month)
            if when is None:
                continue
            for top in self._above(place) if self._by_area else (place,):
                if top in at:
                    for measure, number in zip(measures, numbers, strict=True):
                        found[measure][at[top], when] += number or 0
        return found

    def _above(self, code: str) -> Sequence[str]:
        """The area and all that hold it."""
        found = []
        at = self._snapshot.areas.get(code)
        while at is not None:
            found.append(at.code)
            at = self._snapshot.areas.get(at.parent_code) if at.parent_code else None
        return found


def is_share(indicator: Indicator) -> bool:
    """A share in percent of counted rows: its part is some of its whole."""
    sides = (indicator.part, indicator.whole)
    return indicator.kind == "ratio" and indicator.scale == 100 and all(m is not None and m.value == "1" and not m.ranked for m in sides)


def over_areas(snapshot: Snapshot) -> Shield:
    """The shield of the figures of areas: each area is the sum of those below."""
    return _both(snapshot)[0]


def over_providers(snapshot: Snapshot) -> Shield:
    """The shield of the figures of providers: together they are the district's figure, which everybody may know."""
    return _both(snapshot)[1]


def _both(snapshot: Snapshot) -> tuple[Shield, Shield]:
    def make() -> tuple[Shield, Shield]:
        keys = list(snapshot.areas)
        at = {k: n for n, k in enumerate(keys)}
        children = {at[code]: [at[a.code] for a in kids] for code, kids in snapshot.children.items() if code in at}
        areas = Shield(snapshot, snapshot.figures, keys, children, by_area=True)
        ids = snapshot.provider_figures.keys
        providers = Shield(snapshot, snapshot.provider_figures, ids, {len(ids): list(range(len(ids)))}, by_area=False)
        areas.layers = providers.layers = Layers(snapshot, areas, providers)
        return areas, providers

    with _making:  # the two know each other loosely: both of one making must be kept
        return snapshot.once("shields", make)


__all__ = ["FEWEST", "Rule", "Shield", "is_share", "over_areas", "over_providers", "rule"]
