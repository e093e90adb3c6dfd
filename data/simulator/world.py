"""What every part of the simulation shares: the district's areas, the months, random streams and the record of what was planted."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape

from etl.region import Area, Region

# Relative weight of elders and mean certification rate (%) by street; streets of other regions get the defaults.
STREET_PROFILE = {
    "330105001000": (1.15, 94.0),
    "330105002000": (1.15, 96.4),
    "330105003000": (0.95, 95.2),
    "330105004000": (0.60, 90.5),
    "330105005000": (1.25, 93.6),
    "330105007000": (1.15, 92.2),
    "330105008000": (1.10, 88.8),
    "330105009000": (1.35, 91.0),
    "330105010000": (0.70, 86.6),
    "330105011000": (1.10, 92.4),
}
EPOCH = date(1970, 1, 1).toordinal()


class Truth:
    """What was planted, kept apart from the sources: ``mess`` (how a value was damaged) and ``irregular`` (what was done wrong)."""

    def __init__(self) -> None:
        self.mess: list[dict[str, Any]] = []
        self.irregular: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.expected: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()

    def note(self, kind: str, module: str, table: str, keys: Any, column: str, fate: str) -> None:
        """Rows ``keys`` of a source table whose ``column`` was damaged; ``fate``: absorbed, quarantined, superseded or warned."""
        for key in keys:
            self.mess.append({"kind": kind, "module": module, "table": table, "key": str(key), "column": column, "fate": fate})

    def join(self, other: Truth) -> None:
        """Take over what another part of the simulation planted."""
        self.mess += other.mess
        for kind, found in other.irregular.items():
            self.irregular[kind] += found
        self.expected |= other.expected
        self.counts += other.counts

    def write(self, folder: Path) -> None:
        """truth/mess.json, irregularities.json, expected.json."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in (("mess", self.mess), ("irregularities", self.irregular), ("expected", self.expected)):
            (folder / f"{name}.json").write_text(
                json.dumps(value, ensure_ascii=False, indent=0, default=_plain), encoding="utf-8"
            )


def _plain(value: Any) -> Any:
    """numpy scalars as plain numbers."""
    return value.item() if hasattr(value, "item") else str(value)


@dataclass
class World:
    """The stage.  Days are ints since 1970-01-01, months are indices 0 … len(months) - 1, communities indices into ``communities``."""

    region: Region
    seed: int
    scale: float
    months: list[str]
    communities: dict[str, np.ndarray]
    streets: dict[str, np.ndarray]
    polygons: list[Any]
    truth: Truth = field(default_factory=Truth)

    @classmethod
    def build(cls, region_path: Path, *, months: int, end: str, scale: float, seed: int) -> World:
        """The stage of the region folder at ``region_path`` for ``months`` months ending with ``end``."""
        region = Region.load(region_path)
        names = [str(m) for m in np.arange(np.datetime64(end, "M") - months + 1, np.datetime64(end, "M") + 1)]
        live = [a for a in region.areas if a.supervised and a.in_force]
        upper = [a for a in sorted(live, key=lambda a: a.code) if a.level == 2]
        profiles = [STREET_PROFILE.get(a.code, (1.0, 92.0)) for a in upper]
        streets = _texts(upper) | {"weight": np.array([p[0] for p in profiles]), "cert": np.array([p[1] / 100 for p in profiles])}
        order = {a.code: i for i, a in enumerate(upper)}
        rows = [a for a in sorted(live, key=lambda a: a.code) if a.level == 3 and a.parent_code in order]
        street = np.array([order[a.parent_code or ""] for a in rows])
        shapes = {f["properties"]["code"]: shape(f["geometry"]) for f in region.boundaries(3)["features"]}
        world = cls(region, seed, scale, names, _texts(rows) | {"street": street}, streets, [shapes[a.code] for a in rows])
        rng = world.rng("communities")
        weight = rng.gamma(9, 1 / 9, len(rows))
        weight[[a.name.endswith("类似社区") for a in rows]] *= 0.08
        world.communities["weight"] = weight / _sums(weight, street) * streets["weight"][street] / streets["weight"].sum()
        return world

    def rng(self, name: str) -> np.random.Generator:
        """An independent random stream for a part of the simulation: parts do not disturb one another."""
        return np.random.default_rng([self.seed, int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")])

    @property
    def start(self) -> int:
        """The first day of the first month."""
        return day(self.months[0] + "-01")

    @property
    def end(self) -> int:
        """The last day of the last month."""
        return self.last_day(len(self.months) - 1)

    def first_day(self, index: int) -> int:
        """First day of month ``index`` (0 = the first; negative or beyond the end are allowed)."""
        months = int(self.months[0][:4]) * 12 + int(self.months[0][5:]) - 1 + index
        return date(months // 12, months % 12 + 1, 1).toordinal() - EPOCH

    def last_day(self, index: int) -> int:
        """Last day of month ``index``."""
        return self.first_day(index + 1) - 1

    def month_name(self, index: int) -> str:
        """``YYYY-MM`` of month ``index``."""
        return str(np.datetime64(self.months[0], "M") + index)

    def month_of(self, days: np.ndarray) -> np.ndarray:
        """Month index of each day."""
        months = np.asarray(days, dtype="datetime64[D]").astype("datetime64[M]").astype(int)
        return months - int(np.datetime64(self.months[0], "M").astype(int))

    def count(self, full: float) -> int:
        """A number of the full-size district at this scale, at least 1."""
        return max(1, round(full * self.scale))

    @property
    def provider_factor(self) -> float:
        """How many providers there are against the full-size district: a small sample still needs a few of every kind."""
        return min(1.0, self.scale**0.4) if self.scale < 1 else self.scale

    def points(self, community: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Random points (n, 2) lng, lat inside the communities' polygons."""
        out = np.empty((len(community), 2))
        for index in np.unique(community):
            where = np.flatnonzero(community == index)
            polygon = self.polygons[index]
            west, south, east, north = polygon.bounds
            found = np.empty((0, 2))
            while len(found) < len(where):
                tries = rng.random((len(where) * 2 + 8, 2)) * [east - west, north - south] + [west, south]
                found = np.concatenate([found, tries[shapely.contains_xy(polygon, tries[:, 0], tries[:, 1])]])
            out[where] = found[: len(where)]
        return np.round(out, 6)


def _texts(areas: list[Area]) -> dict[str, np.ndarray]:
    """Code, name and short name, as Python strings: single cells are read very often."""
    columns = {"code": [a.code for a in areas], "name": [a.name for a in areas], "short": [a.short_name for a in areas]}
    return {name: np.array(values, dtype=object) for name, values in columns.items()}


def _sums(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """For each value the sum of its group, rounded once (Kahan's way, value by value in order): the same seed gives the same bytes."""
    sums: dict[int, tuple[float, float]] = {}
    for value, one in zip(values.tolist(), group.tolist(), strict=True):
        held, missing = sums.get(one, (0.0, 0.0))
        given = value - missing
        now = held + given
        sums[one] = now, now - held - given
    return np.array([sums[one][0] for one in group.tolist()])


def day(text: str) -> int:
    """Days since 1970-01-01 of ``YYYY-MM-DD``."""
    return date.fromisoformat(text).toordinal() - EPOCH


def iso(days: np.ndarray | int) -> np.ndarray:
    """``YYYY-MM-DD`` of days, as an object array of str; negative-infinity days (-10**6 and below) become None."""
    if isinstance(days, int | np.integer):
        return np.array([date.fromordinal(int(days) + EPOCH).isoformat() if days > NEVER else None], dtype=object)
    values = np.atleast_1d(np.asarray(days))
    text = values.astype("datetime64[D]").astype(str).astype(object)
    text[values <= -(10**6)] = None
    return text


NEVER = -(10**6)
