"""总体情况, 指标完成情况, 排名: where the area stands."""

from __future__ import annotations

from collections import Counter

from dashboard.format import (
    NONE,
    VERDICTS,
    delta_unit,
    fmt_date,
    fmt_delta,
    fmt_month,
    fmt_number,
    fmt_target,
    fmt_value,
    rounded,
    verdict_mark,
)
from dashboard.reports.content.context import Context, figure_cell, listing, ranked, text
from dashboard.reports.model import Block, Cell, Chart, Column, Heading, Paragraph, Section, Series, Table
from dashboard.warehouse import Figure, Forecast
from etl.indicators import Indicator

GROUPS = ("老年人", "床位", "设施", "护理人员", "服务", "医养", "资金", "监管")
MAIN = (
    "elders_60", "elders_80", "living_alone", "disabled", "dementia", "assessment_coverage", "assessment_overdue", "beds", "occupancy",
    "waiting_people", "sites_open", "site_visits_daily", "caregivers", "cert_expiring_90d", "turnover_12m", "orders", "order_completion",
    "on_time_rate", "sign_in_compliance", "satisfaction", "revisit_rate", "meals", "meal_reach", "emergency_answer_p90", "emergency_arrival_p90",
    "subsidy_paid", "execution_rate", "pay_days_median", "returned_payments", "inspections_done", "findings_open", "rectified_on_time",
    "major_findings", "complaints_per_1000_orders", "complaint_answered_in_time", "provider_star_mean", "alarm_handled_p90", "bank_hours_earned",
)  # fmt: skip
"""What paper shows of the watched figures; the workbook shows all of them."""
RANKED_BY = ("caregiver_cert_rate", "order_completion", "nursing_bed_share")
BESIDE = (
    "caregivers", "caregiver_cert_rate", "order_completion", "on_time_rate", "satisfaction", "provider_star_mean", "findings_open",
    "complaints",
)  # fmt: skip


def overview(c: Context) -> Section:
    """Who lives here, who serves them, how far the targets are, in a few sentences."""
    blocks: list[Block] = []
    where = c.area.name
    if c.value("elders_60"):
        part = f"截至{fmt_date(c.month_end)}，{where}有60岁及以上老年人{c.say('elders_60')}"
        if c.value("elders_80") is not None:
            part += f"，其中80岁及以上{c.say('elders_80')}"
        groups = [(c.say(k), w) for k, w in (("living_alone", "独居"), ("disabled", "失能"), ("dementia", "失智")) if c.value(k)]
        part += ("；" + "、".join(f"{w}{v}" for v, w in groups) if groups else "") + "。"
        blocks.append(Paragraph(part))
    else:
        blocks.append(Paragraph(f"截至{fmt_date(c.month_end)}，{where}没有老年人口数据。"))
    facts = []
    if c.value("providers") is not None:
        facts.append(f"在营服务单位{c.say('providers')}")
    if c.value("sites_open"):
        facts.append(f"开放站点{c.say('sites_open')}")
    if c.value("beds"):
        beds = f"养老床位{c.say('beds')}"
        facts.append(beds + (f"（入住率{c.say('occupancy')}）" if c.value("occupancy") is not None else ""))
    if c.value("caregivers"):
        facts.append(f"在岗护理员{c.say('caregivers')}，持证率{c.say('caregiver_cert_rate')}" + c.changes("caregiver_cert_rate"))
    if facts:
        blocks.append(Paragraph("月末有" + "，".join(facts) + "。"))
    if c.value("orders"):
        part = f"本月服务工单{c.say('orders')}{c.changes('orders')}"
        extra = [(w, c.say(k)) for k, w in (("order_completion", "完成率"), ("satisfaction", "满意度")) if c.value(k) is not None]
        blocks.append(Paragraph(part + "；" + "，".join(f"{w}{v}" for w, v in extra) + "。" if extra else part + "。"))
    else:
        blocks.append(Paragraph("本月没有服务工单。"))
    verdicts: Counter[str] = Counter(f.verdict for f in c.all_figures.values() if f.verdict)
    if verdicts:
        words = [f"{VERDICTS[v].word}{n}项" for v in VERDICTS if (n := verdicts.get(v))]
        blocks.append(Paragraph(f"列入计划目标的{sum(verdicts.values())}项指标中，{'、'.join(words)}。"))
    return Section("overview", "总体情况", tuple(blocks))


def indicators(c: Context) -> Section:
    """Targets with verdict and forecast, then everything else that is watched."""
    aimed = {k: f for k, f in c.all_figures.items() if f.target is not None}
    others = {k: f for k, f in c.all_figures.items() if f.target is None and (f.value is not None or f.previous is not None)}
    blocks: list[Block] = []
    if aimed:
        blocks += [Heading("计划目标完成情况"), *_behind(c, aimed), _targets(c, aimed)]
    main = {k: f for k, f in others.items() if k in MAIN}
    if main:
        note = f"全部{len(others)}项监测指标见同期 Excel 月报的“监测指标”表。" if len(others) > len(main) else ""
        blocks += [Heading("主要监测指标"), _watched(c, main, "main", "主要监测指标", note)]
    if others:
        blocks.append(_watched(c, others, "watched", "监测指标"))
    if not blocks:
        blocks.append(Paragraph("本月没有可报告的指标。"))
    return Section("indicators", "指标完成情况", tuple(blocks))


def gap(indicator: Indicator, figure: Figure) -> str:
    """``差1.6个百分点``: from the printed figure to the target; empty where it cannot be said."""
    value, target = rounded(figure.value, indicator.decimals), rounded(figure.target, indicator.decimals)
    if value is None or target is None or value == target:
        return ""
    return f"，距目标差{fmt_number(abs(target - value), indicator.decimals)}{delta_unit(indicator)}"


def _behind(c: Context, aimed: dict[str, Figure]) -> list[Block]:
    def said(code: str) -> str:
        i = c.ind(code)
        return f"{i.name}{fmt_value(i, aimed[code])}（目标{fmt_target(i, aimed[code].target)}{gap(i, aimed[code])}）"

    found: list[Block] = []
    for verdict, lead in (("behind", "滞后的指标"), ("on_pace", "有望按期完成的指标")):
        codes = [k for k, f in aimed.items() if f.verdict == verdict]
        if codes:
            found.append(Paragraph(f"{lead}{len(codes)}项：" + "；".join(said(k) for k in codes) + "。"))
    if not found and all(f.verdict == "met" for f in aimed.values()):
        found.append(Paragraph("列入计划目标的指标全部达标。"))
    return found


def forecast_text(indicator: Indicator, forecast: Forecast | None) -> str:
    """``2026年12月 94.8%（93.9%至95.7%）``: the last month of the forecast with its 80 % interval."""
    if forecast is None or not forecast.points:
        return NONE
    p = forecast.points[-1]
    mid, low, high = (fmt_value(indicator, v) for v in (p.mid, p.low, p.high))
    return f"{fmt_month(p.month)} {mid}（{low}至{high}）"


def _targets(c: Context, aimed: dict[str, Figure]) -> Table:
    rows = []
    for code, figure in aimed.items():
        i = c.ind(code)
        rows.append(
            (
                text(i.name),
                figure_cell(i, figure),
                Cell(fmt_delta(i, figure, figure.previous)),
                Cell(fmt_delta(i, figure, figure.year_ago)),
                Cell(fmt_target(i, figure.target)),
                Cell(verdict_mark(figure.verdict)),
                Cell(forecast_text(i, c.w.forecast(code, c.area.code, c.month))),
            )
        )
    columns = (
        Column("指标", 2.3), Column("本月", 0.95, "number"), Column("环比", 1.6, "number"), Column("同比", 1.6, "number"),
        Column("目标", 1.1, "number"), Column("评价", 1.1), Column("到期预测（80%区间）", 2.4),
    )  # fmt: skip
    note = "评价：● 达标，◐ 有望（按近12个月走势可在期限内达到），▲ 滞后，○ 数据不足。同比为与上年同月之差。"
    return Table("targets", "计划目标完成情况", columns, tuple(rows), note)


def _watched(c: Context, others: dict[str, Figure], key: str, title: str, note: str = "") -> Table:
    rows, printed = [], key == "main"
    groups = {name: n for n, name in enumerate(GROUPS)}
    for code, figure in sorted(others.items(), key=lambda item: groups.get(c.w.indicator(item[0]).group, len(groups))):
        i = c.ind(code, printed)
        cells = (figure_cell(i, figure), Cell(fmt_delta(i, figure, figure.previous)), Cell(fmt_delta(i, figure, figure.year_ago)))
        rows.append((text(i.group), text(i.name), *cells))
    columns = (
        Column("类别", 1.0),
        Column("指标", 3.2),
        Column("本月", 1.4, "number"),
        Column("环比", 1.6, "number"),
        Column("同比", 1.6, "number"),
    )
    return Table(key, title, columns, tuple(rows), note, printed=printed)


def ranking(c: Context) -> Section | None:
    """The areas one level below, best first; None at a community, which has none below."""
    code = next((k for k in RANKED_BY if c.has(k)), None)
    if not c.children or code is None:
        return None
    i = c.ind(code)
    places = ranked(c.w.by_child(code, c.area.code, c.month), i)
    known = [(p, a, f) for p, a, f in places if p is not None]
    title = f"{c.lower}排名"
    if not known:
        return Section("ranking", title, (Paragraph(f"本月各{c.lower}均没有{i.name}数据。"),))
    blocks: list[Block] = [Paragraph(_placed(c, i, known))]
    target = next((f.target for _, _, f in known if f.target is not None), None)
    series = [Series(i.label, tuple(f.value for _, _, f in known))]
    if target is not None:
        series.append(Series("目标", (target,), "target"))
    blocks.append(
        Chart(
            "ranking",
            "bar",
            f"{fmt_month(c.month)}各{c.lower}{i.name}",
            i.unit,
            tuple(a.name for _, a, _ in known),
            tuple(series),
            i.decimals,
            f"各{c.lower}{i.name}由高到低排列，首位{known[0][1].name}{fmt_value(i, known[0][2])}",
        )
    )
    codes = [k for k in BESIDE if k in c.w.snapshot.indicators and c.level + 1 in c.w.indicator(k).levels]
    many = c.w.by_child_many(codes, c.area.code, c.month)
    rows = []
    for place, area, _ in places:
        cells = [figure_cell(c.ind(k), many[area.code][k], unit=c.ind(k).unit == "%") for k in codes]
        rows.append((Cell(str(place), place, "0") if place else Cell(NONE), text(area.name), *cells))
    heads = [Column(_head(c.ind(k)), 1.05, "number") for k in codes]
    columns = (Column("名次", 0.7, "number"), Column(c.lower, 1.7), *heads)
    blocks.append(Table("ranking", f"各{c.lower}主要指标（按{i.name}排序）", columns, tuple(rows)))
    return Section("ranking", title, tuple(blocks))


def _head(indicator: Indicator) -> str:
    return indicator.label if indicator.unit == "%" else f"{indicator.label}（{indicator.unit}）"


def _placed(c: Context, i: Indicator, known: list[tuple[int, object, Figure]]) -> str:
    def said(items: list[tuple[int, object, Figure]]) -> str:
        return "、".join(f"{a.name}（{fmt_value(i, f)}）" for _, a, f in items)  # type: ignore[attr-defined]

    ends = 3 if len(known) >= 8 else 1
    sentence = f"按{i.name}排序，居前的是{said(known[:ends])}"
    sentence += f"，居后的是{said(known[-ends:])}。" if len(known) > 2 * ends - 1 and len(known) > 1 else "。"
    met = [a.name for _, a, f in known if f.verdict == "met"]  # type: ignore[attr-defined]
    if any(f.target is not None for _, _, f in known):
        sentence += f"{len(known)}个{c.lower}中达标{len(met)}个" + (f"（{listing(met, 6, '个')}）。" if met else "。")
    return sentence
