"""Areas and providers as one tree, for the figures that can be set against each other (see ``shield``).

A mart whose rows of a provider and month all lie in one area (that of its site: prepayments, complaints, incidents …) lets a reader add up: the figure of a
community is the sum of its providers' figures.  Where one of them is hidden, others must be that would give it away, of either kind.  Where providers serve
elders of many areas (orders, meals), no reader can tell what of a provider belongs where, and the two are reckoned apart.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dashboard.warehouse import smallcells
from etl.indicators.base import Measure

if TYPE_CHECKING:
    from dashboard.warehouse.shield import Shield
    from dashboard.warehouse.snapshot import Snapshot

AREAS = ("community_code", "street_code", "area_code")


class Layers:
    """Which figures of areas and of providers are hidden together."""

    def __init__(self, snapshot: Snapshot, areas: Shield, providers: Shield) -> None:
        # The snapshot holds the shields, and they hold this: held in turn they would never be let go.
        self._snapshot: Snapshot = weakref.proxy(snapshot)
        self._areas: Shield = weakref.proxy(areas)
        self._providers: Shield = weakref.proxy(providers)
        self._masks: dict[Measure, tuple[np.ndarray, np.ndarray]] = {}
        self._places: dict[str, Mapping[str, dict[str, str]] | None] = {}

    def families(self) -> list[list[Measure]]:
        """Measures that determine one another in either cube: what adds up among areas or among providers is hidden alike in both."""
        return self._families

    @cached_property
    def _families(self) -> list[list[Measure]]:
        merged: list[set[Measure]] = []
        for family in (*self._areas.own_families(), *self._providers.own_families()):
            touching = [m for m in merged if m & set(family)]
            merged = [m for m in merged if m not in touching] + [set(family).union(*touching)]
        return [sorted(m, key=repr) for m in merged]

    def joins(self, family: Sequence[Measure]) -> bool:
        """Whether a figure of the family tells of a provider and of its area at once."""
        return any(self._placed(m.mart) for m in family if not m.ranked)

    def mask(self, family: Sequence[Measure], by_area: bool) -> np.ndarray:
        """Keys × months to hide, of areas or of providers."""
        if family[0] not in self._masks:
            self._masks[family[0]] = self._reckon(family)
        return self._masks[family[0]][0 if by_area else 1]

    def _placed(self, mart: str) -> Mapping[str, dict[str, str]] | None:
        """Month → provider → its area, of a mart whose providers each have one a month; None for any other mart."""
        if mart not in self._places:
            columns = self._snapshot.tables.get(mart, [])
            key = next((c for c in AREAS if c in columns), None)
            found: dict[str, dict[str, str]] | None = None
            if key is not None and "provider_id" in columns and "month" in columns:
                rows = self._snapshot.query(
                    f"select month, provider_id, min({key}), count(distinct {key}) from {mart} where provider_id is not null and {key} is not null group by all"
                )
                if rows and all(row[3] == 1 for row in rows):
                    found = {}
                    for month, provider, area, _ in rows:
                        found.setdefault(month, {})[provider] = area
            self._places[mart] = found
        return self._places[mart]

    def _reckon(self, family: Sequence[Measure]) -> tuple[np.ndarray, np.ndarray]:
        """The masks of areas and of providers for a family of measures.

        Cells: the areas, the providers, and one more beneath each area for rows of no provider.  That one is never shown, so it covers for nothing.
        """
        k = self._areas.least
        areas, providers = self._areas.persons(family), self._providers.persons(family)
        here, there = areas.shape[1], providers.shape[1]
        found = np.zeros((here + there, areas.shape[2]), dtype=bool)
        at_area = {code: n for n, code in enumerate(self._areas.keys)}
        at_provider = {ident: here + n for n, ident in enumerate(self._providers.keys)}
        for number, month in enumerate(self._snapshot.months):
            cells = np.concatenate([areas[:, :, number], providers[:, :, number]], axis=1)
            if not smallcells.small(cells, k).any():
                continue
            children = {top: list(kids) for top, kids in self._areas.children.items()}
            loose = set(at_provider.values())
            for mart in dict.fromkeys(m.mart for m in family if not m.ranked):
                for provider, area in ((self._placed(mart) or {}).get(month, {})).items():
                    if area in at_area and at_provider.get(provider) in loose:
                        children.setdefault(at_area[area], []).append(at_provider[provider])
                        loose.discard(at_provider[provider])
            cells, children = _with_rest(cells, children, here)
            if left := [n for n in loose if not np.isnan(cells[:, n]).all()]:
                children[cells.shape[1]] = left  # what they are together follows from the district's figure
                cells = np.concatenate([cells, np.nansum(cells[:, left], axis=1, keepdims=True)], axis=1)
            found[:, number] = smallcells.hidden(children, cells, k)[: here + there]
        return found[:here], found[here:]


def _with_rest(cells: np.ndarray, children: Mapping[int, Sequence[int]], areas: int) -> tuple[np.ndarray, dict[int, list[int]]]:
    """The cells with one more beneath every area that has providers: what of its figure stands for none of them."""
    more: dict[int, list[int]] = {}
    columns = [cells]
    at = cells.shape[1]
    for top, kids in children.items():
        more[top] = list(kids)
        if any(kid >= areas for kid in kids):
            rest = cells[:, top] - np.nansum(cells[:, list(kids)], axis=1)
            rest = np.where(rest > 0, rest, np.nan)
            if not np.isnan(rest).all():
                columns.append(rest[:, None])
                more[top].append(at)
                at += 1
    return np.concatenate(columns, axis=1), more
