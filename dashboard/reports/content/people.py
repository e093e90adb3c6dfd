"""护理员持证: by level, by area, soon to expire, and the providers that lag most."""

from __future__ import annotations

from dashboard.format import CERT_LEVELS, fmt_month, fmt_share, fmt_value
from dashboard.reports.content.context import Context, count_cell, figure_cell, share_cell, text
from dashboard.reports.model import Block, Chart, Column, Heading, Paragraph, Section, Series, Table

RATE, STAFF, EXPIRING = "caregiver_cert_rate", "caregivers", "cert_expiring_90d"
LOWEST = 10


def caregivers(c: Context) -> Section | None:
    """None where the indicator does not exist at this level."""
    rate = c.fig(RATE)
    if rate is None:
        return None
    i = c.ind(RATE)
    if not rate.whole:
        return Section("caregivers", "护理员持证", (Paragraph(f"{c.area.name}月末没有在岗护理员，持证率无法计算。"),))
    said = (
        f"月末在岗护理员{_people(rate.whole)}，其中持有效证书{_people(rate.part)}，持证率{fmt_value(i, rate)}{c.changes(RATE)}。"
    )
    if c.value(EXPIRING) is not None:
        said += f"90天内证书到期{c.say(EXPIRING)}。" if c.value(EXPIRING) else "90天内没有证书到期。"
    if c.value("senior_share") is not None:
        said += f"高级工及以上占{c.say('senior_share')}。"
    blocks: list[Block] = [Paragraph(said), _trend(c), *_levels(c, float(rate.whole))]
    if c.children:
        blocks += _areas(c)
    blocks += _lowest(c)
    return Section("caregivers", "护理员持证", tuple(blocks))


def _people(value: float | None) -> str:
    return count_cell(value).text + "人"


def _trend(c: Context) -> Chart:
    i = c.ind(RATE)
    points = c.w.trend(RATE, c.area.code, 24, c.month)
    forecast = c.w.forecast(RATE, c.area.code, c.month)
    ahead = forecast.points if forecast else []
    months = [p.month for p in points] + [p.month for p in ahead]
    series = [Series(i.label, (*(p.value for p in points), *(None for _ in ahead)))]
    if ahead:
        # The dashed line starts at the last true point, so that the two join.
        series.append(Series("预测", (*(None for _ in points[:-1]), points[-1].value, *(p.mid for p in ahead)), "dashed"))
    figure = c.fig(RATE)
    if figure is not None and figure.target is not None:
        series.append(Series("目标", tuple(figure.target for _ in months), "target"))
    return Chart(
        "cert_trend", "line", f"{i.name}走势", i.unit, tuple(f"{m[2:4]}年{int(m[5:])}月" for m in months), tuple(series), i.decimals,
        f"{fmt_month(points[0].month)}至{fmt_month(c.month)}的{i.name}逐月走势",
    )  # fmt: skip


def _levels(c: Context, whole: float) -> list[Block]:
    codes = [(level, f"cert_level_{level}") for level in sorted(CERT_LEVELS, reverse=True) if c.has(f"cert_level_{level}")]
    if not codes:
        return []
    rows = []
    for level, code in codes:
        figure = c.all_figures[code]
        c.ind(code)
        rows.append((text(CERT_LEVELS[level]), count_cell(figure.part), share_cell(figure.part, whole)))
    certified = c.all_figures[RATE].part
    rows.append((text("未持有效证书"), count_cell(whole - (certified or 0)), share_cell(whole - (certified or 0), whole)))
    rows.append((text("合计"), count_cell(whole), share_cell(whole, whole)))
    columns = (Column("职业技能等级", 2), Column("人数（人）", 1, "number"), Column("占在岗护理员", 1, "number"))
    return [
        Heading("等级结构"),
        Table("cert_levels", "护理员职业技能等级", columns, tuple(rows), strong=frozenset({len(rows) - 1})),
    ]


def _areas(c: Context) -> list[Block]:
    many = c.w.by_child_many([RATE, *([EXPIRING] if c.has(EXPIRING) else [])], c.area.code, c.month)
    rows = []
    for area in c.children:
        figure = many[area.code][RATE]
        expiring = many[area.code].get(EXPIRING)
        cells = (
            count_cell(figure.whole),
            count_cell(figure.part),
            figure_cell(c.ind(RATE), figure),
            count_cell(expiring and expiring.part),
        )
        rows.append((text(area.name), *cells))
    total = c.all_figures[RATE]
    ends = c.fig(EXPIRING)
    rows.append(
        (
            text("合计"),
            count_cell(total.whole),
            count_cell(total.part),
            figure_cell(c.ind(RATE), total),
            count_cell(ends and ends.part),
        )
    )
    columns = (
        Column(c.lower, 1.8), Column("在岗（人）", 1, "number"), Column("持证（人）", 1, "number"), Column("持证率", 1, "number"),
        Column("90天内到期（人）", 1.3, "number"),
    )  # fmt: skip
    note = ""
    if sum(many[a.code][RATE].whole or 0 for a in c.children) != (total.whole or 0):
        note = f"合计含未能归到{c.lower}的人员。"
    title = f"各{c.lower}护理员持证"
    return [Heading(f"分{c.lower}情况"), Table("cert_areas", title, columns, tuple(rows), note, frozenset({len(rows) - 1}))]


def _lowest(c: Context) -> list[Block]:
    i = c.ind(RATE)
    listed = [p for p in c.w.by_provider([RATE], c.area.code, c.month) if p.get("operating", True) and p[RATE].whole]
    target = c.all_figures[RATE].target
    below = [p for p in listed if p[RATE].value is not None and (target is None or p[RATE].value < target)]
    below.sort(key=lambda p: (p[RATE].value, -(p[RATE].whole or 0), p["provider_id"]))
    if not listed:
        return []
    if not below:
        return [Heading("持证率较低的单位"), Paragraph(f"{len(listed)}家有在岗护理员的单位持证率均已达到目标。")]
    share = fmt_share(len(below), len(listed))
    said = (
        f"{len(listed)}家有在岗护理员的单位中，{len(below)}家持证率"
        + ("低于目标" if target is not None else "低于100%")
        + f"，占{share}。"
    )
    rows = []
    for p in below[:LOWEST]:
        figure = p[RATE]
        lacking = (figure.whole or 0) - (figure.part or 0)
        cells = (count_cell(figure.whole), count_cell(lacking), figure_cell(i, figure))
        rows.append((text(p["name"]), text(p["kind"]), text(p.get("street")), *cells))
    columns = (
        Column("服务单位", 2.6), Column("类别", 1.3), Column("街道", 1.0), Column("在岗（人）", 0.9, "number"),
        Column("未持证（人）", 1.05, "number"), Column("持证率", 0.9, "number"),
    )  # fmt: skip
    title = f"持证率最低的{len(rows)}家单位"
    return [Heading("持证率较低的单位"), Paragraph(said), Table("cert_lowest", title, columns, tuple(rows))]
