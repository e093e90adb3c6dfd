"""The list of inspectors with the conflicts they declared, as the bureau's personnel office keeps it: a CSV that officials import."""

from __future__ import annotations

import csv
from pathlib import Path

from data.simulator.providers import Provider
from data.simulator.supervision import INSPECTORS
from data.simulator.world import World

UNITS = ("区养老服务指导中心", "区民政综合执法队", "区消防救援大队", "区市场监管局", "区卫生健康局")
HEADER = ("编号", "姓名", "单位", "街道代码", "回避单位编号", "回避事由")


def write_inspectors(world: World, firms: list[Provider], path: Path) -> int:
    """检查人员名录.csv, a line a person or a declared conflict; returns the number of lines. Every third works for a street."""
    rng = world.rng("inspectors")
    streets = [str(code) for code in world.streets["code"]]
    lines: list[list[str]] = []
    for i, name in enumerate(INSPECTORS):
        street = streets[int(rng.integers(len(streets)))] if i % 3 == 2 else ""
        who = [f"J{i + 1:02d}", name, UNITS[i % len(UNITS)], street]
        declared = [firms[int(k)] for k in rng.choice(len(firms), int(rng.integers(0, 3)), replace=False)]
        lines += [[*who, p.id, ("曾任职", "近亲属任职")[int(rng.integers(2))]] for p in declared] or [[*who, "", ""]]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *lines])
    return len(lines)
