"""The letter to a provider: its star and why, what would change it, its history, and how to object. Word, in the official layout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dashboard.format import NONE, fmt_date, fmt_month, fmt_number, star_word
from dashboard.reports.model import Cell, Column, Issue, Paragraph, Report, Section, Table
from dashboard.warehouse.burdens import NO_SINGLE, floor_words

if TYPE_CHECKING:
    from dashboard.warehouse import Warehouse
    from dashboard.warehouse.burdens import Burdens
    from dashboard.warehouse.types import Evidence, Rating


@dataclass(frozen=True)
class Letter(Report):
    """A report of one provider with a heading of its own."""

    heading: str = ""

    @property
    def addressee(self) -> str:
        """The provider."""
        return self.area_name

    @property
    def title(self) -> str:
        """The heading of the letter."""
        return self.heading


def provider_letter(w: Warehouse, provider: Any, month: Any, bureau: str, issued_by: str, now: datetime) -> tuple[str, bytes]:
    """(name of the provider, bytes of the .docx). ``bureau`` signs it, ``issued_by`` stands in the footer; what it was downloaded for is the
    house's own affair and stays in the audit trail. Unknown for a provider that the reader does not see."""
    from dashboard.reports import word

    letter = compose(w, provider, month, bureau)
    return letter.area_name, word.render(letter, Issue(issued_by, now, signed=bureau, bureau=bureau))


def compose(w: Warehouse, provider: Any, month: Any, bureau: str) -> Letter:
    """The letter's content; every sentence is made of stored figures and the policy's own words."""
    found, rating = w.provider(provider, month), w.rating(provider, month)
    name, area = str(found["name"]), w.area(found["community_code"])
    sections = [_result(rating), _evidence(w, rating), *_changes(w, provider, month, rating), *_others(w, provider, month), _history(w, provider, month)]
    sections.append(Section("rights", "异议与咨询", (Paragraph(
        f"对本函所列事实有异议的，可向{bureau}提交书面说明和有关材料，由{bureau}核对原始记录；经核对确有差错的，更正记录后重新计算并书面告知。"
        "本函为监管评级结果的告知，不是行政处罚或退出决定。"),)))  # fmt: skip
    return Letter(
        area_code=area.code, area_name=name, area_path="".join(a.name for a in w.path(area.code)), level=3, month=rating.month,
        number=f"{provider}-{rating.month.replace('-', '')}", region_name=w.root.name, data_date=w.snapshot.data_date, run_id=w.snapshot.run_id,
        synthetic=bool(w.snapshot.synthetic), sections=tuple(sections), heading="养老服务监管评级告知函",
    )  # fmt: skip


def _result(rating: Rating) -> Section:
    when = fmt_month(rating.month)
    if rating.star is None:
        text = f"经评定，你单位{when}监管评级为暂不评级，原因：{rating.missing or '证据不足'}。"
    else:
        text = f"经评定，你单位{when}监管评级为{star_word(rating.star)}，得{fmt_number(rating.score, 1)}分，可信度{rating.confidence or NONE}。"
    blocks: list[Any] = [Paragraph(text + f"评定依据为监管评级办法{rating.policy_version or ''}版，所用记录截至当月月末。")]
    if rating.cap_because and rating.star is not None:
        blocks.append(Paragraph(f"按得分应为{star_word(rating.uncapped_star)}，因{rating.cap_because}，星级不高于{star_word(rating.star)}。"))
    if rating.domains:
        rows = tuple(
            (Cell(d.domain), Cell(fmt_number(d.score, 1) if d.score is not None else "没有数据"),
             Cell(fmt_number(d.applied_weight * (100 if d.applied_weight <= 1 and d.applied_weight else 1), 0) + "%" if d.score is not None else NONE))
            for d in rating.domains
        )  # fmt: skip
        blocks.append(Table("domains", "各领域得分", (Column("领域", 2), Column("得分", 1, "number"), Column("权重", 1, "number")), rows))
    return Section("result", "评定结果", tuple(blocks))


def _record(w: Warehouse, e: Evidence) -> str:
    """What a fact rests on, as people call it: the number of a record, or a figure by its name and month."""
    if e.source_table == "provider_figure":
        code, _, rest = (e.row_key or "").partition("/")
        return f"{w.indicator(code).name}，{fmt_month(rest.rpartition('/')[2])}" if code in w.snapshot.indicators else NONE
    return e.row_key or NONE


def _evidence(w: Warehouse, rating: Rating) -> Section:
    rows = tuple(
        (Cell(e.domain), Cell(e.sentence), Cell(fmt_number(e.points, 1) if e.points else "0"), Cell(e.basis or NONE), Cell(_record(w, e)))
        for e in rating.evidence
    )  # fmt: skip
    columns = (Column("领域", 1.1), Column("事实", 4.2), Column("分值", 0.7, "number"), Column("条款", 1.9), Column("记录编号", 1.5))
    if not rows:
        return Section("evidence", "评定依据", (Paragraph("本月没有计入评定的记录。"),))
    lead = Paragraph(f"各领域以100分为基准，按下列{len(rows)}条事实加减；事实之后为所依据的条款和原始记录编号。")
    return Section("evidence", "评定依据", (lead, Table("evidence", "逐条依据", columns, rows)))


def _changes(w: Warehouse, provider: Any, month: Any, rating: Rating) -> list[Section]:
    """What gains and loses a star, as computed for the latest month; without any gain, where to begin."""
    if rating.star is None or rating.month != w.latest_month:
        return []
    found = w.changes(provider, month)
    gains, losses = [c for c in found if c.direction == "gain"], [c for c in found if c.direction == "lose"]
    blocks: list[Any] = []
    if found:
        blocks.append(Paragraph("以下各项以本月记录按现行办法逐项重新计算得出，其他单位不变；实际结果以届时评定为准。"))
    if not gains:
        blocks += [Paragraph("你单位已是五星。")] if rating.star == 5 else _begin(w.burdens(provider, month))
    for title, changes in (("可升星的途径", gains), ("会降星的情形", losses)):
        if changes:
            rows = tuple((Cell(str(i)), Cell(c.sentence)) for i, c in enumerate(changes, 1))
            blocks.append(Table(f"changes_{changes[0].direction}", title, (Column("序号", 0.5, "number"), Column("情形与结果", 6)), rows))
    return [Section("changes", "怎样改变星级", tuple(blocks))]


def _begin(b: Burdens) -> list[Any]:
    """Plain words where no one or two steps suffice, the caps in force, and the heaviest deductions; each with what ends it."""
    blocks: list[Any] = [Paragraph(NO_SINGLE)]
    if b.caps:
        rows = tuple((Cell(str(i)), Cell(c.sentence), Cell(c.ends)) for i, c in enumerate(b.caps, 1))
        blocks.append(Table("caps", "限制星级的事项", (Column("序号", 0.5, "number"), Column("事实", 3.6), Column("如何解除", 2.4)), rows))
    if b.deductions:
        taken = tuple((Cell(str(i)), Cell(d.sentence), Cell(fmt_number(d.points, 1)), Cell(d.ends)) for i, d in enumerate(b.deductions, 1))
        columns = (Column("序号", 0.5, "number"), Column("事实", 3.2), Column("扣分", 0.7, "number"), Column("如何消除", 2.4))
        blocks.append(Table("deductions", f"扣分最重的{len(taken)}项（共{b.total}项）", columns, taken, floor_words(b.full)))
    return blocks


def _others(w: Warehouse, provider: Any, month: Any) -> list[Section]:
    rows = tuple(
        (Cell(s.name), Cell(f"{s.peers}"), Cell(f"第{s.place}" if s.place else NONE), Cell(fmt_number(s.mean_star, 2)), Cell(fmt_number(s.mean_score, 1)))
        for s in w.standings(provider, month)
    )  # fmt: skip
    columns = (Column("范围", 2.4), Column("已评级单位", 1, "number"), Column("位次", 1, "number"), Column("平均星级", 1, "number"), Column("平均得分", 1, "number"))
    return [Section("others", "同类与街道比较", (Table("others", "比较", columns, rows),))] if rows else []


def _history(w: Warehouse, provider: Any, month: Any) -> Section:
    months = [m for m in w.rated_months(provider) if m.month <= month][-24:]
    rows = tuple(
        (Cell(fmt_month(m.month)), Cell(star_word(m.star)), Cell(fmt_number(m.score, 1) if m.score is not None else NONE), Cell(m.confidence or NONE), Cell(m.version or NONE))
        for m in reversed(months)
    )  # fmt: skip
    columns = (Column("月份", 1.4), Column("星级", 1.2), Column("得分", 1, "number"), Column("可信度", 1), Column("办法版本", 1.4))
    note = f"数据时点：{fmt_date(w.snapshot.data_date)}"
    return Section("history", "历月评级", (Table("history", "近24个月评级", columns, rows, note),))
