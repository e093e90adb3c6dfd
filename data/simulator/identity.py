"""By what other systems know an elder: the citizen's ID number and the number of the service card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data.simulator.names import id_numbers
from data.simulator.world import World

if TYPE_CHECKING:
    from data.simulator.people import People


def true_ids(world: World, people: People) -> np.ndarray:
    """Every elder's 18-digit ID number, undamaged, in the order of ``people``."""
    return id_numbers(people.birth, people.female, world.region.code[:6], 1, world.rng("identity"))


def card_numbers(world: World, people: People) -> np.ndarray:
    """Every elder's service card number as it stands in the register, in the order of ``people``."""
    return np.array([f"HZ{v}" for v in world.rng("cards").permutation(people.n) + 31_000_000], dtype=object)
