"""数据质量, 下月工作提示: how far the figures carry, and what they ask for."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from dashboard.format import (
    MODULE_STATES,
    exit_word,
    fmt_date,
    fmt_month,
    fmt_share,
    fmt_target,
    fmt_value,
    module_word,
    number,
)
from dashboard.reports.content.context import Context, count_cell, date_cell, listing, share_cell, text
from dashboard.reports.content.money import total
from dashboard.reports.content.state import gap
from dashboard.reports.model import Block, Cell, Column, Heading, Paragraph, Section, Table
from dashboard.warehouse import Unknown

MOST_REVISIONS = 12
BEHIND_PLAN = Decimal("0.9")
"""Payment is called slow where it is below this share of the year gone by."""


def quality(c: Context) -> Section:
    """Modules with their state; where the reader may see them, loads and rejected rows."""
    modules = c.w.modules()
    number_of = Counter(m["status"] for m in modules)
    parts = [f"{mark.word}{number_of[s]}个" for s, mark in MODULE_STATES.items() if number_of.get(s)]
    said = f"本期数据来自{len(modules)}个模块：{'、'.join(parts)}；数据时点{fmt_date(c.w.snapshot.data_date)}。"
    trouble = [f"{m['title']}（{m['owner']}）{m['message']}" for m in modules if m["status"] != "ok" and m["message"]]
    if trouble:
        said += "；".join(t.rstrip("。") for t in trouble) + "。"
    rows = []
    for m in modules:
        mark = MODULE_STATES.get(m["status"])
        cells = (
            Cell(str(mark) if mark else text(m["status"]).text),
            date_cell(m["data_date"]),
            count_cell(m["rows"]),
            text(m["cadence"]),
        )
        rows.append((text(m["title"]), text(m["owner"]), *cells))
    columns = (
        Column("数据模块", 1.3), Column("报送单位", 1.8), Column("状态", 1.1), Column("数据时点", 1.2, "date"), Column("记录数（条）", 1.1, "number"),
        Column("报送频次", 1.5),
    )  # fmt: skip
    blocks: list[Block] = [Paragraph(said), Table("modules", "数据模块状态", columns, tuple(rows))]
    blocks += _loads(c)
    return Section("quality", "数据质量", tuple(blocks))


def _loads(c: Context) -> list[Block]:
    try:
        loads = c.w.loads()
        rejected = c.w.quarantine(limit=5000)
    except Unknown:
        return []
    sums = {k: sum(int(r[k] or 0) for r in loads) for k in ("read", "loaded", "quarantined", "superseded")}
    said = (
        f"最近一次汇集共读取{sums['read']:,}条，入库{sums['loaded']:,}条，隔离{sums['quarantined']:,}条，"
        f"被后续报送替代{sums['superseded']:,}条，隔离率{fmt_share(sums['quarantined'], sums['read'], 2)}。"
    )
    titles = {m["module"]: m["title"] for m in c.w.modules()}
    place = {col.name: i for i, col in enumerate(rejected.columns)}
    why = Counter((r[place["module"]], r[place["column_title"]], r[place["sentence"]]) for r in rejected.rows)
    blocks: list[Block] = [Heading("汇集与隔离"), Paragraph(said), *_revisions(c, titles)]
    if why:
        most = sum(why.values())
        rows = [
            (text(titles.get(module, module)), text(column), text(sentence), count_cell(n), share_cell(n, most))
            for (module, column, sentence), n in sorted(why.items(), key=lambda item: (-item[1], str(item[0])))[:12]
        ]
        columns = (
            Column("数据模块", 1.2), Column("字段", 1.2), Column("原因", 3), Column("记录（条）", 1, "number"), Column("占比", 0.8, "number"),
        )  # fmt: skip
        note = f"{c.w.root.name}范围内的隔离记录共{rejected.total:,}条"
        note += "。" if rejected.total <= most else f"，按最先的{most:,}条统计。"
        blocks.append(Table("quarantine", "隔离记录的主要原因", columns, tuple(rows), note))
    return blocks


def _revisions(c: Context, titles: dict[str, str]) -> list[Block]:
    """What was corrected in months up to the report's own since that month ended: figures handed in before may differ."""
    found = [r for r in c.w.revisions(c.month_end) if r["month"] <= c.month]
    if not found:
        return [Paragraph("月末以来，已报各月的数据没有修订。")]
    of: dict[tuple[str, str], list[int]] = {}
    for r in found:
        sums = of.setdefault((r["module"], r["month"]), [0, 0, 0])
        for k, what in enumerate(("added", "changed", "removed")):
            sums[k] += int(r[what])
    months = {month for _, month in of}
    modules = listing(sorted({titles.get(m, m) for m, _ in of}), 5)
    said = f"月末以来，{modules}迟报或更正了已报月份的数据，涉及{len(months)}个月；本报告各表均为修订后的数据，与此前报出的不同之处以本报告为准。"
    most = sorted(of.items(), key=lambda item: (-sum(item[1]), item[0]))[:MOST_REVISIONS]
    rows = [(text(titles.get(m, m)), text(fmt_month(month)), *map(count_cell, sums)) for (m, month), sums in most]
    columns = (
        Column("数据模块", 1.6), Column("修订月份", 1.3), Column("新增（条）", 1, "number"), Column("更改（条）", 1, "number"), Column("删除（条）", 1, "number"),
    )  # fmt: skip
    note = f"共{len(of)}项，列出记录最多的{len(most)}项。" if len(of) > len(most) else ""
    return [Paragraph(said), Table("revisions", "月末以来已报月份的修订", columns, tuple(rows), note)]


def hints(c: Context) -> Section:
    """What the figures ask to be done next month, by rule; numbered 1., 2., …"""
    found = [h for rule in (_targets, _certificates, _rectifications, _exits, _money, _assessments, _sources) if (h := rule(c))]
    if not found:
        return Section("hints", "下月工作提示", (Paragraph("各项指标没有需要特别提示的事项。"),))
    return Section("hints", "下月工作提示", tuple(Paragraph(f"{n}. {h}") for n, h in enumerate(found, start=1)))


def _targets(c: Context) -> str:
    behind = [(k, f) for k, f in c.all_figures.items() if f.verdict == "behind"]
    if not behind:
        return ""
    said = "；".join(
        f"{c.ind(k).name}{fmt_value(c.ind(k), f)}，目标{fmt_target(c.ind(k), f.target)}{gap(c.ind(k), f)}" for k, f in behind
    )
    due = min((f.due for _, f in behind if f.due), default="")
    return f"抓紧补齐滞后指标{len(behind)}项" + (f"（最早于{fmt_month(due)}到期）" if due else "") + f"：{said}。"


def _certificates(c: Context) -> str:
    if not c.value("cert_expiring_90d"):
        return ""
    worst = [p for p in c.w.by_provider(["cert_expiring_90d"], c.area.code, c.month) if p["cert_expiring_90d"].part]
    worst.sort(key=lambda p: (-p["cert_expiring_90d"].part, p["provider_id"]))
    named = listing([p["name"] for p in worst], 3)
    return f"90天内有{c.say('cert_expiring_90d')}护理员证书到期" + (f"，涉及{named}" if named else "") + "，请督促及时换证。"


def _rectifications(c: Context) -> str:
    if not c.value("findings_overdue") and not c.value("major_findings"):
        return ""
    return f"逾期未整改问题{c.say('findings_overdue')}、未整改重大隐患{c.say('major_findings')}，请逐项督办并安排复查。"


def _exits(c: Context) -> str:
    states = Counter(p["exit_state"] for p in c.w.exits(c.area.code, c.month))
    parts = [f"{exit_word(s)}{states[s]}家" for s in ("exit_proposed", "rectifying") if states.get(s)]
    moved = "；拟退出的同步做好老年人安置" if states.get("exit_proposed") else ""
    said = f"{'、'.join(parts)}，请按程序办理{moved}。" if parts else ""
    met = states.get("exit_candidate")
    return said + (f"符合退出条件{met}家，请逐家研究是否立案。" if met else "")


def _money(c: Context) -> str:
    if c.level > 2:
        return ""
    rows = c.w.subsidies(c.area.code, c.month)
    gone = Decimal(int(c.month[5:7])) / 12
    slow = []
    for row in rows:
        budget, paid = number(row["budget"]), number(row["paid_ytd"])
        if budget and paid is not None and paid / budget < gone * BEHIND_PLAN:
            slow.append(f"{row['name']}{fmt_share(paid, budget)}")
    budget, paid = total(rows, "budget"), total(rows, "paid_ytd")
    over = [str(r["name"]) for r in rows if (b := number(r["budget"])) and (p := number(r["paid_ytd"])) is not None and p > b]
    if not slow and not over:
        return ""
    said = f"预算执行率{fmt_share(paid, budget)}，时间进度{fmt_share(gone, 1)}"
    said += f"；执行偏慢的项目：{'、'.join(slow)}" if slow else ""
    return said + (f"；累计拨付已超年度预算的项目：{'、'.join(over)}，请核实" if over else "") + "。"


def _assessments(c: Context) -> str:
    return f"能力评估逾期或未评估{c.say('assessment_overdue')}，请安排评估机构补评。" if c.value("assessment_overdue") else ""


def _sources(c: Context) -> str:
    late: list[dict[str, Any]] = [m for m in c.w.modules() if m["status"] != "ok"]
    if not late:
        return ""
    return "请督促报送数据：" + "；".join(f"{m['title']}（{m['owner']}，{module_word(m['status'])}）" for m in late) + "。"
