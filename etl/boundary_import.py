"""Takes a bureau's real boundaries (GeoJSON in WGS 84, CGCS2000, GCJ-02 or BD-09) into a region folder, matched by code or name."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from etl import geo
from etl.region import LEVEL_FILES, Area, Region, RegionError

LEVEL_NAMES = {1: "区", 2: "街道", 3: "社区"}
CODE_KEYS = ("code", "adcode", "区划代码", "代码", "gb", "id", "CODE", "ADCODE", "GB")
NAME_KEYS = ("name", "名称", "short_name", "NAME", "Name", "街道", "社区")
SUFFIXES = re.compile(r"(街道办事处|街道|类似社区|社区居民委员会|社区|居委会|区)$")
DECIMALS = 6


@dataclass
class Imported:
    """What an import did: matched area names, names of features that fit no area, names of areas that are still without a boundary."""

    out: Path
    matched: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """The result in one Chinese sentence."""
        parts = [f"导入 {len(self.matched)} 个边界到 {self.out.name}"]
        parts += [f"{len(self.repaired)} 个自相交的已修复（{_some(self.repaired)}）"] if self.repaired else []
        parts += [f"{len(self.unknown)} 个要素对不上区划（{_some(self.unknown)}）"] if self.unknown else []
        parts += [f"{len(self.missing)} 个区划还没有边界（{_some(self.missing)}）"] if self.missing else []
        return "；".join(parts) + "。"


def _some(names: list[str]) -> str:
    return "、".join(names[:5]) + ("等" if len(names) > 5 else "")


def import_boundaries(
    region_path: str | Path, geojson_path: str | Path, crs: str, level: int, out: str | Path | None = None
) -> Imported:
    """Write the file's shapes, converted to CGCS2000 and matched to the supervised areas of ``level``, to ``out``.

    ``out`` is by default the region's own boundary file of that level (level 1 has none and needs ``out``).  Features that fit no area are
    left out and named in the result.  RegionError when the file cannot be read or nothing matches: then nothing is written.
    """
    region = Region.load(region_path)
    if level not in LEVEL_NAMES or (level not in LEVEL_FILES and out is None):
        raise RegionError(f"层级 {level} 没有边界文件：请选 2（街道）或 3（社区），或指定输出文件。")
    try:
        geo.to_cgcs2000(120.0, 30.0, crs)
    except ValueError as error:
        raise RegionError(str(error)) from error
    target = Path(out) if out else region.path / "boundaries" / LEVEL_FILES[level]
    areas = {a.code: a for a in region.areas if a.level == level and a.supervised and a.in_force}
    found: dict[str, list[BaseGeometry]] = {}
    result = Imported(target)
    for feature in _features(_load_json(Path(geojson_path)), geojson_path):
        properties = feature.get("properties") or {}
        area = _match(properties, areas)
        label = next((str(properties[k]) for k in NAME_KEYS if properties.get(k)), "（无名）")
        if area is None and level == 1 and not properties and len(areas) == 1:
            area = next(iter(areas.values()))
        if area is None:
            result.unknown.append(label)
            continue
        geometry, repaired = _polygon(feature.get("geometry"), area, geojson_path)
        if repaired:
            result.repaired.append(area.name)
        found.setdefault(area.code, []).append(convert(geometry, crs))
    if not found:
        names = _some(result.unknown)
        raise RegionError(
            f"{geojson_path} 中没有一个要素对得上{LEVEL_NAMES[level]}的代码或名称（文件中有：{names or '无要素'}）。"
        )
    result.matched = [areas[code].name for code in areas if code in found]
    result.missing = [a.name for code, a in areas.items() if code not in found]
    _write(target, [(areas[c], shapely.union_all(found[c])) for c in areas if c in found], Path(geojson_path).name)
    return result


def convert(geometry: BaseGeometry, crs: str) -> BaseGeometry:
    """A geometry of another coordinate system in CGCS2000."""

    def move(points: np.ndarray) -> np.ndarray:
        return np.column_stack(geo.to_cgcs2000(points[:, 0], points[:, 1], crs))

    return shapely.transform(geometry, move)


def _load_json(path: Path) -> Any:
    """A JSON file as delivered (UTF-8 with or without BOM, or GB18030); RegionError when it is none."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise RegionError(f"无法读取 {path}：{error.strerror}。请核对路径。") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return json.loads(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
        except json.JSONDecodeError as error:
            raise RegionError(f"{path} 不是完整的 JSON（第 {error.lineno} 行）。请重新导出为 GeoJSON。") from error
    raise RegionError(f"{path} 的文字编码无法识别。请另存为 UTF-8 后重试。")


def _features(document: Any, path: str | Path) -> list[dict[str, Any]]:
    """The features of a collection, of a single feature or of a bare geometry."""
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        return [f for f in document["features"] if isinstance(f, dict)]
    if kind == "Feature":
        return [document]
    if kind in ("Polygon", "MultiPolygon"):
        return [{"type": "Feature", "properties": {}, "geometry": document}]
    raise RegionError(f"{path} 不是 GeoJSON 面数据（type 为 {kind or '空'}）。请导出为 FeatureCollection。")


def _match(properties: dict[str, Any], areas: dict[str, Area]) -> Area | None:
    """The area by code (6, 9 or 12 digits), else by its full or short name where that is unique."""
    for key in CODE_KEYS:
        code = re.sub(r"\D", "", str(properties.get(key) or ""))
        if len(code) in (6, 9, 12) and code.ljust(12, "0") in areas:
            return areas[code.ljust(12, "0")]
    for key in NAME_KEYS:
        name = re.sub(r"\s", "", str(properties.get(key) or ""))
        if not name:
            continue
        for same in (lambda a, n=name: a.name == n, lambda a, n=name: SUFFIXES.sub("", a.name) == SUFFIXES.sub("", n)):
            hits = [a for a in areas.values() if same(a)]
            if len(hits) == 1:
                return hits[0]
    return None


def _polygon(geometry: Any, area: Area, path: str | Path) -> tuple[BaseGeometry, bool]:
    """The polygonal part of a geometry, repaired where it crosses itself, and whether that was needed."""
    try:
        found = shape(geometry)
    except (ValueError, TypeError, KeyError, AttributeError, shapely.errors.ShapelyError) as error:
        raise RegionError(f"{path} 中 {area.name} 的几何无法读取，请检查该要素。") from error
    repaired = not found.is_valid
    if repaired:
        whole = shapely.make_valid(found)
        found = shapely.union_all([g for g in shapely.get_parts(whole) if g.geom_type in ("Polygon", "MultiPolygon")])
    if found.is_empty or found.geom_type not in ("Polygon", "MultiPolygon"):
        raise RegionError(f"{path} 中 {area.name} 的几何不是面。")
    if not (73 < found.centroid.x < 136 and 3 < found.centroid.y < 54):
        raise RegionError(f"{path} 的坐标不是中国范围内的经纬度（{area.name}）。请先转换为经纬度坐标，并核对经纬度顺序。")
    return found, repaired


def _write(target: Path, shapes: list[tuple[Area, BaseGeometry]], source: str) -> None:
    """The collection, put in place at once so that no reader sees half a file."""
    features = []
    for area, geometry in shapes:
        properties = {"code": area.code, "name": area.name, "short_name": area.short_name, "schematic": False, "source": source}
        # Snapping keeps shapes valid, plain rounding does not.
        rounded = shapely.set_precision(geometry, 10.0**-DECIMALS)
        features.append({"type": "Feature", "properties": properties, "geometry": mapping(rounded)})
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":"))
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    part.write_text(text + "\n", encoding="utf-8")
    os.replace(part, target)  # noqa: PTH105 - named in the house rules as the one way to swap a file
