"""The health bureau's workbooks: family-doctor contracts by institution, health checks by year, providers' medical arrangements."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.simulator.bigsheet import long_sheet
from data.simulator.mess import DATE_FORMS, damage_dates
from data.simulator.names import brands, person_names
from data.simulator.people import ALIVE_LONG
from data.simulator.providers import CENTRE, HOME, MICRO, Provider
from data.simulator.referrals import write_referrals
from data.simulator.systems import Stage
from data.simulator.workbook import Column, workbook, write_sheet
from data.simulator.world import NEVER, World, iso

CONTRACTS, GROWTH = 29_400, 0.06
DOCTORS = 91
CHECKED = 0.64
FEES = ("全额补助", "部分补助", "自付")
HOSPITALS = ("岚汀医院", "煦舟康复医院", "澄屿老年病医院", "芮栖护理院", "沅澜医院")
FOOT = ["注：日期以协议或体检表所载为准。", "填报单位：区卫生健康局基层卫生科"]


def write(stage: Stage) -> int:
    """medical/家庭医生签约_<institution>.xlsx, 健康体检_<year>.xlsx, 送诊记录_<year>.xlsx and 医养结合台账.xlsx; returns the number of rows."""
    names = [f"{b}社区卫生服务中心" for b in brands(len(stage.world.streets["code"]), stage.world.rng("medical centres"))]
    centres = np.array(names, dtype=object)
    return _contracts(stage, centres) + _checks(stage, centres) + _arrangements(stage) + write_referrals(stage)


def _contracts(stage: Stage, centres: np.ndarray) -> int:
    """One workbook per institution; terms of one to three years, mostly renewed near their end."""
    world, people = stage.world, stage.elders
    rng = world.rng("medical contracts")
    age = (world.end - people.birth) / 365.25
    wish = (age - 60) * 0.03 + 0.5 * (people.level > 0) + 0.4 * (people.category > 1) + rng.gumbel(0, 1, people.n)
    share = CONTRACTS * world.scale / max(1, int(people.resident(world.end).sum()))
    who = np.flatnonzero((people.gone > world.start - 300) & (wish > np.quantile(wish, max(0.0, 1 - share * 1.075))))
    first = world.start - rng.integers(1, 1000, len(who))
    joined = rng.random(len(who)) < GROWTH * len(world.months) / 12
    first[joined] = rng.integers(world.start, world.end, int(joined.sum()))
    on = np.maximum(first, people.registered[who] + 3)
    rounds = []
    for _ in range(6):
        alive = on < np.minimum(people.gone[who], world.end + 1)
        who, on = who[alive], on[alive]
        years = rng.choice([1, 2, 3], len(who), p=[0.35, 0.25, 0.40])
        until = on + 365 * years - 1
        keep = until > world.start - 200
        rounds.append((who[keep], on[keep], until[keep]))
        late = rng.random(len(who))
        on = until + np.where(late < 0.90, 1, np.where(late < 0.96, rng.integers(10, 120, len(who)), 4000))
    who, on, until = (np.concatenate(parts) for parts in zip(*rounds, strict=True))
    street = world.communities["street"][people.community[who]]
    who, on, until, street = _irregular_contracts(stage, who, on, until, street, rng)
    order = np.lexsort((who, on))
    who, on, until, street = who[order], on[order], until[order], street[order]
    keys = np.array([f"JY{d[:4]}{i + 1:07d}" for i, d in enumerate(iso(on))], dtype=object)
    doctors = person_names(rng.random(DOCTORS) < 0.55, rng)
    doctor = doctors[(street + len(centres) * rng.integers(0, max(1, DOCTORS // len(centres)), len(who))) % DOCTORS]
    poor = people.category[who] > 1
    fee = np.array(FEES, dtype=object)[np.where(poor, 0, rng.choice([0, 1, 2], len(who), p=[0.2, 0.65, 0.15]))]
    signed = damage_dates(iso(on), on, keys, 0.004, world.truth, ("medical", "签约", "签约日期"), rng)
    elder = _spoil_numbers(world, people.ids[who], keys, "签约", rng)
    columns = [Column("协议编号", "", 18), Column("签约对象", "老年人编号", 16)]
    columns += [Column("签约服务", h, 18) for h in ("家庭医生姓名", "签约机构", "签约日期", "有效期至", "收费类别")]
    table = [keys, elder, doctor, centres[street], signed, iso(until), fee]
    rows = 0
    for index in np.unique(street):
        mine = np.flatnonzero(street == index)
        again = mine[len(mine) // 2 : len(mine) // 2 + (1 if index == street[0] else 0)]
        world.truth.note("delivered_twice", "medical", "签约", keys[again], "", "superseded")
        rows += long_sheet(
            stage.out / "medical" / f"家庭医生签约_{centres[index]}.xlsx", "签约", f"{centres[index]}老年人家庭医生签约台账",
            f"统计截止：{world.months[-1]}", columns, [c[np.r_[mine, again]] for c in table], FOOT,
        )  # fmt: skip
    ends = world.end
    world.truth.expected["doctor_contracts"] = len(np.unique(who[(on <= ends) & (until >= ends) & people.resident(ends)[who]]))
    return rows


def _irregular_contracts(
    stage: Stage, who: np.ndarray, on: np.ndarray, until: np.ndarray, street: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Signed after death, and signed at a second institution while the first contract runs."""
    world, people = stage.world, stage.elders
    dead = np.flatnonzero(people.dead & (people.gone > world.start) & (people.gone < world.end - 60))
    after = rng.choice(dead, min(len(dead), world.count(30)), replace=False) if len(dead) else dead
    late = people.gone[after] + rng.integers(5, 50, len(after))
    world.truth.irregular["signed_after_death"] += [
        {"elder_id": people.ids[i], "signed_on": day} for i, day in zip(after, iso(late), strict=True)
    ]
    running = np.flatnonzero((until > world.end) & (on < world.end - 200) & (people.gone[who] == ALIVE_LONG))
    twice = rng.choice(running, min(len(running), world.count(40)), replace=False) if len(running) else running
    second = on[twice] + rng.integers(30, 150, len(twice))
    world.truth.irregular["two_family_doctors"] += [{"elder_id": people.ids[who[i]]} for i in twice]
    others = (street[twice] + 1) % len(world.streets["code"])
    homes = world.communities["street"][people.community[after]]
    return (
        np.r_[who, after, who[twice]],
        np.r_[on, late, second],
        np.r_[until, late + 364, second + 364],
        np.r_[street, homes, others],
    )


def _spoil_numbers(world: World, ids: np.ndarray, keys: np.ndarray, table: str, rng: np.random.Generator) -> np.ndarray:
    """Elder numbers with an apostrophe or in full width, and a few that nobody has."""
    out = ids.copy()
    wide = str.maketrans("L0123456789", "Ｌ０１２３４５６７８９")
    forms = (
        ("key_apostrophe", 0.001, "absorbed", lambda v: "'" + v),
        ("key_full_width", 0.001, "absorbed", lambda v: v.translate(wide)),
        ("unknown_elder", 0.0004, "warned", lambda v: "L7" + v[2:]),
    )
    for kind, share, fate, how in forms:
        chosen = rng.choice(len(ids), max(1, round(len(ids) * share)), replace=False)
        chosen = chosen[out[chosen] == ids[chosen]]
        out[chosen] = [how(v) for v in ids[chosen]]
        world.truth.note(kind, "medical", table, keys[chosen], "老年人编号", fate)
    return out


def _checks(stage: Stage, centres: np.ndarray) -> int:
    """A yearly check of those aged 65 and over, in the months from March on; the year before the period, too."""
    world, people = stage.world, stage.elders
    rng = world.rng("medical checks")
    loyal = rng.random(people.n) < CHECKED + 0.12
    columns = [Column("体检编号", "", 16), Column("体检对象", "老年人编号", 16), Column("体检情况", "体检机构", 22)]
    columns += [Column("体检情况", h) for h in ("体检日期", "血压", "血糖", "体检结论")]
    rows = 0
    first, last = int(world.months[0][:4]) - 1, int(world.months[-1][:4])
    for year in range(first, last + 1):
        january = int(np.datetime64(f"{year}-01-01").astype(int))
        on = january + 60 + (rng.beta(2.2, 2.4, people.n) * 300).astype(np.int64)
        due = loyal & (rng.random(people.n) < CHECKED / (CHECKED + 0.12)) & (on - people.birth >= 65 * 365.25 + 2)
        there = (people.registered <= on) & (people.gone > on) & (on <= world.end) & (on > world.start - 366)
        who = np.flatnonzero(due & there)
        who = who[np.argsort(on[who], kind="stable")]
        if not len(who):
            continue
        days = on[who]
        keys = np.array([f"TJ{year}{i + 1:06d}" for i in range(len(who))], dtype=object)
        pressure = rng.choice(3, len(who), p=[0.46, 0.24, 0.30])
        sugar = rng.choice(3, len(who), p=[0.66, 0.17, 0.17])
        graver = pressure + sugar + (people.level[who] > 1)
        result = np.where(graver < 1, 0, np.where((graver > 3) | (rng.random(len(who)) < 0.03), 2, 1))
        words = [("正常", "偏高", "高血压"), ("正常", "偏高", "糖尿病"), ("未见异常", "异常随访", "建议转诊")]
        texts = [np.array(w, dtype=object)[v] for w, v in zip(words, (pressure, sugar, result), strict=True)]
        place = centres[world.communities["street"][people.community[who]]]
        checked = damage_dates(iso(days), days, keys, 0.003, world.truth, ("medical", "体检", "体检日期"), rng)
        table = [keys, _spoil_numbers(world, people.ids[who], keys, "体检", rng), place, checked, *texts]
        rows += long_sheet(
            stage.out / "medical" / f"健康体检_{year}.xlsx", "体检", f"{year} 年度老年人健康体检登记", f"年度：{year}", columns, table, FOOT
        )
    return rows


def _arrangements(stage: Stage) -> int:
    """Agreements, in-house units and green channels of the providers; lapses follow how well a provider is run."""
    world = stage.world
    rng = world.rng("medical arrangements")
    agreements: list[list[Any]] = []
    units: list[list[Any]] = []
    channels: list[list[Any]] = []
    # The largest nursing home has everything, so that a small sample has a row of every kind.
    largest = max(stage.firms, key=lambda p: (p.kind == HOME, p.beds, -p.index))
    for p in stage.firms:
        bad = 0.0 if p is largest else float(p.bad[-1])
        serious = p.kind in (HOME, MICRO)
        if p is largest or (serious and p.beds > 100 and rng.random() < 0.97 - 0.45 * bad):
            units += _unit(world, p, "护理院" if p.beds > 500 or rng.random() < 0.15 else str(rng.choice(["医务室", "护理站"])), rng)
        chance = 0.96 - 0.4 * bad if serious else 0.66 if p.kind == CENTRE else 0.2
        if p is largest or rng.random() < chance:
            agreements += _agreements(world, p, rng)
            if p is largest or rng.random() < (0.6 if serious else 0.25):
                opened = max(p.registered, world.start - int(rng.integers(1, 900)))
                closed = p.closed if p.closed != NEVER else NEVER
                channels.append([opened, p.code, p.name, str(rng.choice(HOSPITALS)), iso(opened)[0], iso(closed)[0]])
    sheets: list[tuple[str, str, list[str], list[list[Any]], str]] = [
        ("合作协议", "医养签约合作协议台账", ["协议编号", "统一社会信用代码", "单位名称", "医疗机构", "签订日期", "到期日期", "含康复服务"], agreements, "YY"),
        ("内设机构", "养老机构内设医疗机构台账", ["许可证号", "统一社会信用代码", "单位名称", "机构类型", "发证日期", "有效期至", "设康复科目"], units, "PDY"),
        ("绿色通道", "就医绿色通道台账", ["通道编号", "统一社会信用代码", "单位名称", "医院", "开通日期", "终止日期"], channels, "LT"),
    ]  # fmt: skip
    book = workbook(stage.out / "medical" / "医养结合台账.xlsx")
    rows = 0
    for name, title, head, data, prefix in sheets:
        data.sort(key=lambda r: (r[0], r[1]))
        lines = [[f"{prefix}{i + 1:06d}", *r[1:]] for i, r in enumerate(data)]
        for line in lines[:: max(7, len(lines) // 5)]:
            line[4] = DATE_FORMS["date_dots"](int(np.datetime64(line[4]).astype(int)))
            world.truth.note("date_dots", "medical", name, [line[0]], head[4], "absorbed")
        columns = [Column(head[0], "", 16), *(Column("服务单位", h, 24) for h in head[1:3])]
        columns += [Column("医疗安排", h, 18) for h in head[3:]]
        total = [["合计", *[None] * (len(head) - 2), f"{len(lines)} 项"]]
        write_sheet(book, name, title, f"统计截止：{world.months[-1]}", columns, lines + total, FOOT)
        rows += len(lines)
    book.close()
    return rows


def _agreements(world: World, p: Provider, rng: np.random.Generator) -> list[list[Any]]:
    """Terms of one year, renewed with gaps where the provider is badly run."""
    stop = min(p.closed if p.closed != NEVER else world.end + 1, world.end + 1)
    on = max(p.registered, world.start - int(rng.integers(1, 364)))
    hospital = str(rng.choice(HOSPITALS))
    rehab = p.kind == CENTRE and rng.random() < 0.72
    out = []
    while on < stop:
        out.append([on, p.code, p.name, hospital, iso(on)[0], iso(on + 364)[0], "是" if rehab or rng.random() < 0.08 else "否"])
        if rng.random() < 0.02 + 0.12 * float(p.bad[-1]):
            on += int(rng.integers(20, 90))
        on += 365
    return out


def _unit(world: World, p: Provider, kind: str, rng: np.random.Generator) -> list[list[Any]]:
    """A licence of five years; one that has run out is mostly replaced."""
    on = p.registered + int(rng.integers(30, 200))
    out = []
    while on <= world.end and (p.closed == NEVER or on < p.closed):
        out.append([on, p.code, p.name, kind, iso(on)[0], iso(on + 5 * 365)[0], "是" if kind == "护理院" or rng.random() < 0.3 else "否"])
        if rng.random() < 0.15 * float(p.bad[-1]):
            break
        on += 5 * 365 - int(rng.integers(0, 30))
    return out
