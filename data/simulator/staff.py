"""The caregivers: employment spells, certificates, training and awards, and the workbook in which they are reported."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.simulator.mess import DATE_FORMS, damage_ids
from data.simulator.names import id_numbers, person_names
from data.simulator.providers import Provider
from data.simulator.workbook import Column, workbook, write_sheet
from data.simulator.world import NEVER, World, day, iso

STILL = 10**7
LEVEL_NAMES = ("五级/初级工", "四级/中级工", "三级/高级工", "二级/技师", "一级/高级技师")
LEVEL_SHARES = (0.46, 0.31, 0.17, 0.045, 0.015)
ISSUERS = ("杭州禾樾职业技能评价中心", "浙江澄屿技能鉴定所", "拱墅岚汀职业培训学校")
COURSES = (
    ("失能老人照护实务", 16),
    ("老年人跌倒预防", 8),
    ("认知障碍照护", 24),
    ("消防与应急处置", 4),
    ("助浴操作规范", 8),
    ("职业道德与沟通", 6),
)


@dataclass
class Staff:
    """Employment spells (one row each) and persons. ``left`` is STILL while employed; days since 1970."""

    person: np.ndarray
    provider: np.ndarray
    hired: np.ndarray
    left: np.ndarray
    ids: np.ndarray
    female: np.ndarray
    birth: np.ndarray
    certified_from: np.ndarray
    certified_to: np.ndarray
    level: np.ndarray

    def employed(self, on: int) -> np.ndarray:
        """Indices of the spells that run on a day (a person who leaves on the day no longer counts)."""
        return np.flatnonzero((self.hired <= on) & (self.left > on))

    def throughout(self, first: int, last: int) -> dict[int, np.ndarray]:
        """Person indices by provider who are employed from the first to the last day."""
        rows = np.flatnonzero((self.hired <= first) & (self.left > last))
        out: dict[int, np.ndarray] = {}
        for provider in np.unique(self.provider[rows]):
            out[int(provider)] = self.person[rows[self.provider[rows] == provider]]
        return out

    def certified(self, persons: np.ndarray, on: int) -> np.ndarray:
        """Whether each person holds a certificate valid on a day."""
        return (self.certified_from[persons] <= on) & (self.certified_to[persons] >= on)


def hire(world: World, providers: list[Provider]) -> Staff:
    """Spells backwards from the end: every post has a line of holders; turnover and certification follow the provider."""
    rng = world.rng("staff")
    spells: list[tuple[int, int, int]] = []
    for p in providers:
        turnover = 0.42 if p.has("flight") else 0.12 + 0.18 * float(p.bad.mean())
        for _ in range(p.staff):
            stop = p.closed if p.closed != NEVER else STILL
            until = min(stop, world.end + 1)
            # A year before the period, too, so that turnover over twelve months is right from the first month.
            while until > world.start - 365:
                since = until - max(35, int(rng.exponential(365 / turnover)))
                since = max(since, p.registered)
                spells.append((p.index, since, stop))
                stop = since - int(rng.integers(1, 40))
                until = stop
                if since <= p.registered:
                    break
    provider, hired, left = (np.array(c, dtype=np.int64) for c in zip(*spells, strict=True))
    order = np.lexsort((provider, hired))
    provider, hired, left = provider[order], hired[order], left[order]
    person = _movers(world, hired, left, rng)
    n = int(person.max()) + 1
    first_spell = np.full(n, -1)
    first_spell[person[::-1]] = np.arange(len(person))[::-1]
    start = hired[first_spell]
    birth = start - (rng.uniform(20, 54, n) * 365.25).astype(np.int64)
    female = rng.random(n) < 0.86
    certified_from, certified_to, level = _certify(world, providers, person, provider, hired, left, rng)
    ids = np.array([f"H{v}" for v in rng.permutation(n) + 10_001], dtype=object)
    return Staff(person, provider, hired, left, ids, female, birth, certified_from, certified_to, level)


def _movers(world: World, hired: np.ndarray, left: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Person index per spell; a few of those hired in the period worked at another provider before."""
    person = np.arange(len(hired))
    taken: set[int] = set()
    for i in np.flatnonzero((hired > world.start + 60) & (rng.random(len(hired)) < 0.06)):
        before = [j for j in np.flatnonzero((left < hired[i] - 3) & (left > hired[i] - 150)) if j not in taken and person[j] == j]
        if before:
            taken.add(before[0])
            taken.add(int(i))
            person[i] = before[0]
    return np.unique(person, return_inverse=True)[1]


def _certify(
    world: World,
    providers: list[Provider],
    person: np.ndarray,
    provider: np.ndarray,
    hired: np.ndarray,
    left: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Validity of everybody's (best) certificate and its level 5 … 1; never certified = STILL.

    Quotas per provider hit its target at the end; some 4 in 100 obtain theirs in the course of the period, so that the rate rises slowly.
    """
    n = int(person.max()) + 1
    since, until = np.full(n, STILL, dtype=np.int64), np.full(n, STILL, dtype=np.int64)
    level = rng.choice(np.arange(5, 0, -1), n, p=LEVEL_SHARES)
    spread = rng.random(len(hired))
    for index in np.unique(provider):
        p = providers[index]
        for now in (True, False):
            mine = np.flatnonzero((provider == index) & ((left > world.end) == now))
            quota = int(np.floor(len(mine) * (p.cert_target - (0 if now else 0.02)) + spread[mine[0]] if len(mine) else 0))
            for j, spell in enumerate(rng.permutation(mine)):
                who = person[spell]
                if since[who] != STILL or j >= quota:
                    continue
                if hired[spell] > world.start and rng.random() < 0.2:
                    since[who] = hired[spell] + int(rng.integers(10, 75))
                elif hired[spell] <= world.start and now and rng.random() < 0.03:
                    since[who] = int(rng.integers(world.start, world.end - 5))
                else:
                    since[who] = hired[spell] - int(rng.integers(20, 2600))
    # Some certificates are limited to five years: most are renewed in time (a new validity), a few have run out.
    limited = (since < STILL) & (rng.random(n) < 0.35)
    ends = since + 365 * 5
    for _ in range(3):
        renew = limited & (ends <= world.end) & (rng.random(n) < 0.96)
        ends = np.where(renew, ends + 365 * 5, ends)
    until = np.where(limited, ends, until)
    return since, until, level


def write_workbook(world: World, providers: list[Provider], staff: Staff, path: Path) -> int:
    """护理员台账.xlsx with the sheets 在岗人员, 证书, 培训 and 奖补, as a human-resources bureau hands it over."""
    rng = world.rng("workbook")
    n = len(staff.ids)
    names = person_names(staff.female, rng)
    ids = id_numbers(staff.birth, staff.female, world.region.code[:6], 601, rng)
    shown, bad = damage_ids(ids, staff.ids, staff.birth, world.truth, ("caregiver", "在岗人员", "身份证号"), rng)
    phones = np.array(
        [f"1{p}000{v:05d}" for p, v in zip(rng.choice([50, 57, 59, 88], n), rng.integers(0, 10**5, n), strict=True)], dtype=object
    )
    posts = np.array(["养老护理员", "护理组长", "生活照料员", "助浴员"], dtype=object)[
        rng.choice(4, n, p=[0.72, 0.08, 0.15, 0.05])
    ]
    book = workbook(path)
    total = _employment_sheet(world, book, providers, staff, (shown, names, posts, phones), rng)
    certificates = _certificates(world, staff, ids, names, bad, rng)
    total += _plain_sheet(world, book, "证书", certificates, "养老护理员职业技能等级证书台账", (("证书信息", 6, 8),), 2)
    total += _plain_sheet(
        world, book, "培训", _trainings(world, staff, providers, rng), "养老护理员培训登记表", (("培训情况", 3, 5),), 3
    )
    total += _plain_sheet(
        world, book, "奖补", _awards(world, staff, certificates, rng), "养老护理员奖补发放明细", (("发放情况", 5, 6),), 3
    )
    book.close()
    _expect(world, staff, bad, providers)
    return total


def _employment_sheet(
    world: World, book: Any, providers: list[Provider], staff: Staff, person: tuple, rng: np.random.Generator
) -> int:
    """Grouped by employer with a 小计 row after each and a 合计 row at the end."""
    shown, names, posts, phones = person
    columns = [
        Column("人员信息", "人员编号"),
        Column("人员信息", "身份证号", 22),
        Column("人员信息", "姓名"),
        Column("人员信息", "性别", 6),
        Column("人员信息", "出生日期", 12),
        Column("任职信息", "统一社会信用代码", 22),
        Column("任职信息", "单位名称", 30),
        Column("任职信息", "岗位", 12),
        Column("任职信息", "入职日期", 12),
        Column("任职信息", "离职日期", 12),
        Column("联系电话", "", 14),
    ]
    birth, hired = iso(staff.birth), iso(staff.hired)
    left = iso(np.where(staff.left > world.end, NEVER, staff.left))
    rows: list[list[Any]] = []
    forms = list(DATE_FORMS.items())
    for p in providers:
        mine = np.flatnonzero(staff.provider == p.index)
        for i in mine:
            who = staff.person[i]
            row = [
                staff.ids[who],
                shown[who],
                names[who],
                "女" if staff.female[who] else "男",
                birth[who],
                p.code,
                p.name,
                posts[who],
                hired[i],
                left[i],
                phones[who],
            ]
            if rng.random() < 0.03:
                kind, how = forms[int(rng.integers(len(forms)))]
                text = how(int(staff.hired[i]))
                row[8] = int(text) if kind == "date_serial" else text
                world.truth.note(kind, "caregiver", "在岗人员", [staff.ids[who]], "入职日期", "absorbed")
            rows.append(row)
        if len(mine):
            rows.append(["小计", "", "", "", "", "", p.name, f"{len(mine)} 人次", "", "", ""])
    people = sum(1 for r in rows if r[0] != "小计")
    rows.append(["合计", "", "", "", "", "", "", f"{people} 人次", "", "", ""])
    notes = ["注：1. 离职日期为空表示在岗；2. 岗位按劳动合同填写。", "填报单位：区人力社保局职业能力建设科"]
    write_sheet(book, "在岗人员", "养老护理员在岗人员台账", f"统计截止：{world.months[-1]}    单位：人", columns, rows, notes)
    return people


def _plain_sheet(world: World, book: Any, name: str, rows: list[list[Any]], title: str, groups: tuple, id_columns: int) -> int:
    """A sheet whose first row of ``rows`` names the columns; ``groups`` = (name, from, to) of merged header cells (1-based)."""
    head, *data = rows
    columns = []
    for position, leaf in enumerate(head, start=1):
        group = next((g for g, a, b in groups if a <= position <= b), None)
        columns.append(Column(group or leaf, leaf if group else "", 24 if leaf in ("身份证号", "证书编号") else 14))
    note = "注：日期以证书或凭证所载为准。"
    write_sheet(book, name, title, f"统计截止：{world.months[-1]}", columns, data, [note])
    return len(data)


def _certificates(
    world: World, staff: Staff, ids: np.ndarray, names: np.ndarray, bad: np.ndarray, rng: np.random.Generator
) -> list[list[Any]]:
    """One row per certificate: the present one, and earlier lower ones of a third of those at 四级 and above."""
    rows: list[list[Any]] = [["证书编号", "人员编号", "身份证号", "姓名", "等级", "发证日期", "有效期至", "发证机构"]]
    serial = 0

    def add(who: int, level: int, issued: int, until: int) -> None:
        nonlocal serial
        serial += 1
        year = iso(issued)[0][:4]
        text = ids[who] if rng.random() > 0.01 else "'" + ids[who]
        rows.append(
            [
                f"S0000330105{year}{serial:05d}",
                staff.ids[who],
                text,
                names[who],
                LEVEL_NAMES[5 - level],
                iso(issued)[0],
                None if until >= STILL else iso(until)[0],
                ISSUERS[who % len(ISSUERS)],
            ]
        )

    for who in range(len(staff.ids)):
        if staff.certified_from[who] >= STILL:
            continue
        issued, until, level = int(staff.certified_from[who]), int(staff.certified_to[who]), int(staff.level[who])
        if level < 5 and rng.random() < 0.35:
            add(who, level + 1, issued - int(rng.integers(400, 1500)), issued - 1)
        if until >= STILL:
            add(who, level, issued, until)
        else:
            while issued < until:
                add(who, level, issued, min(issued + 365 * 5, until))
                issued += 365 * 5
    _reuse(world, staff, rows, ids, names, rng)
    return rows


def _reuse(
    world: World, staff: Staff, rows: list[list[Any]], ids: np.ndarray, names: np.ndarray, rng: np.random.Generator
) -> None:
    """Irregular: one number used by two persons; the second has no certificate of their own."""
    without = np.flatnonzero(staff.certified_from >= STILL)
    for who in rng.permutation(without)[: max(1, round(8 * world.provider_factor))]:
        source = rows[int(rng.integers(1, len(rows)))]
        rows.append([source[0], staff.ids[who], ids[who], names[who], *source[4:]])
        # On paper this person is certified; only the shared number gives it away.
        staff.certified_from[who] = day(source[5])
        staff.certified_to[who] = STILL if source[6] is None else day(source[6])
        world.truth.irregular["certificate_reused"].append(
            {"certificate_no": source[0], "caregiver_id": staff.ids[who], "holder": source[1]}
        )


def _trainings(world: World, staff: Staff, providers: list[Provider], rng: np.random.Generator) -> list[list[Any]]:
    """About five courses a year and person, fewer at badly run providers."""
    rows: list[list[Any]] = []
    for i in range(len(staff.person)):
        since, until = max(int(staff.hired[i]), world.start), min(int(staff.left[i]), world.end)
        if until - since < 20:
            continue
        bad = providers[staff.provider[i]].bad.mean()
        for on in rng.integers(since, until, rng.poisson((until - since) / 365 * (3.2 - 2.2 * bad))):
            title, hours = COURSES[int(rng.integers(len(COURSES)))]
            rows.append([int(on), staff.ids[staff.person[i]], title, hours])
    rows.sort(key=lambda r: (r[0], r[1]))
    data = [[f"PX{k + 1:06d}", r[1], r[2], iso(r[0])[0], r[3]] for k, r in enumerate(rows)]
    return [["培训编号", "人员编号", "培训名称", "培训日期", "学时"], *data]


def _awards(world: World, staff: Staff, certificates: list[list[Any]], rng: np.random.Generator) -> list[list[Any]]:
    """Awards for entering the work and for certificates of the period; a few certificates are paid twice (irregular)."""
    rows: list[list[Any]] = []
    amount = {"五级/初级工": 500, "四级/中级工": 1000, "三级/高级工": 2000, "二级/技师": 3000, "一级/高级技师": 5000}
    holder_seen: dict[str, str] = {}
    for certificate in certificates[1:]:
        if (
            holder_seen.setdefault(certificate[0], certificate[1]) == certificate[1]
            and certificate[5] >= world.months[0]
            and rng.random() < 0.9
        ):
            paid = np.datetime64(certificate[5]) + int(rng.integers(20, 70))
            if paid.astype(int) <= world.end:
                rows.append([str(paid), certificate[1], "持证奖励", certificate[0], amount[certificate[4]]])
    doubled = rng.permutation(len(rows))[: max(1, round(6 * world.provider_factor))] if rows else []
    for k in doubled:
        again = np.datetime64(rows[k][0]) + 31
        if again.astype(int) <= world.end:
            rows.append([str(again), *rows[k][1:]])
            world.truth.irregular["certificate_award_twice"].append({"certificate_no": rows[k][3], "caregiver_id": rows[k][1]})
    seen: set[int] = set()
    for i in np.flatnonzero(staff.hired > world.start):
        who = int(staff.person[i])
        paid = int(staff.hired[i]) + 380
        if who not in seen and staff.left[i] > paid and paid <= world.end and staff.certified(np.array([who]), paid)[0]:
            seen.add(who)
            award = {5: 6000, 4: 6000, 3: 8000, 2: 10_000, 1: 10_000}[int(staff.level[who])]
            rows.append([iso(paid)[0], staff.ids[who], "入职奖补", None, award])
    rows.sort(key=lambda r: (r[0], r[1]))
    data = [
        [f"JB{k + 1:05d}", r[1], r[2], r[3], f"{r[4]:,.2f}元" if rng.random() < 0.02 else r[4], r[0]] for k, r in enumerate(rows)
    ]
    return [["发放编号", "人员编号", "类别", "证书编号", "金额", "发放日期"], *data]


def _expect(world: World, staff: Staff, bad: np.ndarray, providers: list[Provider]) -> None:
    """Employed and certified caregivers by month and by community of the provider's main site (damaged rows excluded)."""
    by_month: dict[str, Any] = {}
    for m, name in enumerate(world.months):
        last = world.last_day(m)
        rows = staff.employed(last)
        rows = rows[~bad[staff.person[rows]]]
        certified = staff.certified(staff.person[rows], last)
        places: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for row, has in zip(rows, certified, strict=True):
            cell = places[world.communities["code"][providers[staff.provider[row]].community]]
            cell[0] += int(has)
            cell[1] += 1
        by_month[name] = {"employed": len(rows), "certified": int(certified.sum()), "by_community": dict(sorted(places.items()))}
    world.truth.expected["caregivers"] = by_month
