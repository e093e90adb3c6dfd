"""Checks a region folder before it is used, and imports a bureau's own boundaries into it.

``check`` never raises for a bad folder: it lists what is wrong, each as one Chinese sentence that names the file and what to do.
"""

from __future__ import annotations

import pkgutil
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from etl.boundary_import import LEVEL_NAMES, Imported, import_boundaries
from etl.indicators import catalogue
from etl.martfile import standards_read
from etl.policy import impact, incidents, privacy
from etl.policy.check import exit_check, rating_check
from etl.policy.load import PolicyError, load
from etl.policy.model import ExitPolicy, RatingPolicy
from etl.policy.oversight import load_credit, load_inspection
from etl.region import LEVEL_FILES, Area, Region, RegionError
from etl.retention import Keep

__all__ = ["Imported", "Problem", "check", "import_boundaries"]

KINDS = {"sql": "url", "workbook": "path", "csv": "path", "jsonl": "path", "api": "url", "ledger": "url"}
# A sliver below this share of the smaller neighbour comes from rounding; above it, one figure would be drawn twice.
OVERLAP_SHARE = 0.01
OUTSIDE_SHARE = 0.05
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a region folder. ``error`` must be mended before use, ``warn`` should be looked at."""

    severity: Literal["error", "warn"]
    file: str
    sentence: str

    def __str__(self) -> str:
        return f"{'错误' if self.severity == 'error' else '提示'}　{self.file}：{self.sentence}"


def check(region_path: str | Path) -> list[Problem]:
    """All problems of the folder, errors first; an empty list means that it can be used."""
    try:
        region = Region.load(region_path)
        Keep.of(region)
    except RegionError as error:
        return [Problem("error", "region.yaml", str(error))]
    problems: list[Problem] = []
    try:
        problems += _check_areas(region)
    except RegionError as error:
        return [Problem("error", "areas.csv", str(error))]
    for level in LEVEL_FILES:
        problems += _check_boundaries(region, level)
    problems += _guarded("targets.yaml", lambda: _check_targets(region))
    problems += _guarded("sources.yaml", lambda: _check_sources(region))
    problems += _guarded("policies/subsidy.yaml", lambda: _check_policy(region, "subsidy"))
    problems += _guarded("policies/standards.yaml", lambda: _check_standards(region))
    problems += _check_privacy(region)
    problems += _check_rules(region)
    return sorted(problems, key=lambda p: p.severity != "error")


def _guarded(file: str, part: Any) -> list[Problem]:
    """A part's problems; a file that cannot be read is one problem."""
    try:
        return part()
    except RegionError as error:
        return [Problem("error", file, str(error))]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return [Problem("error", file, f"内容不合要求（{type(error).__name__}：{error}）。请对照 gongshu 目录中的同名文件修改。")]


def _check_policy(region: Region, name: str) -> list[Problem]:
    policy = region.policy(name)
    missing = [key for key in ("version",) if not (policy.get(key) or policy.get("versions"))]
    return [Problem("warn", f"policies/{name}.yaml", f"缺少 {key}，结果将无法注明依据的政策版本。") for key in missing]


def _check_rules(region: Region) -> list[Problem]:
    """Every policy that the line applies, read and checked as the line does; every complaint with its line."""
    folder, known = region.path / "policies", catalogue()
    reads: list[tuple[str, Callable[[], object], str]] = [
        ("rating.yaml", lambda: load(folder / "rating.yaml", RatingPolicy, rating_check(known)), ""),
        ("exit.yaml", lambda: load(folder / "exit.yaml", ExitPolicy, exit_check(known)), ""),
        ("inspection.yaml", lambda: load_inspection(folder, known), "检查计划将没有风险分档。"),
        ("credit.yaml", lambda: load_credit(folder, known), "信用等级将不评定。"),
        (impact.FILE, lambda: impact.read(folder), "退出决定前的影响评估将不可用。"),
        (incidents.FILE, lambda: incidents.read(folder), "机构自报事件将不与别处的记录核对。"),
    ]
    out: list[Problem] = []
    for name, read, without in reads:
        try:
            if read() is None:
                out.append(Problem("warn", f"policies/{name}", f"没有这个文件，{without}"))
        except PolicyError as error:
            out += [Problem("error", f"policies/{name}", line.removeprefix(name).strip("： ")) for line in str(error).splitlines()]
    return out


def _check_standards(region: Region) -> list[Problem]:
    """The numbers that marts compare with are laid down, once per month, and nothing else is."""
    file, found = "policies/standards.yaml", region.standards
    known = standards_read()
    out = [
        Problem("warn", file, f"没有规定 {name}，依据它的指标将没有数据。") for name in sorted(known - {s.standard for s in found})
    ]
    out += [
        Problem("error", file, f"标准 {name} 不存在，请核对；可用：{'、'.join(sorted(known))}。")
        for name in sorted({s.standard for s in found} - known)
    ]
    twice = Counter((s.standard, s.valid_from) for s in found)
    return out + [
        Problem("error", file, f"标准 {name} 自 {since} 起规定了 {n} 次，请只留一条。") for (name, since), n in twice.items() if n > 1
    ]


def _check_privacy(region: Region) -> list[Problem]:
    """Purposes, small cells and retention; without the file the strictest rules hold."""
    try:
        privacy.read(region.path)
    except PolicyError as error:
        return [Problem("error", f"policies/{privacy.FILE}", str(p.message)) for p in error.problems]
    return []


def _check_areas(region: Region) -> list[Problem]:
    """Codes, levels, parents, dates, successors."""
    file, areas = "areas.csv", region.areas
    out: list[Problem] = []

    def error(sentence: str) -> None:
        out.append(Problem("error", file, sentence))

    by_code = {a.code: a for a in areas}
    for (code, start), n in Counter((a.code, a.valid_from) for a in areas).items():
        if n > 1:
            error(f"代码 {code} 在同一启用日期（{start}）登记了 {n} 次，请只留一行。")
    for area in areas:
        label = f"{area.name}（{area.code}）"
        if not re.fullmatch(r"\d{12}", area.code):
            error(f"{label}的代码不是 12 位数字，请补足 12 位。")
            continue
        if area.level not in LEVEL_NAMES:
            error(f"{label}的层级是 {area.level}，只能是 1（区）、2（街道）、3（社区）。")
            continue
        tail = {1: "0" * 6, 2: "0" * 3, 3: ""}[area.level]
        if not area.code.endswith(tail):
            error(f"{label}的层级是{LEVEL_NAMES[area.level]}，代码末尾应为 {tail}。")
        if area.valid_from and area.valid_to and area.valid_to < area.valid_from:
            error(f"{label}的停用日期 {area.valid_to} 早于启用日期 {area.valid_from}。")
        out += _check_links(area, label, by_code)
    head = by_code.get(region.code)
    if head is None or head.level != 1 or not head.in_force:
        error(f"没有本区 {region.name}（{region.code}）的现行记录，请加入一行层级为 1 的记录。")
    for level in (2, 3):
        if not any(a.level == level and a.supervised and a.in_force for a in areas):
            error(f"没有一个纳入监管的{LEVEL_NAMES[level]}，请把 supervised 列填为 1。")
    return out


def _check_links(area: Area, label: str, by_code: dict[str, Area]) -> list[Problem]:
    """Parent and successor of one area."""
    out: list[Problem] = []
    parent = by_code.get(area.parent_code or "")
    if area.level > 1 and parent is None:
        out.append(Problem("error", "areas.csv", f"{label}的上级代码 {area.parent_code or '（空）'} 不在表中。"))
    elif area.level > 1 and parent is not None and parent.level != area.level - 1:
        out.append(Problem("error", "areas.csv", f"{label}的上级 {parent.name} 不是{LEVEL_NAMES[area.level - 1]}。"))
    elif area.supervised and area.in_force and parent is not None and not (parent.supervised and parent.in_force):
        out.append(Problem("error", "areas.csv", f"{label}纳入监管，但其上级 {parent.name} 未纳入监管或已停用。"))
    if area.in_force:
        return out
    return out + _check_heirs(area, label, by_code)


def _check_heirs(area: Area, label: str, by_code: dict[str, Area]) -> list[Problem]:
    """The codes that took over from an abolished one, and those after them."""
    todo: list[tuple[Area, tuple[str, ...]]] = [(area, (area.code,))]
    alive, seen = False, {area.code}
    while todo:
        follower, way = todo.pop()
        for code in follower.successors:
            heir = by_code.get(code)
            if heir is None:
                return [Problem("error", "areas.csv", f"{label}的承接代码 {code} 不在表中。")]
            if heir.level != area.level:
                return [Problem("error", "areas.csv", f"{label}由 {heir.name} 承接，但两者层级不同。")]
            if heir.in_force:
                alive = True
            elif code in way:
                return [Problem("error", "areas.csv", f"{label}的承接代码绕成了圈，请改正 successor_code。")]
            elif code not in seen:
                seen.add(code)
                todo.append((heir, (*way, code)))
    if alive:
        return []
    return [Problem("warn", "areas.csv", f"{label}已停用而没有现行的承接代码，带此代码的记录将无法归属。")]


def _supervised(region: Region, level: int) -> dict[str, Area]:
    return {a.code: a for a in region.areas if a.level == level and a.supervised and a.in_force}


def _check_boundaries(region: Region, level: int) -> list[Problem]:
    """Every supervised area drawn once, validly, without overlap and, for communities, inside its street."""
    file = f"boundaries/{LEVEL_FILES[level]}"
    try:
        features = region.boundaries(level).get("features", [])
        shapes = [(str(f["properties"].get("code", "")), shape(f["geometry"])) for f in features]
    except (ValueError, KeyError, TypeError, AttributeError, shapely.errors.ShapelyError) as error:
        return [Problem("error", file, f"不是可用的 GeoJSON（{type(error).__name__}）。请重新导入边界。")]
    wanted = _supervised(region, level)
    out: list[Problem] = []
    counts = Counter(code for code, _ in shapes)
    missing = [a.name for code, a in wanted.items() if not counts[code]]
    if missing:
        names = "、".join(missing[:5]) + ("等" if len(missing) > 5 else "")
        out.append(Problem("error", file, f"缺少 {len(missing)} 个{LEVEL_NAMES[level]}的边界（{names}），地图上将没有它们。"))
    for code, n in counts.items():
        if code not in wanted:
            out.append(Problem("warn", file, f"代码 {code or '（空）'} 不是纳入监管的现行{LEVEL_NAMES[level]}，不会显示。"))
        elif n > 1:
            out.append(Problem("error", file, f"{wanted[code].name} 有 {n} 个边界，请合并为一个。"))
    good: list[tuple[str, BaseGeometry]] = []
    for code, geometry in shapes:
        name = wanted[code].name if code in wanted else code
        if geometry.is_empty or geometry.geom_type not in ("Polygon", "MultiPolygon"):
            out.append(Problem("error", file, f"{name} 的边界不是面。"))
        elif not geometry.is_valid:
            out.append(Problem("error", file, f"{name} 的边界自相交或不闭合（{shapely.is_valid_reason(geometry)}）。"))
        elif not (73 < geometry.centroid.x < 136 and 3 < geometry.centroid.y < 54):
            out.append(Problem("error", file, f"{name} 的坐标不在中国范围内，经纬度可能颠倒或为投影坐标。"))
        else:
            good.append((code, geometry))
    named = {code: (wanted[code].name if code in wanted else code) for code, _ in good}
    out += [Problem("error", file, s) for s in _overlaps(good, named)]
    return out + (_check_nesting(region, good, wanted, file) if level == 3 else [])


def _overlaps(shapes: list[tuple[str, BaseGeometry]], names: dict[str, str]) -> list[str]:
    """Sentences about pairs that overlap by more than rounding explains."""
    geometries = [g for _, g in shapes]
    if not geometries:
        return []
    tree = shapely.STRtree(geometries)
    out = []
    for i, j in tree.query(geometries, predicate="intersects").T:
        if i < j and shapes[i][0] != shapes[j][0]:
            share = geometries[i].intersection(geometries[j]).area / min(geometries[i].area, geometries[j].area)
            if share > OVERLAP_SHARE:
                out.append(f"{names[shapes[i][0]]} 与 {names[shapes[j][0]]} 重叠，占较小者的 {share:.0%}，请核对边界。")
    return out


def _check_nesting(region: Region, shapes: list[tuple[str, BaseGeometry]], wanted: dict[str, Area], file: str) -> list[Problem]:
    """Communities that lie outside the street that they belong to."""
    out: list[Problem] = []
    try:
        streets = {str(f["properties"].get("code", "")): f["geometry"] for f in region.boundaries(2).get("features", [])}
    except (ValueError, KeyError, TypeError, AttributeError):
        return out  # said where the streets themselves are checked
    for code, geometry in shapes:
        parent = streets.get((wanted[code].parent_code or "") if code in wanted else "")
        if parent is None:
            continue
        street = shapely.make_valid(shape(parent))
        outside = 1 - geometry.intersection(street).area / geometry.area
        if outside > OUTSIDE_SHARE:
            out.append(Problem("warn", file, f"{wanted[code].name} 有 {outside:.0%} 落在所属街道之外，请核对边界或上级代码。"))
    return out


def _check_targets(region: Region) -> list[Problem]:
    """Targets name indicators that exist, once each, with a month and a basis."""
    from etl.indicators.base import catalogue

    known, out = catalogue(), []
    for code, n in Counter(t.indicator for t in region.targets).items():
        if code not in known:
            out.append(Problem("error", "targets.yaml", f"指标 {code} 不存在，请核对指标代码。"))
        if n > 1:
            out.append(Problem("error", "targets.yaml", f"指标 {code} 有 {n} 个目标值，请只留一个。"))
    for target in region.targets:
        if target.due and not MONTH.fullmatch(target.due):
            out.append(Problem("error", "targets.yaml", f"指标 {target.indicator} 的期限“{target.due}”不是 YYYY-MM。"))
        if not target.basis:
            out.append(Problem("warn", "targets.yaml", f"指标 {target.indicator} 的目标没有写明依据（basis）。"))
    return out


def _check_sources(region: Region) -> list[Problem]:
    """Every module that the product knows is listed, and every one that is listed is known and says how it is reached."""
    import etl.sources as package

    known = {m.name for m in pkgutil.iter_modules(package.__path__) if m.ispkg}
    listed = region.sources.get("modules") or {}
    out = [
        Problem("error", "sources.yaml", f"模块 {m} 不存在；可用：{'、'.join(sorted(known))}。") for m in listed if m not in known
    ]
    out += [
        Problem("warn", "sources.yaml", f"没有说明模块 {m} 如何接入，其指标将没有数据。") for m in sorted(known - set(listed))
    ]
    for module, spec in listed.items():
        kind = (spec or {}).get("kind")
        if kind not in KINDS:
            out.append(Problem("error", "sources.yaml", f"模块 {module} 的 kind 是“{kind}”，只能是 {'、'.join(KINDS)}。"))
        elif not spec.get(KINDS[kind]):
            out.append(Problem("error", "sources.yaml", f"模块 {module} 缺少 {KINDS[kind]}。"))
        elif kind == "sql" and re.search(r"://[^/@:]+:[^/@]+@", str(spec["url"])):
            sentence = f"模块 {module} 的地址里写有口令，请改用环境变量 YIGUAN_SOURCE_{module.upper()}_URL。"
            out.append(Problem("error", "sources.yaml", sentence))
    return out
