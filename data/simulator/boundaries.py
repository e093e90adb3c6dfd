"""Draws the schematic (示意) boundaries of the demo district: ``python -m data.simulator.boundaries data/regions/gongshu``.

Nothing is traced from a published map.  An outline and one seed per street, both set by hand from the streets' known relative
positions, are filled with a jittered grid; grid cells are dealt to streets by power distance and to communities by k-means; the seams
are then smoothed arc by arc, so that neighbours share the very same points and the coverage has no gap and no overlap.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon, mapping
from shapely.ops import linemerge, polygonize, unary_union

# lng, lat; clockwise from the south-west corner.
OUTLINE = [
    (120.1385, 30.2790),
    (120.1455, 30.2752),
    (120.1545, 30.2748),
    (120.1640, 30.2775),
    (120.1672, 30.2880),
    (120.1720, 30.2985),
    (120.1775, 30.3090),
    (120.1805, 30.3200),
    (120.1850, 30.3300),
    (120.1925, 30.3362),
    (120.2035, 30.3410),
    (120.2120, 30.3490),
    (120.2155, 30.3605),
    (120.2110, 30.3730),
    (120.2020, 30.3830),
    (120.1890, 30.3890),
    (120.1745, 30.3872),
    (120.1610, 30.3925),
    (120.1470, 30.3935),
    (120.1350, 30.3880),
    (120.1240, 30.3795),
    (120.1110, 30.3735),
    (120.1010, 30.3640),
    (120.0945, 30.3520),
    (120.0920, 30.3395),
    (120.0975, 30.3285),
    (120.1070, 30.3205),
    (120.1125, 30.3120),
    (120.1205, 30.3055),
    (120.1290, 30.3010),
    (120.1345, 30.2905),
]
# street code: lng, lat, weight (power distance in units of 1e-5 square degrees; the larger the wider).
SEEDS = {
    "330105001": (120.1530, 30.2835, 0.0),
    "330105002": (120.1470, 30.2995, 0.0),
    "330105003": (120.1330, 30.3095, 0.2),
    "330105004": (120.1200, 30.3140, -0.2),
    "330105005": (120.1375, 30.3270, 0.3),
    "330105007": (120.1585, 30.3075, 0.4),
    "330105008": (120.1650, 30.3290, 1.6),
    "330105009": (120.1130, 30.3420, 5.0),
    "330105010": (120.1440, 30.3650, 5.0),
    "330105011": (120.1860, 30.3640, 6.0),
}
SPACING = 0.0013
LABEL = "示意"
SMALL_SHARE = 0.45


def draw(areas: list[dict[str, str]], seed: int = 330105) -> tuple[dict, dict]:
    """Street and community GeoJSON (CGCS2000, 5 decimals) of the supervised areas in ``areas`` (rows of areas.csv)."""
    rng = np.random.default_rng(seed)
    supervised = [a for a in areas if a["supervised"] == "1" and not a["valid_to"]]
    communities = [a for a in supervised if a["level"] == "3"]
    outline = Polygon(OUTLINE)
    points = _grid(outline, rng)
    street_codes = [a["code"] for a in supervised if a["level"] == "2"]
    street_of = _deal_streets(points, street_codes)
    labels = np.empty(len(points), dtype=object)
    for code in street_codes:
        inside = np.flatnonzero(street_of == code)
        children = [a for a in communities if a["parent_code"] == code]
        labels[inside] = np.array([c["code"] for c in children], dtype=object)[_k_means(points[inside], children, rng)]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=outline.buffer(0.01), ordered=True))
    cells = shapely.intersection(cells, outline)
    labels = _heal(cells, labels, {c["code"]: c["parent_code"] for c in communities})
    smooth = _smooth(cells, labels)
    shapes = {code: smooth[code] for code in (c["code"] for c in communities)}
    streets = {
        code: shapely.coverage_union_all([shapes[c["code"]] for c in communities if c["parent_code"] == code])
        for code in street_codes
    }
    by_code = {a["code"]: a for a in supervised}
    return _collection(streets, by_code), _collection(shapes, by_code)


def _grid(outline: Polygon, rng: np.random.Generator) -> np.ndarray:
    """Jittered hexagonal points inside the outline, shape (n, 2)."""
    west, south, east, north = outline.buffer(SPACING).bounds
    ys = np.arange(south, north, SPACING * 0.866)
    rows = [
        np.column_stack(
            [
                np.arange(west + (i % 2) * SPACING / 2, east, SPACING),
                np.full_like(np.arange(west + (i % 2) * SPACING / 2, east, SPACING), y),
            ]
        )
        for i, y in enumerate(ys)
    ]
    points = np.concatenate(rows)
    points = points + rng.uniform(-0.28, 0.28, points.shape) * SPACING
    return points[shapely.contains_xy(outline, points[:, 0], points[:, 1])]


def _deal_streets(points: np.ndarray, codes: list[str]) -> np.ndarray:
    """The street code of every point by power distance, with a slow ripple so that no seam is a straight line."""
    seeds = np.array([SEEDS[code[:9]] for code in codes])
    x, y = points[:, 0], points[:, 1]
    ripple = np.column_stack([np.sin(y * 900) + np.sin(y * 2100 + 1), np.sin(x * 800 + 2) + np.sin(x * 1900)]) * 0.0005
    moved = points + ripple
    distance = ((moved[:, None, :] - seeds[None, :, :2]) ** 2 * np.array([0.745, 1.0])).sum(axis=2) - seeds[:, 2] * 1e-5
    return np.array(codes, dtype=object)[distance.argmin(axis=1)]


def _k_means(points: np.ndarray, children: list[dict[str, str]], rng: np.random.Generator) -> np.ndarray:
    """A community index for every point of one street; statistics-only units (类似社区) get a smaller share."""
    k = len(children)
    weight = np.array([SMALL_SHARE if c["name"].endswith("类似社区") else 1.0 for c in children])
    centres = points[rng.choice(len(points), k, replace=False)]
    offset = np.zeros(k)
    spread = np.var(points, axis=0).sum() / k
    for step in range(120):
        distance = ((points[:, None, :] - centres[None]) ** 2 * np.array([0.745, 1.0])).sum(axis=2) - offset
        nearest = distance.argmin(axis=1)
        counts = np.bincount(nearest, minlength=k)
        for i in range(k):
            centres[i] = points[nearest == i].mean(axis=0) if counts[i] else points[rng.integers(len(points))]
        want = weight / weight.sum() * len(points)
        offset += 0.25 * spread * (want - counts) / want * (1 if step < 100 else 0)
        offset -= offset.mean()
    return nearest


def _heal(cells: np.ndarray, labels: np.ndarray, parent: dict[str, str]) -> np.ndarray:
    """Gives splinters of a community to the neighbour with the longest common edge, siblings first."""
    for _ in range(6):
        changed = False
        for code in sorted(set(labels)):
            mine = np.flatnonzero(labels == code)
            whole = unary_union(cells[mine])
            if whole.geom_type == "Polygon":
                continue
            largest = max(whole.geoms, key=lambda g: g.area)
            for i in mine:
                if largest.intersects(cells[i].representative_point()):
                    continue
                near = [j for j in np.flatnonzero(shapely.intersects(cells, cells[i])) if labels[j] != code]
                near.sort(key=lambda j: (parent[labels[j]] != parent[code], -cells[i].intersection(cells[j]).length))
                labels[i] = labels[near[0]]
                changed = True
        if not changed:
            return labels
    return labels


def _smooth(cells: np.ndarray, labels: np.ndarray) -> dict[str, Polygon]:
    """Communities with smoothed seams: every arc between two nodes is smoothed once and used by both its neighbours."""
    rough = {code: unary_union(cells[labels == code]) for code in sorted(set(labels))}
    arcs = linemerge(unary_union([shape.boundary for shape in rough.values()]))
    lines = [_chaikin(line.simplify(SPACING * 0.8)) for line in arcs.geoms]
    noded = unary_union(lines)
    found: dict[str, Polygon] = {}
    tree = shapely.STRtree(list(rough.values()))
    codes = list(rough)
    for face in polygonize(noded):
        candidates = tree.query(face)
        best = max(candidates, key=lambda i: rough[codes[i]].intersection(face).area)
        found[codes[best]] = unary_union([found[codes[best]], face]) if codes[best] in found else face
    return found


def _chaikin(line: LineString, rounds: int = 2) -> LineString:
    """Corner cutting with fixed ends, rounded to 5 decimals."""
    xy = np.asarray(line.coords)
    closed = np.array_equal(xy[0], xy[-1])
    for _ in range(rounds):
        if len(xy) < 3:
            break
        left, right = xy[:-1] * 0.75 + xy[1:] * 0.25, xy[:-1] * 0.25 + xy[1:] * 0.75
        inner = np.empty((2 * len(left), 2))
        inner[0::2], inner[1::2] = left, right
        xy = np.vstack([inner, inner[:1]]) if closed else np.vstack([xy[:1], inner[1:-1], xy[-1:]])
    xy = np.round(np.asarray(LineString(xy).simplify(0.00004).coords), 5)
    return LineString(xy)


def _collection(shapes: dict[str, Polygon], by_code: dict[str, dict[str, str]]) -> dict:
    """A GeoJSON collection whose properties say that the shapes are schematic."""
    features = []
    for code, shape in shapes.items():
        area = by_code[code]
        properties = {"code": code, "name": area["name"], "short_name": area["short_name"], "schematic": True, "label": LABEL}
        geometry = mapping(shapely.set_precision(shapely.normalize(shape), 0))
        geometry = {
            "type": geometry["type"],
            "coordinates": [[[round(x, 5), round(y, 5)] for x, y in ring] for ring in geometry["coordinates"]],
        }
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {"type": "FeatureCollection", "name": "示意边界", "features": features}


def main(region: Path) -> None:
    """Writes boundaries/streets.geojson and boundaries/communities.geojson of a region folder."""
    with (region / "areas.csv").open(encoding="utf-8", newline="") as handle:
        areas = list(csv.DictReader(handle))
    folder = region / "boundaries"
    folder.mkdir(exist_ok=True)
    for name, collection in zip(("streets", "communities"), draw(areas), strict=True):
        text = json.dumps(collection, ensure_ascii=False, separators=(",", ":")).replace(
            '{"type":"Feature",', '\n{"type":"Feature",'
        )
        (folder / f"{name}.geojson").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
