"""Subsidy money: programmes, budgets, applications, approvals and payments as the finance bureau extracts them (GB18030 CSV)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from data.simulator.mess import money_text
from data.simulator.payments import write_payments
from data.simulator.people import People
from data.simulator.programmes import FAR, PROGRAMMES, Book, Grants, Span, apply_for, damage_money
from data.simulator.providers import CANTEEN, CENTRE, HOME, MICRO, Provider
from data.simulator.staff import Staff
from data.simulator.world import NEVER, World, iso
from data.simulator.writers import csv_file

# Cents by certificate level.
ENTRY_AWARD = {5: 600_000, 4: 600_000, 3: 800_000, 2: 1_000_000, 1: 1_000_000}
STEPS = ("社区初审", "街道审核", "区级审批")
# Share of the applications of the last months that are still undecided, by days before the end.
PENDING, RECENT = 0.2, 100
# Share refused and the least share of the amount that is granted, by programme of providers.
GRANTED = {"construction": (0.04, 0.88), "operation": (0.02, 0.97), "entry_award": (0.03, 1.0)}


def write_money(world: World, people: People, providers: list[Provider], staff: Staff, folder: Path) -> int:
    """All files of the subsidy module; returns the number of rows."""
    rng = world.rng("money")
    book = Book()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    names = list(PROGRAMMES)
    book.rows += csv_file(
        folder / "项目.csv",
        {
            "项目编码": names,
            "项目名称": [PROGRAMMES[c][0] for c in names],
            "发放对象": [PROGRAMMES[c][1] for c in names],
            "政策依据": [PROGRAMMES[c][2] for c in names],
        },
        {},
    )
    spans = _elder_spans(world, people, rng)
    grants = _provider_grants(world, people, providers, staff, rng)
    _applications(world, people, providers, spans, grants, book, folder, rng)
    write_payments(world, people, providers, spans, grants, book, folder, rng)
    _budgets(world, book, folder, rng)
    world.truth.expected["payments_by_programme_month"] = {
        p: {m: round(c / 100, 2) for m, c in sorted(v.items())} for p, v in sorted(book.by_month.items())
    }
    return book.rows


def _elder_spans(world: World, people: People, rng: np.random.Generator) -> dict[str, Span]:
    """By programme who applied, when, and from which month on; the end follows from the elder.

    A few who are entitled never apply; some apply late; some of the latest applications are not decided yet.
    """
    ok = ~people.elsewhere & (people.gone > world.start - 15)
    eighty = people.birth + 29_220
    disabled = np.maximum(people.level_since + 20, people.registered + 20)
    out = {}
    for name, who, entitled, share in (
        ("high_age", np.flatnonzero(ok & (eighty < world.end)), np.maximum(eighty, people.registered), 0.985),
        ("service", np.flatnonzero(ok & (people.served_to > 0)), people.served_from, 1.0),
        ("nursing", np.flatnonzero(ok & (people.level >= 1) & np.isin(people.category, (2, 3, 5))), disabled, 0.93),
    ):
        taken = who[rng.random(len(who)) < share]
        applied = (
            entitled[taken] - 25
            if name == "service"
            else entitled[taken]
            + rng.integers(0, 40, len(taken))
            + np.where(rng.random(len(taken)) < 0.06, rng.integers(30, 200, len(taken)), 0)
        )
        applied = np.maximum(applied, people.registered[taken] + 1)
        # Applications of a month's last days are decided too late for the payment of the next month.
        first = world.month_of(applied + 6) + 1
        if name == "service":
            first = np.maximum(first, world.month_of(people.served_from[taken]))
        keep = (applied <= world.end - 3) & (applied < people.gone[taken] - 20)
        pending = (applied[keep] > world.end - RECENT) & (rng.random(keep.sum()) < PENDING)
        out[name] = apply_for(world, people, name, taken[keep], applied[keep], first[keep], pending, rng)
    return out


def _provider_grants(
    world: World, people: People, providers: list[Provider], staff: Staff, rng: np.random.Generator
) -> Grants:
    """What providers apply for: construction once, operation quarterly, entry awards a year after hiring."""
    rows: list[tuple[str, int, int, int]] = []
    for p in providers:
        if p.kind in (CENTRE, HOME, MICRO, CANTEEN) and p.registered > world.start - 30:
            rows.append(("construction", p.index, max(p.registered + 30, world.start + 3), int(rng.integers(8, 60)) * 1_000_000))
        elif p.kind in (CENTRE, CANTEEN) and rng.random() < 0.3 and p.closed == NEVER:
            rows.append(
                (
                    "construction",
                    p.index,
                    int(rng.integers(world.start - 60, world.end - 60)),
                    int(rng.integers(5, 30)) * 1_000_000,
                )
            )
        for month in range(len(world.months)):
            if int(world.months[month][5:]) in (2, 5, 8, 11) and p.open_in(world, month) and p.open_in(world, max(0, month - 2)):
                base = {HOME: 62_000, MICRO: 62_000}.get(p.kind, 0) * p.beds * 0.65 * 3 / 10 + {
                    CENTRE: 1_800_000,
                    CANTEEN: 1_300_000,
                }.get(p.kind, 0)
                if base and rng.random() < 0.97:
                    rows.append(
                        (
                            "operation",
                            p.index,
                            world.first_day(month) + int(rng.integers(0, 6)),
                            int(base * rng.uniform(0.9, 1.1)) // 100 * 100,
                        )
                    )
    for i in np.flatnonzero((staff.hired > world.start - 400) & (staff.hired < world.end - 400)):
        if staff.left[i] > staff.hired[i] + 370 and staff.certified(staff.person[[i]], int(staff.hired[i]) + 370)[0]:
            rows.append(
                ("entry_award", int(staff.provider[i]), int(staff.hired[i]) + 372, ENTRY_AWARD[int(staff.level[staff.person[i]])])
            )
    return _decided(world, sorted((r for r in rows if world.start <= r[2] <= world.end - 5), key=lambda r: (r[2], r[1], r[0])), rng)


def _decided(world: World, rows: list[tuple[str, int, int, int]], rng: np.random.Generator) -> Grants:
    """What becomes of (programme, provider, applied day, cents): audits cut construction costs, a few are refused, some are late.

    The money is due in the month 45 days after the application.
    """
    n = len(rows)
    programme = np.array([r[0] for r in rows], dtype=object)
    provider, applied, cents = (np.array([r[i] for r in rows], dtype=np.int64) for i in (1, 2, 3))
    refusals, least = (np.array([GRANTED[p][i] for p in programme], dtype=float) for i in (0, 1))
    return Grants(
        programme,
        provider,
        applied,
        cents,
        granted=(cents * rng.uniform(least, 1.0)).astype(np.int64) // 10_000 * 10_000 if n else cents,
        due=np.maximum(world.month_of(applied + 45), 0),
        refused=rng.random(n) < refusals,
        pending=(applied > world.end - RECENT) & (rng.random(n) < PENDING / 2),
        late=rng.random(n) < 0.08,
    )


def _street_codes(world: World, people: People, who: np.ndarray) -> np.ndarray:
    return world.streets["code"][world.communities["street"][people.community[who]]]


def _applications(
    world: World,
    people: People,
    providers: list[Provider],
    spans: dict[str, Span],
    grants: Grants,
    book: Book,
    folder: Path,
    rng: np.random.Generator,
) -> None:
    """申报_YYYYMM and 审核_YYYYMM; whatever was applied for before the period lies in the month before it."""
    parts: list[dict[str, np.ndarray]] = []
    serial = 10**7
    for programme, span in spans.items():
        parts.append(_elder_rows(world, people, programme, span, serial))
        serial += 10**7
    n = len(grants.programme)
    grants.ids = np.array([f"SB{v}" for v in np.arange(1, n + 1) + serial], dtype=object)
    codes = world.streets["code"]
    parts.append(
        {
            "id": grants.ids,
            "programme": grants.programme,
            "payee": np.full(n, "服务单位", dtype=object),
            "elder": np.full(n, None, dtype=object),
            "provider": np.array([providers[i].id for i in grants.provider], dtype=object),
            "applied": grants.applied,
            "from": np.array([world.month_name(int(m)) for m in grants.due], dtype=object),
            "cents": grants.cents,
            "granted": grants.granted,
            "street": np.array([codes[providers[i].street] for i in grants.provider], dtype=object),
            "refused": grants.refused,
            "pending": grants.pending & ~grants.refused,
        }
    )
    rows = {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
    rows = _refused(world, people, rows, rng)
    month = np.maximum(world.month_of(rows["applied"]), -1)
    for m in range(-1, len(world.months)):
        index = np.flatnonzero(month == m)
        index = index[np.lexsort((rows["id"][index].astype(str), rows["applied"][index]))]
        stamp = world.month_name(m).replace("-", "")
        amount = money_text(rows["cents"][index])
        amount = damage_money(
            world, amount, rows["cents"][index], rows["id"][index], f"申报_{stamp}.csv", "申报金额", 0.0008, rng
        )
        book.rows += csv_file(
            folder / f"申报_{stamp}.csv",
            {
                "申报编号": rows["id"][index],
                "项目编码": rows["programme"][index],
                "发放对象": rows["payee"][index],
                "老年人编号": rows["elder"][index],
                "单位编号": rows["provider"][index],
                "申报日期": iso(rows["applied"][index]),
                "起始月份": rows["from"][index],
                "申报金额": amount,
                "街道代码": rows["street"][index],
            },
            {"申报编号": "合计", "申报金额": money_text(rows["cents"][index].sum(keepdims=True))[0]},
        )
        _approvals(world, {k: v[index] for k, v in rows.items()}, folder / f"审核_{stamp}.csv", book, rng)


def _elder_rows(world: World, people: People, programme: str, span: Span, serial: int) -> dict[str, np.ndarray]:
    """Applications and changes of a programme for elders; numbers them and tells the span."""
    where, column = np.nonzero(span.months.T < FAR)[::-1]
    n = len(where)
    span.ids = np.array([f"SB{v}" for v in np.arange(1, n + 1) + serial], dtype=object)
    span.row = np.zeros(span.months.shape, dtype=np.int64)
    span.row[where, column] = np.arange(n)
    who, cents, first = span.who[where], span.cents[where, column], span.months[where, column]
    names = {m: world.month_name(m) for m in np.unique(first).tolist()}
    return {
        "id": span.ids,
        "programme": np.full(n, programme, dtype=object),
        "payee": np.full(n, "老年人", dtype=object),
        "elder": people.ids[who],
        "provider": np.full(n, None, dtype=object),
        "applied": np.where(column == 0, span.applied[where], span.changed_on[where, column]),
        "from": np.array([names[m] for m in first.tolist()], dtype=object),
        "cents": cents,
        "granted": cents,
        "street": _street_codes(world, people, who),
        "refused": np.zeros(n, dtype=bool),
        "pending": span.pending[where],
    }


def _refused(world: World, people: People, rows: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Adds applications of the period that are refused (not old enough, not disabled enough)."""
    pool = np.flatnonzero(
        (people.birth + 29_220 > world.end) & (people.gone > world.end) & (people.served_to < 0) & ~people.elsewhere
    )
    who = rng.choice(pool, min(len(pool), max(4, round(900 * world.scale))), replace=False)
    n = len(who)
    applied = np.maximum(rng.integers(world.start, world.end - 20, n), people.registered[who] + 5)
    late = applied < world.end - 10
    who, applied = who[late], applied[late]
    n = len(who)
    extra = {
        "id": np.array([f"SB{v}" for v in np.arange(1, n + 1) + 9 * 10**7], dtype=object),
        "programme": np.where(rng.random(n) < 0.6, "service", "nursing").astype(object),
        "payee": np.full(n, "老年人", dtype=object),
        "elder": people.ids[who],
        "provider": np.full(n, None, dtype=object),
        "applied": applied,
        "from": np.full(n, None, dtype=object),
        "cents": np.full(n, 25_000),
        "granted": np.zeros(n, dtype=np.int64),
        "street": _street_codes(world, people, who),
        "refused": np.ones(n, dtype=bool),
        "pending": np.zeros(n, dtype=bool),
    }
    return {k: np.concatenate([rows[k], extra[k]]) for k in rows}


def _approvals(world: World, rows: dict[str, np.ndarray], path: Path, book: Book, rng: np.random.Generator) -> None:
    """Three steps for everybody; the refused stop at a step, the pending are sent back for more papers by the street."""
    n = len(rows["id"])
    first = rows["applied"] + rng.integers(1, 5, n)
    second = first + rng.integers(2, 8, n)
    third = second + rng.integers(2, 10, n)
    stop = np.where(rows["refused"], rng.integers(0, 3, n), np.where(rows["pending"], 1, 3))
    # Somebody who applied in the last days has not been through all steps at the end of the data.
    out: dict[str, list[Any]] = {k: [] for k in ("申报编号", "环节", "办理日期", "结果", "核定金额")}
    asked, granted = money_text(rows["cents"]), money_text(rows["granted"])
    for step, on in enumerate((first, second, third)):
        index = np.flatnonzero((step <= stop) & (on <= world.end))
        stopped = step == stop[index]
        out["申报编号"] += rows["id"][index].tolist()
        out["环节"] += [STEPS[step]] * len(index)
        out["办理日期"] += iso(on[index]).tolist()
        out["结果"] += np.where(stopped, np.where(rows["refused"][index], "不通过", "退回补正"), "通过").tolist()
        out["核定金额"] += np.where(stopped, "0.00", (granted if step == 2 else asked)[index]).tolist()
    book.rows += csv_file(path, out, {"申报编号": "合计"})


def _budgets(world: World, book: Book, folder: Path, rng: np.random.Generator) -> None:
    """预算_YYYY: what was paid, scaled to the year, over a plausible execution rate; some amounts in 万元."""
    for year in sorted({int(m[:4]) for m in world.months}):
        covered = sum(m.startswith(str(year)) for m in world.months)
        # A first year of which only the last months are on record has a budget for those months only (追加预算).
        share = covered / 12 if world.months[-1].startswith(str(year)) else 1.0
        rows: dict[str, list[Any]] = {k: [] for k in ("项目编码", "街道代码", "年度", "预算金额")}
        total = 0
        for programme in PROGRAMMES:
            for s, code in enumerate(world.streets["code"]):
                paid = book.paid.get((programme, s, year), 0)
                cents = int(max(paid, 200_000) / share / rng.uniform(0.78, 0.985)) // 100_000 * 100_000 + 100_000
                total += cents
                rows["项目编码"].append(programme)
                rows["街道代码"].append(code)
                rows["年度"].append(str(year))
                rows["预算金额"].append(
                    f"{cents / 1_000_000:.1f}万元" if rng.random() < 0.25 else money_text(np.array([cents]))[0]
                )
        book.rows += csv_file(
            folder / f"预算_{year}.csv", rows, {"项目编码": "合计", "预算金额": money_text(np.array([total]))[0]}
        )
        world.truth.expected.setdefault("budget", {})[str(year)] = total / 100
