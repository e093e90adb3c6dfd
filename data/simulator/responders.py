"""Who comes when an elder needs somebody: a staffed provider of the same street, else one of the district."""

from __future__ import annotations

import numpy as np

from data.simulator.providers import CARE, CENTRE, SOCIAL, Provider
from data.simulator.world import World

NOBODY = -1


class Responders:
    """The home-care firms, centres and organisations with staff; indices are those of the list of providers."""

    def __init__(self, world: World, firms: list[Provider]):
        self.world = world
        self.firms = [p for p in firms if p.staff and p.kind in (CARE, CENTRE, SOCIAL)]
        self.codes = np.array([p.id for p in firms], dtype=object)
        self.bad = np.array([p.bad for p in firms])

    def choose(self, month: int, street: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A provider index for every street index given; NOBODY where none is in operation."""
        usable = [p for p in self.firms if p.open_in(self.world, month)]
        out = np.full(len(street), NOBODY, dtype=np.int64)
        for place in np.unique(street):
            where = np.flatnonzero(street == place)
            pool = [p.index for p in usable if p.street == place] or [p.index for p in usable]
            if pool:
                out[where] = rng.choice(np.array(pool), len(where))
        return out

    def badness(self, month: int, chosen: np.ndarray) -> np.ndarray:
        """How badly each of them is run in a month, 0 … 1; a middling value for nobody."""
        return np.where(chosen >= 0, self.bad[np.maximum(chosen, 0), month], 0.3)
