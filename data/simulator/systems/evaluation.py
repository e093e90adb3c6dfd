"""The third party's workbooks: one file a half-year with the round's scores and the months' satisfaction surveys."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np

from data.simulator.mess import DATE_FORMS
from data.simulator.providers import CANTEEN, CARE, CENTRE, HOME, MICRO, SOCIAL, Provider
from data.simulator.systems import Stage
from data.simulator.workbook import Column, workbook, write_sheet
from data.simulator.world import World, iso

ORDER = (HOME, CENTRE, CARE, CANTEEN, MICRO, SOCIAL)
FULL_MARKS = (25, 25, 35, 15)
ASSESSORS = ("浙江岚宥第三方评价中心", "杭州澄屿社会服务评估所")
SCORES = [
    Column("评价编号", "", 18),
    Column("评价轮次", ""),
    Column("评价对象", "统一社会信用代码", 22),
    Column("评价对象", "单位名称", 32),
    Column("评价对象", "单位类别"),
    Column("分项得分", "环境设施"),
    Column("分项得分", "运营管理"),
    Column("分项得分", "服务质量"),
    Column("分项得分", "服务对象评价"),
    Column("总分", ""),
    Column("评价情况", "评价机构", 26),
    Column("评价情况", "评价日期"),
]
SURVEYS = [
    Column("调查编号", "", 18),
    Column("调查月份", ""),
    Column("调查对象", "统一社会信用代码", 22),
    Column("调查对象", "单位名称", 32),
    Column("问卷份数", "发放份数"),
    Column("问卷份数", "有效份数"),
    Column("满意情况", "满意及以上"),
    Column("满意情况", "其中很满意"),
    Column("调查机构", "", 26),
]


def write(stage: Stage) -> int:
    """One workbook per half-year: sheets 服务评价… and 满意度调查…; returns the number of rows."""
    world, rows = stage.world, 0
    halves = [(f"{m[:4]}{'上' if m[5:] <= '06' else '下'}半年", i) for i, m in enumerate(world.months)]
    for half, members in groupby(halves, key=lambda h: h[0]):
        months = [i for _, i in members]
        rng = world.rng(f"evaluation {half}")
        scores = _scores(world, stage.firms, half, months[-1], rng)
        surveys = _surveys(world, stage.firms, months, rng)
        book = workbook(stage.out / "evaluation" / f"第三方评价_{half}.xlsx")
        assessor = ASSESSORS[half[:4] > world.months[0][:4]]
        write_sheet(
            book, f"服务评价{half}", f"{half}养老服务质量第三方评价结果", f"评价机构：{assessor}    单位：分", SCORES,
            _with_means(scores, assessor), ["注：分项满分为环境设施 25、运营管理 25、服务质量 35、服务对象评价 15。"],
        )  # fmt: skip
        write_sheet(
            book, f"满意度调查{half}", f"{half}养老服务满意度调查汇总", "单位：份", SURVEYS,
            [[*r, assessor] for r in surveys], ["说明：满意及以上含很满意；问卷由老年人或其家属填写。"],
        )  # fmt: skip
        book.close()
        rows += len(scores) + len(surveys)
    return rows


def _scores(world: World, firms: list[Provider], half: str, month: int, rng: np.random.Generator) -> list[list[Any]]:
    """Rows of a round without the assessor: those in operation at its end, most of them; scores follow how well each is run."""
    rows: list[list[Any]] = []
    code = half[:4] + ("H1" if "上" in half else "H2")
    for p in sorted(firms, key=lambda p: (ORDER.index(p.kind), p.index)):
        if not p.open_in(world, month) or rng.random() < 0.06:
            continue
        bad = float(p.bad[month])
        share = np.clip(rng.normal(0.93 - 0.42 * bad, 0.035, 4), 0.3, 1)
        parts = [round(float(s) * full * 2) / 2 for s, full in zip(share, FULL_MARKS, strict=True)]
        key = f"PJ{code}-{len(rows) + 1:03d}"
        on = world.last_day(month) - int(rng.integers(1, 25))
        text = iso(on)[0]
        if rng.random() < 0.05:
            form = ("date_dots", "date_chinese")[int(rng.integers(2))]
            text = DATE_FORMS[form](on)
            world.truth.note(form, "evaluation", "服务评价", [key], "评价日期", "absorbed")
        rows.append([key, half, p.code, p.name, p.kind, *parts, round(sum(parts), 1), text])
    wrong = int(rng.integers(len(rows)))
    rows[wrong][9] = round(rows[wrong][9] - 2.5, 1)
    world.truth.note("total_differs", "evaluation", "服务评价", [rows[wrong][0]], "总分", "warned")
    if month < len(world.months) - 1:
        return rows
    # Only in the newest round, which nobody has proof-read yet.
    typo = (wrong + 1) % len(rows)
    rows[typo][2] = rows[typo][2][:17] + ("0" if rows[typo][2][17] != "0" else "1")
    world.truth.note("credit_code_wrong", "evaluation", "服务评价", [rows[typo][0]], "统一社会信用代码", "quarantined")
    return rows


def _with_means(rows: list[list[Any]], assessor: str) -> list[list[Any]]:
    """The rows with the assessor, and below each kind of provider a line with its mean."""
    out: list[list[Any]] = []
    for _, members in groupby(rows, key=lambda r: r[4]):
        mine = list(members)
        out += [[*r[:10], assessor, r[10]] for r in mine]
        out.append(["小计", f"{len(mine)} 家", *[None] * 7, round(sum(r[9] for r in mine) / len(mine), 2), None, "平均分"])
    return out


def _surveys(world: World, firms: list[Provider], months: list[int], rng: np.random.Generator) -> list[list[Any]]:
    """Every month about four in ten providers are surveyed; where quality is poor, fewer are content."""
    rows: list[list[Any]] = []
    for m in months:
        number = 0
        for p in firms:
            if not p.open_in(world, m) or rng.random() > 0.42:
                continue
            number += 1
            sent = int(rng.integers(20, 90))
            back = max(6, round(sent * float(rng.uniform(0.7, 0.95))))
            content = 1.0 if p.has("always_five") else float(np.clip(rng.normal(0.965 - 0.36 * p.bad[m], 0.025), 0.3, 1))
            happy = round(back * content)
            very = round(happy * (0.95 if p.has("always_five") else float(rng.uniform(0.45, 0.7))))
            key, month = f"DC{world.months[m].replace('-', '')}-{number:03d}", world.months[m]
            if rng.random() < 0.03:
                month = f"{month[:4]}年{int(month[5:])}月"
                world.truth.note("month_chinese", "evaluation", "满意度调查", [key], "调查月份", "absorbed")
            rows.append([key, month, p.code, p.name, sent, back, happy, very])
    late = rows[len(rows) // 2]
    if len(rows) >= 200 and late[5] > late[6]:
        late[5], late[6] = late[6], late[5]
        world.truth.note("satisfied_above_respondents", "evaluation", "满意度调查", [late[0]], "满意及以上", "quarantined")
    return rows
