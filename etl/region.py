"""A district is a folder: areas with their history, boundaries, plan targets, policies, and how its sources are reached."""

from __future__ import annotations

import csv
import json
import os
import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

LEVEL_FILES = {2: "streets.geojson", 3: "communities.geojson"}
FALSE_WORDS = {"0", "false", "no", "否", ""}


class RegionError(Exception):
    """A region folder that cannot be used; the message says what is wrong and what to do, in Chinese."""


@dataclass(frozen=True, slots=True)
class Area:
    """One administrative area in one period of validity. ``level``: 1 district, 2 street, 3 community."""

    code: str
    name: str
    short_name: str
    level: int
    parent_code: str | None
    valid_from: date | None
    valid_to: date | None
    successor_code: str | None
    supervised: bool

    @property
    def successors(self) -> tuple[str, ...]:
        """The codes that took over: one, several after a split (``;`` between them), or none."""
        return tuple(c for c in re.split(r"[;；、|\s]+", self.successor_code or "") if c)

    @property
    def in_force(self) -> bool:
        """True while the code has not been abolished."""
        return self.valid_to is None


@dataclass(frozen=True, slots=True)
class Target:
    """A plan target: the value an indicator should reach by ``due`` (a month ``YYYY-MM`` or None), and where it is laid down."""

    indicator: str
    value: float
    due: str | None
    basis: str


@dataclass(frozen=True, slots=True)
class Standard:
    """A number laid down by the region, such as how many dedicated workers a street must have; in force from a month to before another."""

    standard: str
    valid_from: str
    valid_to: str | None
    value: float
    basis: str


class Region:
    """A region folder, read lazily; nothing is written."""

    def __init__(self, path: Path, head: dict[str, Any]):
        self.path = path
        self.head = head

    @classmethod
    def load(cls, path: str | Path) -> Region:
        """Open the folder at ``path``; RegionError when it or its ``region.yaml`` is missing or incomplete."""
        folder = Path(path).resolve()
        head = folder / "region.yaml"
        if not head.is_file():
            raise RegionError(f"{folder} 不是地区目录：缺少 region.yaml。请用 --region 指定一个地区目录。")
        values = _yaml(head) or {}
        missing = [k for k in ("code", "name", "bureau") if not values.get(k)]
        if missing:
            raise RegionError(f"{head} 缺少 {'、'.join(missing)}。请补全后重试。")
        return cls(folder, values)

    @property
    def key(self) -> str:
        """The folder's name, under which the runtime files lie."""
        return self.path.name

    @property
    def code(self) -> str:
        """The district's 12-digit code."""
        return str(self.head["code"]).ljust(12, "0")

    @property
    def name(self) -> str:
        return str(self.head["name"])

    @property
    def short_name(self) -> str:
        return str(self.head.get("short_name") or self.name)

    @property
    def bureau(self) -> str:
        return str(self.head["bureau"])

    @property
    def synthetic(self) -> bool:
        """True where the figures are simulated; shown wherever they are shown."""
        return bool(self.head.get("synthetic", False))

    @property
    def synthetic_note(self) -> str:
        return str(self.head.get("synthetic_note") or "")

    @cached_property
    def areas(self) -> list[Area]:
        """Every area of ``areas.csv``, past and present."""
        path = self.path / "areas.csv"
        if not path.is_file():
            raise RegionError(f"{path} 不存在。请放入地区的区划表。")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return [_area(row, path) for row in csv.DictReader(stream)]

    @cached_property
    def targets(self) -> list[Target]:
        """The plan targets of ``targets.yaml`` (a list, or a list under ``targets``); empty when there is no file."""
        path = self.path / "targets.yaml"
        values = _yaml(path) if path.is_file() else []
        rows = values.get("targets", []) if isinstance(values, dict) else values or []
        return [
            Target(str(r["indicator"]), float(r["value"]), str(r["due"])[:7] if r.get("due") else None, str(r.get("basis") or ""))
            for r in rows
        ]

    @cached_property
    def standards(self) -> list[Standard]:
        """The numbers of ``policies/standards.yaml``; empty when there is no file, RegionError when it cannot be understood.

        A later entry of the same name ends the earlier one: old months keep their own number.
        """
        path = self.path / "policies" / "standards.yaml"
        head = (_yaml(path) or {}) if path.is_file() else {}
        found: dict[str, list[tuple[str, float, str]]] = {}
        for row in head.get("standards") or []:
            try:
                since, value = str(row["valid_from"])[:7], float(row["value"])
                date.fromisoformat(since + "-01")
            except (KeyError, TypeError, ValueError) as error:
                raise RegionError(f"{path} 中的 {row} 缺少或写错了 standard、value、valid_from（月份）。请改正后重试。") from error
            found.setdefault(str(row["standard"]), []).append((since, value, str(row.get("basis") or head.get("basis") or "")))
        out = []
        for name, versions in found.items():
            versions.sort()
            ends = [since for since, _, _ in versions[1:]] + [None]
            out += [Standard(name, since, end, value, basis) for (since, value, basis), end in zip(versions, ends, strict=True)]
        return out

    def policy(self, name: str) -> dict[str, Any]:
        """The parsed ``policies/<name>.yaml``; RegionError when it is missing."""
        path = self.path / "policies" / f"{name}.yaml"
        if not path.is_file():
            raise RegionError(f"{path} 不存在。请放入该项政策的规则文件。")
        return _yaml(path) or {}

    @cached_property
    def sources(self) -> dict[str, Any]:
        """The parsed ``sources.yaml``."""
        path = self.path / "sources.yaml"
        if not path.is_file():
            raise RegionError(f"{path} 不存在。请说明各数据来源如何接入。")
        return _yaml(path) or {}

    def source(self, module: str, sources: Path) -> dict[str, Any] | None:
        """How ``module`` is reached, with ``{sources}``, ``{region}``, ``{ledger}`` filled in; None where the region does not list it.

        ``YIGUAN_SOURCE_<MODULE>_URL`` overrides the URL (of a database, unless the module is an API), so that passwords stay out of
        the folder.
        """
        spec = (self.sources.get("modules") or {}).get(module)
        override = os.environ.get(f"YIGUAN_SOURCE_{module.upper()}_URL")
        if spec is None and override is None:
            return None
        filled = {k: _fill(v, sources, self.path) for k, v in (spec or {"kind": "sql"}).items()}
        if override:
            filled.update(kind="api" if filled.get("kind") == "api" else "sql", url=override)
        return filled

    @cached_property
    def box(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north of all bounded areas, in degrees; None where the region has no boundaries."""
        points: list[tuple[float, float]] = []
        todo = [f["geometry"]["coordinates"] for n in LEVEL_FILES for f in self.boundaries(n).get("features", []) if f.get("geometry")]
        while todo:
            item = todo.pop()
            if item and isinstance(item[0], int | float):
                points.append((item[0], item[1]))
            else:
                todo.extend(item)
        if not points:
            return None
        lngs, lats = [p[0] for p in points], [p[1] for p in points]
        return min(lngs), min(lats), max(lngs), max(lats)

    def boundaries(self, level: int) -> dict[str, Any]:
        """The boundaries of a level as a GeoJSON FeatureCollection; an empty one when there is no file."""
        path = self.path / "boundaries" / LEVEL_FILES[level]
        if not path.is_file():
            return {"type": "FeatureCollection", "features": []}
        return json.loads(path.read_text(encoding="utf-8"))


def _fill(value: Any, sources: Path, region: Path) -> Any:
    if not isinstance(value, str):
        return value
    # The product's own ledger: where the application keeps it, by default beside the sources (etl.paths.Layout.ledger).
    ledger = os.environ.get("YIGUAN_LEDGER_URL") or f"sqlite:///{sources.parent / 'ledger.sqlite'}"
    return value.replace("{sources}", str(sources)).replace("{region}", str(region)).replace("{ledger}", ledger)


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RegionError(f"{path} 无法解析：{str(error).splitlines()[0]}") from error


def _area(row: dict[str, str], path: Path) -> Area:
    try:
        return Area(
            code=row["code"].strip(),
            name=row["name"].strip(),
            short_name=(row.get("short_name") or row["name"]).strip(),
            level=int(row["level"]),
            parent_code=(row.get("parent_code") or "").strip() or None,
            valid_from=_date(row.get("valid_from")),
            valid_to=_date(row.get("valid_to")),
            successor_code=(row.get("successor_code") or "").strip() or None,
            supervised=(row.get("supervised") or "").strip().lower() not in FALSE_WORDS,
        )
    except (KeyError, ValueError) as error:
        raise RegionError(f"{path} 中的行 {row} 有误：{error}") from error


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text.strip()) if text and text.strip() else None
