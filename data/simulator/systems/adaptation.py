"""The workbook of home adaptations, family beds, renewal projects and rented aids."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np

from data.simulator.mess import MONEY_FORMS, damage_dates
from data.simulator.names import BRAND_FIRST, BRAND_SECOND
from data.simulator.providers import CARE, CENTRE, HOME
from data.simulator.systems import Stage
from data.simulator.workbook import Column, workbook, write_sheet
from data.simulator.world import NEVER, World, iso

ADAPTATIONS_A_MONTH, FAMILY_BEDS, RENTALS_A_MONTH, RENEWALS = 26, 900, 64, 14
ITEMS = ("卫生间扶手", "防滑地面", "淋浴座椅", "夜间感应灯", "门槛消除", "坡道", "床边护栏", "防走失装置", "智能呼叫器")
AIDS = (("护理床", 1000, 300), ("轮椅", 500, 120), ("助行器", 200, 40), ("防褥疮床垫", 400, 100), ("移位机", 1500, 420), ("制氧机", 1200, 260))
ROADS = ("禾樾路", "澄屿街", "岚汀路", "煦舟弄", "芮栖路", "沅澜街")
Rows = list[list[Any]]


def write(stage: Stage) -> int:
    """adaptation/适老化与家庭床位台账.xlsx with four sheets; returns the number of rows."""
    world = stage.world
    book = workbook(stage.out / "adaptation" / "适老化与家庭床位台账.xlsx")
    rows = _homes(stage, book) + _beds(stage, book) + _renewals(world, book) + _rentals(stage, book)
    book.close()
    return rows


def _frail(stage: Stage, rng: np.random.Generator, size: int, since: int) -> np.ndarray:
    """Elders by need: the frail, the poor and the oldest come first; alive and registered at some time after ``since``."""
    people = stage.elders
    pool = np.flatnonzero((people.gone > since) & (people.registered < stage.world.end - 100) & ~people.elsewhere)
    age = (stage.world.end - people.birth[pool]) / 365.25
    score = 0.05 * (age - 60) + 1.2 * (people.level[pool] > 0) + 0.8 * (people.category[pool] > 1) + rng.gumbel(0, 1, len(pool))
    return pool[np.argsort(-score)][: min(size, len(pool))]


def _sheet(world: World, book: Any, name: str, title: str, heads: list[Column], data: Rows, groups: list[str], unit: str) -> int:
    """A sheet with a subtotal line after each group of rows, a total, and notes."""
    rows: Rows = []
    for group, members in groupby(zip(groups, data, strict=True), key=lambda pair: pair[0]):
        lines = [line for _, line in members]
        rows += lines
        rows.append([None, f"{group}小计", *[None] * (len(heads) - 3), f"{len(lines)} 项"])
    rows.append(["合计", *[None] * (len(heads) - 2), f"{len(data)} 项"])
    notes = ["注：1. 未完成的项目日期留空；2. 金额以元计，另有注明的除外。", "填报单位：区民政局养老服务科"]
    write_sheet(book, name, title, f"统计截止：{world.months[-1]}    单位：{unit}", heads, rows, notes)
    return len(data)


def _homes(stage: Stage, book: Any) -> int:
    """About six weeks from application to acceptance; some are still open, one subsidy exceeds its cost."""
    world, people = stage.world, stage.elders
    rng = world.rng("adaptation homes")
    who = rng.permutation(_frail(stage, rng, world.count(ADAPTATIONS_A_MONTH * len(world.months)), world.start))
    low = np.maximum(people.registered[who] + 10, world.start - 60)
    high = np.minimum(people.gone[who], world.end) - 5
    who, low, high = (v[high > low] for v in (who, low, high))
    on = (low + rng.random(len(who)) * (high - low)).astype(np.int64)
    order = np.lexsort((on, world.communities["street"][people.community[who]]))
    who, on = who[order], on[order]
    done = on + 18 + rng.gamma(3.0, 14, len(who)).astype(np.int64)
    done = np.where((done > world.end) | (done >= people.gone[who]) | (rng.random(len(who)) < 0.03), NEVER, done)
    keys = np.array([f"SG{i + 1:05d}" for i in range(len(who))], dtype=object)
    applied = damage_dates(iso(on), on, keys, 0.03, world.truth, ("adaptation", "适老化改造", "申请日期"), rng)
    accepted, codes = iso(done), world.communities["code"][people.community[who]]
    cost = rng.integers(24, 160, len(who)) * 100
    subsidy = np.minimum(cost, np.where(people.category[who] > 1, 10_000, 5_000)) * 8 // 10
    over = np.flatnonzero(done != NEVER)[:1]
    subsidy[over] = cost[over] + 1_500
    world.truth.irregular["subsidy_above_cost"] += [{"project_no": keys[i]} for i in over]
    heads = [Column("项目编号", "", 12), *(Column("改造对象", h, 18) for h in ("老年人编号", "社区代码", "住址"))]
    heads += [Column("改造情况", h) for h in ("改造内容", "申请日期", "验收日期")] + [Column("费用", h) for h in ("改造费用", "补贴金额")]
    data: Rows = []
    for i, e in enumerate(who):
        street = world.streets["name"][world.communities["street"][people.community[e]]]
        items = "、".join(rng.choice(ITEMS, int(rng.integers(2, 5)), replace=False))
        paid: Any = int(cost[i])
        if rng.random() < 0.05:
            kind = str(rng.choice(["money_thousands", "money_ten_thousands", "money_full_width"]))
            paid = MONEY_FORMS[kind](int(cost[i]) * 100)
            world.truth.note(kind, "adaptation", "适老化改造", [keys[i]], "改造费用", "absorbed")
        address = f"{street}{ROADS[i % len(ROADS)]}{rng.integers(1, 200)}号{rng.integers(1, 6)}单元{rng.integers(1, 7)}0{rng.integers(1, 4)}室"
        money = [paid, int(subsidy[i])] if done[i] != NEVER else [None, None]
        data.append([keys[i], people.ids[e], codes[i], address, items, applied[i], accepted[i], *money])
    groups = [str(world.streets["short"][s]) for s in world.communities["street"][people.community[who]]]
    return _sheet(world, book, "适老化改造", "困难老年人家庭适老化改造台账", heads, data, groups, "元")


def _beds(stage: Stage, book: Any) -> int:
    """Family beds, closed when the elder dies or moves; a few stay open in the books (irregular)."""
    world, people = stage.world, stage.elders
    rng = world.rng("adaptation beds")
    who = _frail(stage, rng, round(world.count(FAMILY_BEDS) * 1.3), world.start)
    first = world.start - 300
    on = np.maximum(people.registered[who] + 20, first + (rng.random(len(who)) ** 0.7 * (world.end - first)).astype(np.int64))
    keep = (on < people.gone[who] - 30) & (on < world.end)
    who, on = who[keep], on[keep]
    off = np.where(people.gone[who] <= world.end, people.gone[who] + rng.integers(0, 20, len(who)), NEVER)
    quit_ = np.flatnonzero((off == NEVER) & (rng.random(len(who)) < 0.08) & (on < world.end - 60))
    off[quit_] = [int(rng.integers(on[i] + 30, world.end)) for i in quit_]
    off[off > world.end] = NEVER
    gone = np.flatnonzero((people.gone[who] < world.end - 40) & (off != NEVER))
    ghosts = gone[: max(1, round(12 * world.scale))]
    off[ghosts] = NEVER
    world.truth.irregular["family_bed_after_death"] += [{"elder_id": people.ids[who[i]]} for i in ghosts]
    firms = [p for p in stage.firms if p.kind in (CARE, CENTRE, HOME) and p.closed == NEVER and p.registered < world.start]
    firms = firms or stage.firms[:1]
    near: dict[int, list[Any]] = {s: [p for p in firms if p.street == s] or firms for s in range(len(world.streets["code"]))}
    order = np.lexsort((on, world.communities["street"][people.community[who]]))
    who, on, off = who[order], on[order], off[order]
    keys = np.array([f"JC{i + 1:06d}" for i in range(len(who))], dtype=object)
    opened = damage_dates(iso(on), on, keys, 0.02, world.truth, ("adaptation", "家庭养老床位", "建床日期"), rng)
    data: Rows = []
    streets = world.communities["street"][people.community[who]]
    for i, e in enumerate(who):
        p = near[int(streets[i])][int(rng.integers(len(near[int(streets[i])])))]
        data.append([keys[i], people.ids[e], p.code, p.name, opened[i], iso(off[i])[0]])
    heads = [Column("床位编号", "", 12), Column("老年人编号", "", 16), Column("服务单位", "统一社会信用代码", 22)]
    heads += [Column("服务单位", "服务单位", 30), Column("起止", "建床日期"), Column("起止", "撤床日期")]
    groups = [str(world.streets["short"][s]) for s in streets]
    return _sheet(world, book, "家庭养老床位", "家庭养老床位台账", heads, data, groups, "张")


def _renewals(world: World, book: Any) -> int:
    """Old neighbourhoods: some ten finished by the end, one behind its plan."""
    rng = world.rng("adaptation renewals")
    number = max(3, round(RENEWALS * world.provider_factor))
    data: Rows = []
    for i in range(number):
        begun = world.start - 150 + int((i + rng.random()) / number * (world.end - world.start + 60))
        planned = begun + int(rng.integers(180, 330))
        finished = planned + int(rng.integers(-40, 45)) + (160 if i == number // 2 else 0)
        place = int(rng.choice(len(world.communities["code"]), p=world.communities["weight"] / world.communities["weight"].sum()))
        name = f"{BRAND_FIRST[i % len(BRAND_FIRST)]}{BRAND_SECOND[(i * 3) % len(BRAND_SECOND)]}新村"
        items = "、".join(rng.choice(["加装电梯", "无障碍坡道", "休憩座椅", "助餐点", "公共厕所适老化", "夜间照明"], 3, replace=False))
        ends = iso(finished)[0] if finished <= world.end else None
        cost = round(float(rng.uniform(120, 900)), 2)
        data.append(
            [f"LX{i + 1:03d}", name, world.communities["code"][place], items, iso(begun)[0], iso(planned)[0], ends, cost]
        )
    data[0][4] = str(data[0][4]).replace("-", ".")
    world.truth.note("date_dots", "adaptation", "老旧小区改造", [data[0][0]], "开工日期", "absorbed")
    heads = [Column("项目编号", "", 10), *(Column("小区", h, 18) for h in ("小区名称", "社区代码")), Column("改造内容", "", 30)]
    heads += [Column("进度", h) for h in ("开工日期", "计划完工日期", "完工日期")] + [Column("投资（万元）", "")]
    return _sheet(world, book, "老旧小区改造", "老旧小区适老化改造项目表", heads, data, ["在库项目"] * len(data), "万元")


def _rentals(stage: Stage, book: Any) -> int:
    """Rentals of three to nine months; some are never brought back."""
    world, people = stage.world, stage.elders
    rng = world.rng("adaptation rentals")
    pool = _frail(stage, rng, max(20, world.count(4_000)), world.start)
    who = rng.choice(pool, max(6, world.count(RENTALS_A_MONTH * len(world.months))))
    on = rng.integers(world.start - 90, world.end, len(who))
    keep = (on > people.registered[who]) & (on < people.gone[who] - 3)
    who, on = who[keep], on[keep]
    order = np.lexsort((who, on))
    who, on = who[order], on[order]
    due = on + rng.choice([90, 180, 270], len(who))
    back = np.minimum(due + rng.integers(-30, 40, len(who)), np.maximum(people.gone[who] + 12, on + 4))
    lost = rng.random(len(who)) < 0.01
    back = np.where((back > world.end) | lost | (rng.random(len(who)) < 0.02), NEVER, back)
    keys = np.array([f"ZL{i + 1:05d}" for i in range(len(who))], dtype=object)
    rented = damage_dates(iso(on), on, keys, 0.02, world.truth, ("adaptation", "辅具租赁", "租出日期"), rng)
    aid = rng.integers(0, len(AIDS), len(who))
    data: Rows = []
    for i, e in enumerate(who):
        name, deposit, subsidy = AIDS[aid[i]]
        state = "遗失" if lost[i] else "在租" if back[i] == NEVER else "已还"
        data.append([keys[i], people.ids[e], name, rented[i], iso(due[i])[0], iso(back[i])[0], deposit, subsidy, state])
    heads = [Column("租赁编号", "", 12), *(Column("租用", h, 16) for h in ("老年人编号", "辅具名称", "租出日期", "应还日期"))]
    heads += [Column("归还日期", ""), *(Column("费用", h) for h in ("押金", "补贴金额")), Column("状态", "")]
    months = [str(world.month_name(int(m)))[:4] + "年" for m in world.month_of(on)]
    return _sheet(world, book, "辅具租赁", "康复辅具租赁登记", heads, data, months, "元")
