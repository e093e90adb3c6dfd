"""Ways in which values get damaged between a form and a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from data.simulator.world import Truth

EPOCH = date(1970, 1, 1)
FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


def _wrong_checksum(value: str) -> str:
    return value[:17] + ("0" if value[17] != "0" else "1")


ID_FORMS: dict[str, tuple[float, str, Callable[[str], str]]] = {
    # kind: share of rows, fate, how
    "id_15_digits": (0.0015, "absorbed", lambda v: v[:6] + v[8:17]),
    "id_spaces": (0.0006, "absorbed", lambda v: f" {v[:6]} {v[6:14]} {v[14:]} "),
    "id_full_width": (0.0004, "absorbed", lambda v: v.translate(FULL_WIDTH)),
    "id_apostrophe": (0.0006, "absorbed", lambda v: "'" + v),
    "id_wrong_checksum": (0.0008, "quarantined", _wrong_checksum),
}


def at_least_one(chosen: np.ndarray, allowed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A small district shows every kind of damage, too: one row where chance picked none of at least a hundred."""
    pool = np.flatnonzero(allowed)
    return chosen if len(chosen) or len(pool) < 100 else rng.choice(pool, 1)


def _text(days: int) -> date:
    return EPOCH + timedelta(days=int(days))


DATE_FORMS: dict[str, Callable[[int], str]] = {
    "date_dots": lambda d: f"{_text(d).year}.{_text(d).month}.{_text(d).day}",
    "date_chinese": lambda d: f"{_text(d).year}年{_text(d).month}月{_text(d).day}日",
    "date_compact": lambda d: _text(d).strftime("%Y%m%d"),
    "date_serial": lambda d: str((_text(d) - date(1899, 12, 30)).days),
}


def damage_ids(
    ids: np.ndarray, keys: np.ndarray, birth: np.ndarray, truth: Truth, place: tuple[str, str, str], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Damaged copy of ID numbers and a mask of those that nobody can repair. ``place``: module, table, column.

    Fifteen digits are only met for people born in the 1900s.  A third of the final ``X`` become lower-case.
    """
    out, bad = ids.copy(), np.zeros(len(ids), dtype=bool)
    lower = np.flatnonzero(np.array([v.endswith("X") for v in ids]) & (rng.random(len(ids)) < 0.33))
    out[lower] = [v[:17] + "x" for v in ids[lower]]
    free = np.ones(len(ids), dtype=bool)
    free[lower] = False
    for kind, (share, fate, how) in ID_FORMS.items():
        chosen = np.flatnonzero(free & (rng.random(len(ids)) < share) & ((kind != "id_15_digits") | (birth < 10957)))
        chosen = at_least_one(chosen, free & ((kind != "id_15_digits") | (birth < 10957)), rng)
        out[chosen] = [how(v) for v in ids[chosen]]
        free[chosen] = False
        bad[chosen] = fate == "quarantined"
        truth.note(kind, place[0], place[1], keys[chosen], place[2], fate)
    truth.counts["id_lower_x"] += len(lower)
    return out, bad


def damage_dates(
    text: np.ndarray,
    days: np.ndarray,
    keys: np.ndarray,
    share: float,
    truth: Truth,
    place: tuple[str, str, str],
    rng: np.random.Generator,
) -> np.ndarray:
    """ISO dates of which a ``share`` is written in another form that is still readable."""
    out = text.copy()
    filled = np.array([v is not None for v in text])
    for kind, how in DATE_FORMS.items():
        chosen = np.flatnonzero(
            filled & (rng.random(len(text)) < share / len(DATE_FORMS)) & (days > 0 if kind == "date_serial" else True)
        )
        chosen = at_least_one(chosen, filled & (days > 0), rng)
        out[chosen] = [how(d) for d in days[chosen]]
        truth.note(kind, place[0], place[1], keys[chosen], place[2], "absorbed")
    return out


def money_text(cents: np.ndarray) -> np.ndarray:
    """``1234.50`` of whole cents, object array of str."""
    cents = np.asarray(cents, dtype=np.int64)
    tail = np.array([f".{c:02d}" for c in range(100)], dtype=object)
    return (cents // 100).astype(str).astype(object) + tail[cents % 100]


MONEY_FORMS: dict[str, Callable[[int], str]] = {
    "money_thousands": lambda c: f"{c / 100:,.2f}元",
    "money_full_width": lambda c: f"{c // 100}.{c % 100:02d}".translate(str.maketrans("0123456789.", "０１２３４５６７８９．")),
    "money_ten_thousands": lambda c: f"{c // 1_000_000}.{c % 1_000_000:06d}".rstrip("0").rstrip(".") + "万元",
}
