"""The finance bureau's workbooks of income and expenditure, one a year: welfare-lottery funds and the budget, by purpose."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from data.simulator.systems import Stage
from data.simulator.workbook import Column, workbook, write_sheet
from data.simulator.world import World, iso

LOTTERY, BUDGET = "福利彩票公益金", "一般公共预算"
# (class, purpose, share of a year's lottery money, vouchers a month, payees)
LOTTERY_USES = (
    ("养老服务", "养老服务设施建设", 0.22, 2, ("各街道办事处", "区养老服务指导中心")),
    ("养老服务", "居家养老服务", 0.17, 3, ("各街道办事处",)),
    ("养老服务", "适老化改造", 0.07, 1, ("区住房和城乡建设局",)),
    ("养老服务", "养老护理员培训", 0.05, 1, ("区人力资源和社会保障局",)),
    ("养老服务", "智慧养老", 0.05, 1, ("区养老服务指导中心",)),
    ("残疾人服务", "残疾人康复与就业", 0.17, 2, ("区残疾人联合会",)),
    ("儿童福利", "困境儿童关爱", 0.10, 2, ("区未成年人救助保护中心",)),
    ("社会救助", "临时救助与慈善帮扶", 0.11, 2, ("区民政局",)),
    ("社会公益", "社区公益项目", 0.06, 1, ("区社会组织服务中心",)),
)
BUDGET_USES = (
    ("养老服务", "高龄津贴", 0.38, 1, ("区民政局",)),
    ("养老服务", "养老服务补贴", 0.24, 2, ("区民政局", "各街道办事处")),
    ("养老服务", "护理补贴", 0.14, 1, ("区民政局",)),
    ("养老服务", "机构运营补助", 0.12, 2, ("区养老服务指导中心",)),
    ("养老服务", "护理员奖补", 0.04, 1, ("区人力资源和社会保障局",)),
    ("养老服务", "专职队伍与监管经费", 0.08, 1, ("区民政局",)),
)
YEARLY = {LOTTERY: 26_800_000, BUDGET: 118_000_000}
SEASON = (0.6, 0.5, 0.8, 0.9, 1.0, 1.1, 0.9, 0.9, 1.1, 1.1, 1.3, 1.8)


@dataclass
class Entry:
    """One voucher as the books hold it; ``cents`` is what is true, ``first`` what was booked before a correction."""

    number: str
    direction: str
    fund: str
    month: int
    kind: str
    purpose: str
    payee: str
    cents: int
    on: int
    first: int | None = None
    corrected: int | None = None


def write(stage: Stage) -> int:
    """fund/财政资金收支_<year>.xlsx with the sheets 收入, 支出 and 月度汇总; returns the number of rows of all of them."""
    world = stage.world
    rng = world.rng("fund")
    entries = _entries(world, rng)
    _correct(world, entries, rng)
    wrong = _wrong_total(world, rng)
    rows = 0
    for year in sorted({world.months[e.month][:4] for e in entries}):
        book = workbook(stage.out / "fund" / f"财政资金收支_{year}.xlsx")
        rows += _sheet(world, book, year, "收入", entries, rng)
        rows += _sheet(world, book, year, "支出", entries, rng)
        rows += _summary(world, book, year, entries, wrong)
        book.close()
    spent = [e for e in entries if e.direction == "支出" and e.fund == LOTTERY]
    world.truth.expected["fund"] = {
        "lottery_spent": sum(e.cents for e in spent) / 100,
        "lottery_spent_on_elder_care": sum(e.cents for e in spent if e.kind == "养老服务") / 100,
    }
    return rows


def _entries(world: World, rng: np.random.Generator) -> list[Entry]:
    """Transfers by quarter, district revenue by month, budgets in January with a supplement in August; payments spread over the year."""
    out: list[Entry] = []

    def add(direction: str, fund: str, month: int, kind: str, purpose: str, payee: str, yuan: float) -> None:
        on = world.first_day(month) + int(rng.integers(3, 27))
        number = f"{'SR' if direction == '收入' else 'ZC'}{iso(on)[0][:4]}{len(out) + 1:05d}"
        out.append(Entry(number, direction, fund, month, kind, purpose, payee, round(yuan * world.scale) * 100, on))

    for month, name in enumerate(world.months):
        calendar = int(name[5:])
        if calendar % 3 == 0:
            add("收入", LOTTERY, month, "上级补助", "", "", YEARLY[LOTTERY] * 0.15 * rng.uniform(0.9, 1.1))
        add("收入", LOTTERY, month, "本级留成", "", "", YEARLY[LOTTERY] / 12 * 0.42 * rng.uniform(0.8, 1.2))
        if calendar == 1 or month == 0:
            left = (13 - calendar) / 12
            add("收入", BUDGET, month, "年初预算", "", "", YEARLY[BUDGET] * 0.93 * left * rng.uniform(0.97, 1.03))
        if calendar == 8:
            add("收入", BUDGET, month, "追加预算", "", "", YEARLY[BUDGET] * 0.06 * rng.uniform(0.8, 1.2))
        for fund, uses in ((LOTTERY, LOTTERY_USES), (BUDGET, BUDGET_USES)):
            for kind, purpose, share, vouchers, payees in uses:
                due = YEARLY[fund] * share / 12 * SEASON[calendar - 1] * rng.uniform(0.75, 1.2)
                for part in rng.dirichlet(np.full(vouchers, 6.0)):
                    add("支出", fund, month, kind, purpose, str(rng.choice(payees)), due * part)
    return out


def _correct(world: World, entries: list[Entry], rng: np.random.Generator) -> None:
    """Late corrections: a voucher of months ago is booked again under its number, with the day of the correction."""
    old = [e for e in entries if e.direction == "支出" and e.month <= len(world.months) - 3]
    for i in sorted(rng.choice(len(old), min(len(old), max(2, round(6 * world.provider_factor))), replace=False)) if old else []:
        entry = old[i]
        entry.first = round(entry.cents * rng.uniform(1.2, 1.9) / 100) * 100
        entry.corrected = min(entry.on + int(rng.integers(70, 130)), world.end)
        world.truth.note("late_correction", "fund", "支出", [entry.number], "金额", "superseded")


def _wrong_total(world: World, rng: np.random.Generator) -> dict[tuple[int, str, str], int]:
    """A month whose total in 月度汇总 was typed before a row was taken out: (month, fund, direction) → cents too much."""
    month = len(world.months) * 2 // 3
    too_much = int(rng.integers(30, 90)) * 100_000
    world.truth.irregular["fund_total_differs"].append(
        {"month": world.months[month], "fund": LOTTERY, "direction": "支出", "declared_too_much": too_much / 100}
    )
    return {(month, LOTTERY, "支出"): too_much}


def _amount(world: World, number: str, sheet: str, cents: int, rng: np.random.Generator) -> Any:
    """A number, now and then as text in another form."""
    kind = rng.random()
    if kind < 0.12:
        world.truth.note("money_ten_thousands", "fund", sheet, [number], "金额", "absorbed")
        return f"{Decimal(cents) / 1_000_000:f}万元"
    if kind < 0.16:
        world.truth.note("money_thousands", "fund", sheet, [number], "金额", "absorbed")
        return f"{cents / 100:,.2f}元"
    return cents / 100


def _sheet(world: World, book: Any, year: str, name: str, entries: list[Entry], rng: np.random.Generator) -> int:
    """Income or expenditure of a year with a subtotal a month, a total, notes, and at the end the corrections made in that year."""
    spending = name == "支出"
    columns = [Column("凭证号", "", 16), Column("资金类别", "", 18), Column("所属月份", "")]
    columns += [Column("用途", "类别"), Column("用途", "项目", 24), Column("用途", "收款单位", 24)] if spending else [
        Column("收入类别", "")
    ]  # fmt: skip
    columns += [Column("入账情况", "金额（元）", 18), Column("入账情况", "入账日期"), Column("入账情况", "更正日期")]
    width, rows, kept, total = len(columns), [], 0, 0

    def line(entry: Entry, cents: int, corrected: int | None) -> list[Any]:
        text = world.months[entry.month]
        head = [entry.number, entry.fund, f"{int(text[:4])}年{int(text[5:])}月" if entry.month % 5 == 0 else text]
        about = [entry.kind, entry.purpose, entry.payee] if spending else [entry.kind]
        amount = _amount(world, entry.number, name, cents, rng)
        return [*head, *about, amount, iso(entry.on)[0], None if corrected is None else iso(corrected)[0]]

    mine = [e for e in entries if e.direction == name]
    for month, text in enumerate(world.months):
        if text[:4] != year:
            continue
        for fund in (LOTTERY, BUDGET):
            group = [e for e in mine if e.month == month and e.fund == fund]
            shown = [e.cents if e.first is None else e.first for e in group]
            rows += [line(e, cents, None) for e, cents in zip(group, shown, strict=True)]
            if group:
                rows.append([None, f"{int(text[5:])}月{fund}小计", *[None] * (width - 5), sum(shown) / 100, None, None])
            kept, total = kept + len(group), total + sum(shown)
    rows.append(["合计", *[None] * (width - 4), total / 100, None, None])
    late = [e for e in mine if e.corrected is not None and iso(e.corrected)[0][:4] == year]
    rows += [line(e, e.cents, e.corrected) for e in late]
    notes = ["注：1. 金额以元计，个别单位以万元报送的照录；2. 更正凭证沿用原凭证号，列于合计之后。", "填报单位：区财政局社会保障科"]
    write_sheet(book, name, f"{year} 年养老服务相关财政资金{name}明细", f"单位：元    年度：{year}", columns, rows, notes)
    return kept + len(late)


def _summary(world: World, book: Any, year: str, entries: list[Entry], wrong: dict[tuple[int, str, str], int]) -> int:
    """What the bureau states for each month, in 万元."""
    totals: dict[tuple[int, str, str], int] = defaultdict(int)
    for e in entries:
        if world.months[e.month][:4] == year:
            totals[e.month, e.fund, e.direction] += e.cents
    for key, cents in wrong.items():
        if key in totals:
            totals[key] += cents
    columns = [Column("月份", ""), Column("资金类别", "", 18), Column("收支", ""), Column("月度汇总", "合计（万元）", 16)]
    rows: list[list[Any]] = [
        [world.months[month], fund, direction, round(cents / 1_000_000, 2)]
        for (month, fund, direction), cents in sorted(totals.items())
    ]
    write_sheet(book, "月度汇总", f"{year} 年财政资金月度汇总", "单位：万元", columns, rows, ["注：按当月最终入账数汇总。"])
    return len(rows)
