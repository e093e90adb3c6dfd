"""The hotline's workbook of complaints about elder care: short texts, names as callers say them, the credit code mostly blank."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from data.simulator.accidents import Accidents
from data.simulator.providers import CANTEEN, CARE, CENTRE, HOME, MICRO, SOCIAL, Provider
from data.simulator.workbook import Column, workbook, write_sheet
from data.simulator.world import World, iso

A_MONTH = 240
CHANNELS = ("12345 热线", "浙里办", "信访转办", "区长信箱")
TEXTS: dict[str, tuple[str, ...]] = {
    "服务态度": ("来电人反映{name}工作人员态度生硬，沟通时不耐烦。", "母亲在{name}接受服务，多次被催促结束，希望改进。"),
    "服务质量": (
        "反映{name}上门保洁敷衍，实际服务不到约定时长。",
        "反映{name}助浴人员操作不规范，老人受惊。",
        "{name}护理记录写了翻身，家属查看监控并没有。",
    ),
    "迟到失约": ("预约{name}上门服务，迟到近一个小时且没有电话通知。", "{name}上门人员未按约定到达，改约两次仍未落实。"),
    "餐饮卫生": ("反映{name}饭菜不新鲜，老人食用后腹泻。", "{name}餐盘有油渍，菜品单一，希望检查。"),
    "收费争议": (
        "{name}收费与公示价格不一致，要求退还差额。",
        "老人未接受服务，{name}却扣了服务卡。",
        "{name}预收费用不予退还。",
    ),
    "人员变动": ("{name}护理员一个月换了三个，老人不适应。",),
    "设施安全": ("{name}门口无障碍坡道损坏，轮椅无法通行。", "{name}消防通道堆放杂物，存在隐患。"),
    "照护安全": (
        "母亲住在{name}，夜间在房间摔倒受伤，家属事后才得知。",
        "反映{name}照护不当，老人受伤送医，希望查明原因。",
    ),
    "补贴咨询": ("咨询{street}养老服务补贴为何本月没有到账。", "咨询高龄津贴申请材料。"),
    "其他": ("希望{street}增设老年食堂。", "反映{street}助餐点排队时间过长。"),
}
BY_KIND = {
    HOME: ("服务质量", "收费争议", "人员变动", "设施安全", "服务态度"),
    CENTRE: ("服务态度", "设施安全", "服务质量"),
    CANTEEN: ("餐饮卫生", "服务态度", "收费争议"),
    CARE: ("迟到失约", "服务质量", "收费争议", "服务态度"),
    MICRO: ("服务质量", "设施安全"),
    SOCIAL: ("服务态度", "服务质量"),
}


def write_complaints(world: World, providers: list[Provider], accidents: Accidents, path: Path) -> int:
    """12345工单.xlsx, sheet 养老服务工单; returns the number of complaints."""
    rng = world.rng("complaints")
    rows: list[tuple[int, list[Any]]] = []
    for month in range(len(world.months)):
        open_now = [p for p in providers if p.open_in(world, month)]
        size = np.array([{HOME: 3.0, CARE: 4.0, CANTEEN: 2.0, CENTRE: 1.0, MICRO: 0.8, SOCIAL: 0.6}[p.kind] for p in open_now])
        bad = np.array([p.bad[month] for p in open_now])
        weight = size * (0.25 + 3.2 * bad**1.3)
        number = rng.poisson(max(3, A_MONTH * world.scale) * (1.12 if world.months[month][5:] in ("02", "07", "08") else 1.0))
        for _ in range(number):
            general = rng.random() < 0.22
            p = None if general else open_now[int(rng.choice(len(open_now), p=weight / weight.sum()))]
            rows.append(_one(world, p, month, rng))
    rows += _families(world, providers, accidents)
    rows.sort(key=lambda r: (r[0], r[1][7]))
    data: list[list[Any]] = []
    for i, (_, row) in enumerate(rows):
        data.append([f"GD{world.months[0][:4]}{i + 1:06d}", *row])
    again = data[len(data) // 2]
    data.insert(len(data) // 2 + 1, list(again))
    world.truth.note("delivered_twice", "complaint", "养老服务工单", [again[0]], "", "superseded")
    data.append(["合计", f"{len(rows)} 件", *[""] * 10])
    columns = [
        Column("工单编号", "", 16),
        Column("受理情况", "受理时间", 20),
        Column("受理情况", "来电渠道"),
        Column("被诉对象", "统一社会信用代码", 22),
        Column("被诉对象", "被诉单位", 30),
        Column("被诉对象", "所属街道"),
        Column("诉求", "诉求类别"),
        Column("诉求", "诉求内容", 60),
        Column("办理情况", "办理期限"),
        Column("办理情况", "办结时间", 20),
        Column("办理情况", "是否满意"),
    ]
    data = [row[: len(columns)] for row in data]
    book = workbook(path)
    notes = ["注：被诉单位按来电人陈述登记，未经核实；统一社会信用代码由承办单位补填，可为空。"]
    write_sheet(
        book, "养老服务工单", "12345 热线养老服务类工单", f"导出月份：{world.months[-1]}    单位：件", columns, data, notes
    )
    book.close()
    world.truth.expected["complaints"] = len(rows)
    return len(rows)


def _families(world: World, providers: list[Provider], accidents: Accidents) -> list[tuple[int, list[Any]]]:
    """Relatives who complain of an accident, a few days after it."""
    rng = world.rng("complaints of accidents")
    rows = []
    for k in np.flatnonzero(accidents.complained):
        on = int(accidents.second[k]) // 86_400 + int(rng.integers(1, 9))
        if on <= world.end:
            month = int(world.month_of(np.array([on]))[0])
            rows.append(_one(world, providers[accidents.firm[k]], month, rng, on, "照护安全"))
    return rows


def _one(
    world: World, p: Provider | None, month: int, rng: np.random.Generator, on: int | None = None, about: str = ""
) -> tuple[int, list[Any]]:
    """One complaint without its number, and the second at which it was received; on a day, about a subject, where these are given."""
    day = int(rng.integers(world.first_day(month), world.last_day(month) + 1)) if on is None else on
    second = day * 86_400 + int(rng.integers(8 * 3600, 20 * 3600))
    street = world.streets["name"][p.street if p else int(rng.integers(len(world.streets["code"])))]
    bad = float(p.bad[month]) if p else 0.15
    if about:
        subject = about
    elif p is None:
        subject = str(rng.choice(["补贴咨询", "其他"], p=[0.55, 0.45]))
    else:
        choices = BY_KIND[p.kind]
        subject = (
            "人员变动"
            if p.has("flight") and rng.random() < 0.4
            else "迟到失约"
            if p.has("late_sign_in") and rng.random() < 0.5
            else str(rng.choice(choices))
        )
    said = _as_said(p, rng) if p else ""
    content = str(rng.choice(TEXTS[subject])).format(name=said or "该单位", street=street)
    due = day + int(rng.choice([5, 7, 10]))
    late = rng.random() < 0.03 + 0.16 * bad
    answered = (due + int(rng.integers(1, 12)) if late else int(rng.integers(day + 1, due + 1))) * 86_400 + int(
        rng.integers(9 * 3600, 18 * 3600)
    )
    if answered < second:
        answered = second + 3600
    finished = answered < (world.end + 1) * 86_400
    content_after = rng.random()
    satisfied = None if not finished or content_after < 0.25 else "满意" if rng.random() < 0.86 - 0.45 * bad else "不满意"
    named = p is not None and rng.random() < 0.93
    when = _clock(second, rng)
    if not when[0:4].isdigit() or "年" in when or "." in when or "/" in when:
        world.truth.counts["complaint_time_forms"] += 1
    return second, [
        when,
        str(rng.choice(CHANNELS, p=[0.8, 0.12, 0.05, 0.03])),
        p.code if p and rng.random() < 0.3 else None,
        said if named else None,
        street if rng.random() < 0.97 else None,
        subject,
        content,
        iso(due)[0],
        _clock(answered, None) if finished else None,
        satisfied,
    ]


def _clock(second: int, rng: np.random.Generator | None) -> str:
    """A moment as text; sometimes with slashes."""
    moment = datetime.fromtimestamp(second, UTC)
    if rng is not None and rng.random() < 0.01:
        return f"{moment.year}/{moment.month}/{moment.day} {moment:%H:%M}"
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _as_said(p: Provider, rng: np.random.Generator) -> str:
    """The provider's name as a caller gives it: mostly right, at times shortened."""
    if rng.random() < 0.82:
        return p.name
    return (
        p.name.replace("有限公司", "").replace("居家养老服务照料中心", "照料中心") if rng.random() < 0.7 else f"{p.brand}{p.kind}"
    )
