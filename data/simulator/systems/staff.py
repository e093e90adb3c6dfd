"""The roll of dedicated elder-care workers, one sheet for each of the three levels."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.simulator.mess import DATE_FORMS
from data.simulator.names import person_names, phones
from data.simulator.systems import Stage
from data.simulator.workbook import Column, workbook, write_sheet
from data.simulator.world import NEVER, World, iso

COLUMNS = [
    Column("人员编号", "", 12),
    Column("基本情况", "姓名"),
    Column("基本情况", "性别", 8),
    Column("任职单位", "层级", 8),
    Column("任职单位", "所在单位", 26),
    Column("任职单位", "街道代码", 16),
    Column("任职单位", "社区代码", 16),
    Column("任职情况", "岗位", 20),
    Column("任职情况", "任职日期"),
    Column("任职情况", "离任日期"),
    Column("联系电话", "", 14),
]
CENTRE_POSTS = ("主任", "副主任", "指导员", "指导员", "评估管理员", "信息管理员")


def write(stage: Stage) -> int:
    """养老服务专职人员名册.xlsx; returns the number of rows."""
    world, rng = stage.world, stage.world.rng("dedicated staff")
    posts = _posts(stage, rng)
    n = len(posts)
    female = rng.random(n) < 0.68
    names, numbers = person_names(female, rng), phones(n, rng)
    rows: dict[str, list[list[Any]]] = {"区": [], "街道": [], "社区": []}
    for k, (level, unit, street, community, post, since, until) in enumerate(posts):
        key, on = f"ZZ{k + 1:04d}", iso(since)[0]
        if rng.random() < 0.04:
            on = DATE_FORMS["date_chinese"](since)
            world.truth.note("date_chinese", "staff", "专职人员", [key], "任职日期", "absorbed")
        rows[level].append(
            [key, names[k], "女" if female[k] else "男", level, unit, street, community, post, on, iso(until)[0], numbers[k]]
        )
    book = workbook(stage.out / "staff" / "养老服务专职人员名册.xlsx")
    for level, mine in rows.items():
        body = [*mine, ["合计", f"{len(mine)} 人", *[None] * 9]]
        notes = ["注：离任人员保留在册，离任日期不为空。", "填表：区民政局养老服务科"]
        write_sheet(
            book, f"专职人员（{level}）", f"养老服务专职人员名册（{level}级）", f"截至 {world.months[-1]}", COLUMNS, body, notes
        )
    book.close()
    return n


def _posts(stage: Stage, rng: np.random.Generator) -> list[tuple[str, str, str | None, str | None, str, int, int]]:
    """Level, unit, street, community, post, since, until of every spell."""
    world, elders = stage.world, stage.elders
    out: list[tuple[str, str, str | None, str | None, str, int, int]] = []

    def hold(level: str, unit: str, street: str | None, community: str | None, post: str, vacant: float) -> None:
        """A post: mostly the same holder throughout, else two with a gap between them; some are never filled."""
        if rng.random() < vacant:
            return
        since = world.start - int(rng.integers(60, 2500))
        if rng.random() < 0.24:
            since = _within(world, rng)
        if rng.random() < 0.2:
            stop = max(since + 30, _within(world, rng))
            out.append((level, unit, street, community, post, since, min(stop, world.end)))
            since = stop + int(rng.integers(10, 150))
            if since > world.end:
                return
        out.append((level, unit, street, community, post, since, NEVER))

    for post in CENTRE_POSTS:
        hold("区", f"{world.region.name}养老服务指导中心", None, None, post, 0.0)
    for s, name in enumerate(world.streets["name"]):
        for k in range(2):
            hold("街道", name, world.streets["code"][s], None, "养老服务专职人员", 0.02 if k == 0 else 0.12)
    served = np.bincount(elders.community[elders.served_to > world.end], minlength=len(world.communities["code"]))
    for c, name in enumerate(world.communities["name"]):
        street = world.streets["code"][world.communities["street"][c]]
        large = served[c] >= 90 * world.scale
        if large or rng.random() < 0.1:
            hold("社区", name, street, world.communities["code"][c], "养老服务专职人员", 0.12 if large else 0.0)
    return out


def _within(world: World, rng: np.random.Generator) -> int:
    return int(rng.integers(world.start + 1, max(world.start + 2, world.end - 20)))
