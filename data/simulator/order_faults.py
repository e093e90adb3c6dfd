"""What is wrong among the orders: damaged and repeated rows, and visits that cannot have happened as recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator.people import People
from data.simulator.providers import Provider
from data.simulator.world import World

if TYPE_CHECKING:
    from data.simulator.orders import Batch

PLACE = ("order", "FWDD")


def plant_faults(
    world: World,
    people: People,
    providers: list[Provider],
    batch: Batch,
    ids: pa.Array,
    columns: Callable[[Batch, pa.Array], dict[str, Any]],
    month: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """The month's columns with faults; expected counts of the month go to ``truth.expected['month']``."""
    names = np.array(ids.to_pylist(), dtype=object)
    touched = batch.keep.copy()
    _overlaps_and_leaps(world, people, providers, batch, names, touched, month, rng)
    _after_death(world, people, batch, names, touched, month, rng)
    n = len(names)

    def some(share: float, where: np.ndarray) -> np.ndarray:
        pool = np.flatnonzero(where & ~touched)
        chosen = (
            np.sort(rng.choice(pool, min(len(pool), max(1, int(rng.poisson(n * share)))), replace=False)) if len(pool) else pool
        )
        touched[chosen] = True
        return chosen

    late = some(0.002, batch.status == 0)
    batch.updated[late] = np.minimum(batch.updated[late] + rng.integers(15, 45, len(late)) * 86_400, (world.end + 15) * 86_400)
    swapped = some(0.0003, batch.signed_out > 0)
    batch.signed_in[swapped], batch.signed_out[swapped] = batch.signed_out[swapped], batch.signed_in[swapped].copy()
    world.truth.note("signed_out_before_in", *PLACE, names[swapped], "QT_SJ", "quarantined")
    repeated = some(0.0006, batch.status == 0)
    slashed = some(0.0006, batch.status == 0)
    strangers = some(0.0001, batch.signed_in > 0)
    odd_item = some(0.00005, batch.signed_in > 0)
    result = columns(batch, ids)
    minutes = np.abs(batch.signed_out - batch.signed_in) // 60
    result["FWSC"] = pa.array(minutes, mask=batch.signed_out < 0)

    text = pc.take(result["XD_SJ"], pa.array(slashed)).to_pylist()
    result["XD_SJ"] = _replace(result["XD_SJ"], slashed, [_slashes(t) for t in text])
    world.truth.note("timestamp_slashes", *PLACE, names[slashed], "XD_SJ", "absorbed")
    result["LNR_ID"] = _replace(
        result["LNR_ID"], strangers, [f"L99{world.months[month].replace('-', '')}{k:02d}" for k in range(len(strangers))]
    )
    world.truth.note("unknown_elder", *PLACE, names[strangers], "LNR_ID", "warned")
    result["XM_DM"] = _replace(result["XM_DM"], odd_item, ["X99"] * len(odd_item))
    world.truth.note("unknown_item", *PLACE, names[odd_item], "XM_DM", "quarantined")

    # Delivered twice: first without the elder's voice, and again, later, with it.
    first = columns(batch.pick(repeated), pc.take(ids, pa.array(repeated)))
    first["MYD"] = pa.nulls(len(repeated), pa.int64())
    first["HF"] = pa.nulls(len(repeated), pa.string())
    before = batch.pick(repeated)
    before.updated = before.updated - 3600
    first["XG_SJ"] = columns(before, pc.take(ids, pa.array(repeated)))["XG_SJ"]
    world.truth.note("delivered_twice", *PLACE, names[repeated], "", "superseded")

    good = np.ones(n, dtype=bool)
    good[np.r_[swapped, odd_item]] = False
    world.truth.expected["month"] = {
        "orders": int(good.sum()),
        "completed": int((good & (batch.status == 0)).sum()),
        "price": round(float(batch.price[good].sum()) / 100, 2),
        "subsidy_part": round(float(batch.subsidy[good].sum()) / 100, 2),
        "rows": n + len(repeated),
    }
    return {c: pa.concat_arrays([_array(result[c]), _array(first[c], _array(result[c]).type)]) for c in result}


def _array(values: Any, kind: pa.DataType | None = None) -> pa.Array:
    array = values if isinstance(values, pa.Array) else pa.array(values, from_pandas=True)
    return array if kind is None or array.type == kind else pc.cast(array, kind)


def _replace(array: pa.Array, index: np.ndarray, values: list[str]) -> pa.Array:
    mask = np.zeros(len(array), dtype=bool)
    mask[index] = True
    return pc.replace_with_mask(array, pa.array(mask), pa.array(values, pa.string()))


def _slashes(text: str) -> str:
    """``2026-05-03 09:05:10`` as a clerk's spreadsheet writes it: ``2026/5/3 9:05:10``."""
    date, time = text.split(" ")
    year, month, day = date.split("-")
    return f"{year}/{int(month)}/{int(day)} {int(time[:2])}{time[2:]}"


def _overlaps_and_leaps(
    world: World,
    people: People,
    providers: list[Provider],
    batch: Batch,
    names: np.ndarray,
    touched: np.ndarray,
    month: int,
    rng: np.random.Generator,
) -> None:
    """Irregular: a caregiver in two places at once, and journeys that nobody can make; most of them at a provider that cheats."""
    visits = np.flatnonzero((batch.caregiver >= 0) & (batch.status == 0))
    visits = visits[np.lexsort((batch.signed_in[visits], batch.caregiver[visits]))]
    a, b = visits[:-1], visits[1:]
    gap = batch.signed_in[b] - batch.signed_out[a]
    near = (batch.caregiver[a] == batch.caregiver[b]) & (gap < 3600) & ~touched[b] & ~touched[a]
    a, b = a[near], b[near]
    if not len(a):
        return
    cheating = np.array([p.has("fraud") for p in providers])[batch.provider[b]]
    factor = min(1.0, world.provider_factor)
    order = np.argsort(rng.random(len(a)) - 0.85 * cheating, kind="stable")
    overlaps = max(1, int(rng.poisson(3 * factor)))
    leaps = max(1, int(rng.poisson(1.5 * factor)))
    used: set[int] = set()
    for k in order:
        i, j = int(a[k]), int(b[k])
        if i in used or j in used or len(used) >= 2 * (overlaps + leaps):
            continue
        used |= {i, j}
        length = batch.signed_out[j] - batch.signed_in[j]
        leap = len(used) > 2 * overlaps
        batch.signed_in[j] = batch.signed_out[i] + (240 if leap else -int(rng.integers(6, 25)) * 60)
        batch.signed_in[j] = max(batch.signed_in[j], batch.signed_in[i] + 60)
        batch.signed_out[j] = batch.signed_in[j] + length
        touched[[i, j]] = True
        if leap:
            far = (
                people.point[np.argmax(np.abs(people.point - batch.point[i]).sum(axis=1))]
                if not np.isnan(batch.point[i]).any()
                else batch.point[j]
            )
            batch.point[j] = far
        kind = "impossible_travel" if leap else "overlapping_visits"
        world.truth.irregular[kind].append({"orders": [names[i], names[j]], "provider_id": providers[batch.provider[j]].id})


def _after_death(
    world: World, people: People, batch: Batch, names: np.ndarray, touched: np.ndarray, month: int, rng: np.random.Generator
) -> None:
    """Irregular: a visit recorded for somebody who has died some weeks before."""
    first = world.first_day(month)
    dead = np.flatnonzero(
        people.dead & (people.gone > first - 90) & (people.gone < first - 5) & (people.served_to > 0) & ~people.rejected
    )
    pool = np.flatnonzero((batch.caregiver >= 0) & (batch.status == 0) & ~touched)
    if not len(dead) or not len(pool) or rng.random() > 0.7:
        return
    j = int(rng.choice(pool))
    batch.elder[j] = int(rng.choice(dead))
    touched[j] = True
    world.truth.irregular["visit_after_death"].append({"order_id": names[j], "elder_id": people.ids[batch.elder[j]]})
