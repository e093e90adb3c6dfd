"""服务单位评级与退出, 检查与整改, 投诉."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from dashboard.format import EXIT_STATES, exit_word, star_word
from dashboard.reports.content.context import Context, count_cell, date_cell, figure_cell, listing, share_cell, text
from dashboard.reports.model import Block, Cell, Chart, Column, Heading, Paragraph, Section, Series, Table

STARS = (5, 4, 3, 2, 1, None)
LISTED = 30


def ratings(c: Context) -> Section:
    """Stars by kind, and every provider whose exit state is not normal."""
    listed = c.w.providers(c.area.code, c.month)
    operating = [p for p in listed if p.get("operating", True) and p["exit_state"] != "exited"]
    if not listed:
        return Section("ratings", "服务单位评级与退出", (Paragraph(f"{c.area.name}没有服务单位。"),))
    rated = [p for p in operating if p["star"]]
    said = f"月末在营服务单位{len(operating)}家，参加监管评级{len(rated)}家，暂不评级{len(operating) - len(rated)}家"
    if c.value("provider_star_mean") is not None:
        said += f"，平均{c.say('provider_star_mean')}{c.changes('provider_star_mean')}"
    low = [p["name"] for p in rated if p["star"] <= 2]
    said += f"。一、二星单位{len(low)}家" + (f"：{listing(low)}。" if low else "。")
    capped = [p for p in rated if p.get("cap_because") and (p.get("uncapped_star") or 0) > p["star"]]
    if capped:
        said += f"因一票否决事项限制星级{len(capped)}家。"
    blocks: list[Block] = [Heading("监管评级"), Paragraph(said)]
    if rated:
        blocks += [_stars_chart(operating), _stars_table(operating)]
    blocks += [Heading("退出监管"), *_exits(c)]
    return Section("ratings", "服务单位评级与退出", tuple(blocks))


def _stars_chart(operating: list[dict[str, Any]]) -> Chart:
    number = Counter(p["star"] for p in operating)
    names = tuple(star_word(s) for s in STARS)
    values = tuple(float(number.get(s, 0)) for s in STARS)
    return Chart("stars", "column", "服务单位星级分布", "家", names, (Series("单位数", values),), 0, "各星级服务单位数")


def _stars_table(operating: list[dict[str, Any]]) -> Table:
    kinds = list(dict.fromkeys(sorted(p["kind"] for p in operating)))
    number = Counter((p["kind"], p["star"]) for p in operating)
    rows = []
    for kind in kinds:
        counts = [number[kind, s] for s in STARS]
        rows.append((text(kind), *(count_cell(n) for n in counts), count_cell(sum(counts))))
    sums = [sum(number[k, s] for k in kinds) for s in STARS]
    rows.append((text("合计"), *(count_cell(n) for n in sums), count_cell(sum(sums))))
    columns = (Column("单位类别", 1.7), *(Column(star_word(s), 0.9, "number") for s in STARS), Column("合计", 0.8, "number"))
    return Table("stars", "各类服务单位星级分布（家）", columns, tuple(rows), strong=frozenset({len(rows) - 1}))


def _exits(c: Context) -> list[Block]:
    cases = c.w.exits(c.area.code, c.month)
    if not cases:
        return [Paragraph("月末没有处于关注、整改、拟退出状态或符合退出条件的服务单位。")]
    number = Counter(p["exit_state"] for p in cases)
    parts = [f"{m.word}{number[s]}家" for s, m in EXIT_STATES.items() if number.get(s) and s != "exit_candidate"]
    order = list(EXIT_STATES)
    cases.sort(
        key=lambda p: (
            p["exit_state"] == "exited",
            -order.index(p["exit_state"]),
            str(p.get("exit_since") or ""),
            p["provider_id"],
        )
    )
    watched = [p["name"] for p in cases if p["exit_state"] == "watch"]
    cases = [p for p in cases if p["exit_state"] != "watch"]
    rows = []
    for p in cases[:LISTED]:
        # The criterion that decided the state, in its own sentence; the page lists every fact, a report of forty pages is read by nobody.
        leading = p.get("exit_basis") or ""
        others = [b for b in dict.fromkeys(r["basis"] for r in p["reasons"] if r.get("basis")) if b != leading]
        bases = leading + (f"（另符合{len(others)}项条件）" if others else "")
        rows.append(
            (
                text(p["name"]),
                text(p.get("street")),
                Cell(exit_word(p["exit_state"])),
                date_cell(p.get("exit_since")),
                text(brief(p.get("exit_because"))),
                text(bases),
            )
        )
    columns = (
        Column("服务单位", 1.7), Column("街道", 0.8), Column("状态", 1.05), Column("起始日期", 1.75, "date"), Column("事由", 3.1),
        Column("依据", 2.1),
    )  # fmt: skip
    more = "" if len(cases) <= LISTED else f"共{len(cases)}家，此处列前{LISTED}家。"
    note = f"{more}符合条件的，是否启动退出程序由民政部门集体审议决定；各单位全部事实见系统“退出监管”。"
    said = "月末处于退出监管程序的服务单位：" + "，".join(parts) + "。" if parts else ""
    if met := number.get("exit_candidate"):
        said += f"依监管数据符合退出条件、尚未书面告知拟退出的{met}家，是否启动退出程序由民政部门集体审议决定。"
    blocks: list[Block] = [Paragraph(said)]
    if watched:
        blocks.append(Paragraph(f"列入关注的单位：{'、'.join(watched)}。"))
    if rows:
        blocks.append(Table("exits", "整改、符合退出条件、拟退出和已退出单位", columns, tuple(rows), note))
    return blocks


_DECISION = re.compile("（[^（）]*集体审议决定）$")


def brief(because: Any) -> str:
    """A criterion's sentence with its first fact only, and without the reminder that stands under the table once."""
    said = _DECISION.sub("", str(because or ""))
    first, *others = said.split("；")
    return first + (f"；{others[-1]}" if others and others[-1].startswith("等") else "；等" if others else "")


def inspections(c: Context) -> Section | None:
    """What was inspected, what is open, who is overdue; None without the indicators."""
    if c.fig("inspections_done") is None:
        return None
    said = f"本月开展检查{c.say('inspections_done')}"
    if c.value("inspections_done"):
        said += (
            f"，合格率{c.say('inspection_pass_rate')}{c.changes('inspection_pass_rate')}"
            if c.value("inspection_pass_rate") is not None
            else ""
        )
    said += f"。月末未整改问题{c.say('findings_open')}"
    parts = [(c.say("major_findings"), "重大隐患"), (c.say("findings_overdue"), "逾期未整改")]
    said += "，其中" + "，".join(w + v for v, w in parts) + "。" if c.value("findings_open") else "。"
    if c.value("rectified_on_time") is not None:
        said += f"按期整改率{c.say('rectified_on_time')}{c.changes('rectified_on_time')}。"
    blocks: list[Block] = [Paragraph(said)]
    by_field, by_severity = c.count_by("findings_open", "field"), c.count_by("findings_open", "severity")
    if by_field and by_severity:
        total = sum(by_field.values())
        rows = [(text("监管领域"), text(k), count_cell(n), share_cell(n, total)) for k, n in by_field.most_common()]
        rows += [
            (text("严重程度"), text(k), count_cell(by_severity[k]), share_cell(by_severity[k], total))
            for k in _severities(by_severity)
        ]
        columns = (Column("分类", 1), Column("项目", 1.4), Column("问题数（项）", 1, "number"), Column("占比", 1, "number"))
        blocks.append(Table("findings", "月末未整改问题构成", columns, tuple(rows)))
    blocks += _overdue(c)
    return Section("inspections", "检查与整改", tuple(blocks))


def _severities(number: Counter[Any]) -> list[Any]:
    order = {"重大": 0, "严重": 1, "较重": 2, "一般": 3}
    return sorted(number, key=lambda s: order.get(s, 9))


def _overdue(c: Context) -> list[Block]:
    codes = [k for k in ("findings_overdue", "findings_open", "major_findings") if c.has(k)]
    if len(codes) < 3 or not c.value("findings_overdue"):
        return []
    late = [p for p in c.w.by_provider(codes, c.area.code, c.month) if p["findings_overdue"].part]
    late.sort(key=lambda p: (-p["findings_overdue"].part, -(p["findings_open"].part or 0), p["provider_id"]))
    if not late:
        return []
    rows = [
        (text(p["name"]), text(p["kind"]), text(p.get("street")), *(count_cell(p[k].part or 0) for k in codes))
        for p in late[:LISTED]
    ]
    columns = (
        Column("服务单位", 2.6), Column("类别", 1.3), Column("街道", 1.0), Column("逾期（项）", 0.9, "number"),
        Column("未整改（项）", 1.05, "number"), Column("重大（项）", 0.9, "number"),
    )  # fmt: skip
    note = "" if len(late) <= LISTED else f"共{len(late)}家，此处列前{LISTED}家。"
    return [Table("overdue", "有逾期未整改问题的单位", columns, tuple(rows), note)]


def complaints(c: Context) -> Section | None:
    """How many, about what, answered in time; None without the indicator."""
    if c.fig("complaints") is None:
        return None
    if not c.value("complaints"):
        return Section("complaints", "投诉", (Paragraph("本月没有受理养老服务投诉。"),))
    said = f"本月受理投诉{c.say('complaints')}{c.changes('complaints')}"
    if c.value("complaints_per_1000_orders") is not None:
        said += f"；每千单投诉{c.say('complaints_per_1000_orders')}"
    if c.value("complaint_answered_in_time") is not None:
        said += f"；按期办结率{c.say('complaint_answered_in_time')}"
    if c.value("complaint_satisfied") is not None:
        said += f"，办理满意率{c.say('complaint_satisfied')}"
    blocks: list[Block] = [Paragraph(said + "。")]
    subjects = c.count_by("complaints", "subject")
    if subjects:
        total = sum(subjects.values())
        rows = tuple((text(k), count_cell(n), share_cell(n, total)) for k, n in subjects.most_common(12))
        columns = (Column("诉求类别", 2), Column("件数（件）", 1, "number"), Column("占比", 1, "number"))
        blocks.append(Table("complaint_subjects", "投诉诉求类别", columns, rows))
    most = [p for p in c.w.by_provider(["complaints"], c.area.code, c.month) if p["complaints"].part]
    most.sort(key=lambda p: (-p["complaints"].part, p["provider_id"]))
    if most and most[0]["complaints"].part >= 2:
        i = c.ind("complaints")
        names = [f"{p['name']}（{figure_cell(i, p['complaints'].part).text}）" for p in most[:5] if p["complaints"].part >= 2]
        blocks.append(Paragraph(f"投诉较集中的单位：{'、'.join(names)}。"))
    return Section("complaints", "投诉", tuple(blocks))
