"""补贴资金: from budget to payment, by programme and by street."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from dashboard.format import WAN, fmt_money, fmt_share, number
from dashboard.reports.content.context import Context, share_cell, text, wan_cell
from dashboard.reports.model import Block, Cell, Chart, Column, Heading, Paragraph, Section, Series, Table

STEPS = (
    ("budget", "年度预算"),
    ("applied_ytd", "累计申报"),
    ("approved_ytd", "累计核定"),
    ("paid_ytd", "累计拨付"),
    ("paid", "本月拨付"),
)
ROUNDING = "金额单位：万元。因四舍五入，分项之和与合计可能略有出入。"


def total(rows: Sequence[dict[str, Any]], key: str) -> Decimal | None:
    """The exact sum of a column; None where no row has a value."""
    known = [v for r in rows if (v := number(r.get(key))) is not None]
    return sum(known, Decimal(0)) if known else None


def subsidies(c: Context) -> Section | None:
    """None at a community: budgets are laid down by street."""
    if c.level > 2:
        return _community(c)
    rows = c.w.subsidies(c.area.code, c.month)
    if not rows:
        return Section("subsidies", "补贴资金", (Paragraph("本月没有补贴资金数据。"),))
    budget, paid, month = total(rows, "budget"), total(rows, "paid_ytd"), total(rows, "paid")
    said = f"本月拨付补贴资金{fmt_money(month)}，"
    said += f"本年累计拨付{fmt_money(paid)}" if paid is not None else "本年一月起的发放数据不全，累计拨付与执行率不计算"
    if paid is None:
        said += f"；年度预算{fmt_money(budget)}。" if budget else "。"
    else:
        said += f"，为年度预算{fmt_money(budget)}的{fmt_share(paid, budget)}。" if budget else "；没有年度预算数据，执行率无法计算。"
    extra = []
    if c.value("pay_days_median") is not None:
        extra.append(f"本月发放从审批到到账的中位天数为{c.say('pay_days_median')}")
    if c.value("returned_payments"):
        extra.append(f"银行退回{c.say('returned_payments')}，金额{c.say('returned_amount')}")
    if extra:
        said += "，".join(extra) + "。"
    blocks: list[Block] = [
        Paragraph(said),
        _chart(rows),
        _table("subsidies", "补贴项目", "各项补贴资金", [(r["name"], r) for r in rows]),
    ]
    if c.level == 1:
        streets = c.w.subsidies_by_street(None, c.month)
        if streets:
            blocks += [
                Heading("分街道情况"),
                _table("subsidy_streets", "街道", "各街道补贴资金", [(r["street"], r) for r in streets]),
            ]
    return Section("subsidies", "补贴资金", tuple(blocks))


def _community(c: Context) -> Section | None:
    if not c.value("subsidy_paid"):
        return None
    said = f"本月向{c.area.name}发放补贴{c.say('subsidy_paid')}"
    said += f"，共{c.say('subsidy_recipients')}。" if c.value("subsidy_recipients") is not None else "。"
    return Section("subsidies", "补贴资金", (Paragraph(said + "补贴预算按街道编列，社区不单列。"),))


def _table(key: str, first: str, title: str, named: list[tuple[str, dict[str, Any]]]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    sums = {step: total([r for _, r in named], step) for step, _ in STEPS}
    for name, row in (*named, ("合计", sums)):
        cells = [wan_cell(row.get(step)) for step, _ in STEPS]
        rows.append((text(name), *cells, share_cell(row.get("paid_ytd"), row.get("budget"))))
    columns = (Column(first, 1.6), *(Column(word, 1.1, "number") for _, word in STEPS), Column("执行率", 0.9, "number"))
    return Table(key, title, columns, tuple(rows), ROUNDING, frozenset({len(rows) - 1}))


def _chart(rows: list[dict[str, Any]]) -> Chart:
    def wan(key: str) -> tuple[float | None, ...]:
        return tuple(None if (v := number(r.get(key))) is None else float(v / WAN) for r in rows)

    series = tuple(Series(word, wan(key)) for key, word in STEPS[:1] + STEPS[2:4])
    names = tuple(str(r["name"]) for r in rows)
    return Chart(
        "subsidies", "column", "各项补贴的预算、核定与拨付", "万元", names, series, 2, "各项补贴的年度预算、累计核定与累计拨付"
    )
