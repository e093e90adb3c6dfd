"""Two years of a figure, and where it goes: a line, its forecast with the interval, the target, and the verdict in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.context import View, only_to
from dashboard.views.h import El, Node, cell, h
from dashboard.warehouse.types import Forecast

CONFIG: Any = {"showSendToCloud": False, "displaylogo": False, "displayModeBar": False, "locale": "zh-CN", "responsive": True,
          "doubleClick": False, "scrollZoom": False, "showTips": False}  # fmt: skip
"""For every chart: nothing that could leave the house, no toolbar, Chinese."""

BLUE, PALE, INK, GREY, LINE = "#1f5fbf", "rgba(63,128,201,0.18)", "#1d2939", "#667085", "#e3e8ef"
FONT = '"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif'

_ROW, _NUMBER = {"scope": "row"}, {"className": "n"}


@dataclass(frozen=True, slots=True)
class Trend:
    """The panel in three parts: what stands over the chart, the chart's figure, and its text alternative."""

    head: Node
    figure: dict[str, Any] | None
    alt: str


def draw(view: View) -> Trend | None:
    """The trend of the focus indicator here; None where the page has none."""
    if not view.focus:
        return None
    ind = view.ind(view.focus)
    points = view.w.trend(view.focus, view.area.code, months=24, until=view.month)
    known = [p for p in points if p.value is not None]
    title = h("h2", f"{ind.label}走势")
    if len(known) < 2:
        why = "可比月份不足两个，暂无走势。" if view.area.level in ind.levels else f"本指标{only_to(ind)}。"
        return Trend([h("div", title, cls="row"), h("p", why, cls="empty")], None, "")
    figure = view.figures.get(view.focus)
    target = figure.target if figure else None
    # Where nothing is aimed at, a forecast says nothing that the line does not (and sums over a year restart in January).
    ahead = view.w.forecast(view.focus, view.area.code, view.month) if target is not None else None
    words = sentence(ahead, target)
    said = h("p", marks.verdict(ahead.verdict), h("span", words), cls="verdict") if ahead and words else None
    months = h(
        "details", h("summary", "逐月数据"),
        h("div", h("table", h("tbody", [
            El(("tr", {}, cell("th", _ROW, fmt.fmt_month(p.month)), cell("td", _NUMBER, fmt.fmt_value(ind, p)))) for p in reversed(points)
        ])), cls="pop"), cls="months",
    )  # fmt: skip
    first, last = known[0], known[-1]
    alt = f"{ind.name}：{fmt.fmt_month(first.month)} {fmt.fmt_value(ind, first)}，{fmt.fmt_month(last.month)} {fmt.fmt_value(ind, last)}。{words}"
    return Trend(h("div", title, said, months, cls="row"), chart_of(ind, points, ahead, target), alt)


def sentence(ahead: Forecast | None, target: float | None) -> str:
    """What the pace means, in one clause; empty where there is no target."""
    if ahead is None or ahead.verdict is None or target is None:
        return ""
    reach = fmt.fmt_month(ahead.reach_month) if ahead.reach_month else ""
    if ahead.verdict == "met":
        return "已达目标"
    if ahead.verdict == "on_pace":
        return f"按目前速度 {reach}达标" if reach else "按目前速度可按期达标"
    if ahead.verdict == "behind":
        return f"按目前速度 {reach}才达标" if reach else "按目前速度三年内不能达标"
    return "可比月份不足，暂不判断"


def chart_of(ind: Any, points: list[Any], ahead: Forecast | None, target: float | None) -> dict[str, Any]:
    """The figure as plain JSON: history, band, forecast, last value; money in 万元."""
    scale = 1e-4 if ind.unit == fmt.MONEY_UNIT else 1
    unit = "万元" if ind.unit == fmt.MONEY_UNIT else ind.unit
    places = 2 if ind.unit == fmt.MONEY_UNIT else ind.decimals

    def y(value: Any) -> Any:
        return None if value is None else round(float(value) * scale, places + 2)

    hover = "%{customdata}<extra></extra>"
    months = [p.month for p in points]
    last = next((p for p in reversed(points) if p.value is not None), None)
    future = list(ahead.points) if ahead else []
    traces: list[dict[str, Any]] = []
    if future and last is not None:
        x = [last.month, *(p.month for p in future)]
        low, high = [last.value, *(p.low for p in future)], [last.value, *(p.high for p in future)]
        quiet = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "type": "scatter"}
        traces += [
            {**quiet, "x": x, "y": [y(v) for v in low]},
            {**quiet, "x": x, "y": [y(v) for v in high], "fill": "tonexty", "fillcolor": PALE},
        ]
        said = [""] + [
            f"{fmt.fmt_month(p.month)}（预测）<br>{_say(ind, p.mid)}　{_say(ind, p.low)}–{_say(ind, p.high)}" for p in future
        ]
        traces.append({
            "type": "scatter", "mode": "lines", "x": x, "y": [y(v) for v in [last.value, *(p.mid for p in future)]],
            "line": {"color": "#3f80c9", "width": 1.6, "dash": "4px,3px"}, "customdata": said, "hovertemplate": hover,
        })  # fmt: skip
    traces.append({
        "type": "scatter", "mode": "lines", "x": months, "y": [y(p.value) for p in points], "line": {"color": BLUE, "width": 1.8},
        "customdata": [f"{fmt.fmt_month(p.month)}<br>{fmt.fmt_value(ind, p)}" for p in points], "hovertemplate": hover,
    })  # fmt: skip
    if last is not None:
        traces.append({"type": "scatter", "mode": "markers", "x": [last.month], "y": [y(last.value)], "marker": {"color": BLUE, "size": 6},
                       "hoverinfo": "skip"})  # fmt: skip
    every = months + [p.month for p in future]
    ticks = _ticks(every, every.index(last.month) if last else len(every) - 1)
    shapes, notes = [], []
    if target is not None:
        goal = y(target)
        shapes.append(
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": goal,
                "y1": goal,
                "line": {"color": INK, "width": 1, "dash": "3px,3px"},
            }
        )
        notes.append({"xref": "paper", "x": 0, "xanchor": "left", "y": goal, "yanchor": "bottom", "showarrow": False,
                      "text": f"目标 {fmt.fmt_target(ind, target)}", "font": {"size": 11, "color": INK}})  # fmt: skip
    numbers = [v for t in traces for v in t["y"] if v is not None] + ([y(target)] if target is not None else [])
    least, most = min(numbers), max(numbers)
    air = (most - least) * 0.14 or abs(most) * 0.1 or 1
    layout = {
        "autosize": True, "margin": {"l": 40, "r": 24, "t": 4, "b": 20}, "showlegend": False, "dragmode": False, "hovermode": "closest",
        "hoverdistance": 40, "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "font": {"family": FONT, "size": 11, "color": GREY},
        "hoverlabel": {"bgcolor": "#fff", "bordercolor": "#d0d7e2", "font": {"family": FONT, "size": 12, "color": INK}, "align": "left"},
        "xaxis": {"type": "category", "categoryorder": "array", "categoryarray": every, "tickvals": ticks, "ticktext": ticks, "fixedrange": True,
                  "showgrid": False, "showline": True, "linecolor": LINE, "tickangle": 0, "range": [-0.6, len(every) - 0.4]},
        "yaxis": {"fixedrange": True, "gridcolor": "#eef1f5", "zeroline": False, "nticks": 4, "range": [least - air if least - air > 0 or least < 0 else 0, most + air],
                  "ticks": "", "automargin": False, "tickformat": ",~r" if most >= 1000 else "", "title": {"text": ""}},
        "shapes": shapes, "annotations": notes, "uirevision": unit,
    }  # fmt: skip
    return {"data": traces, "layout": layout}


def _ticks(every: list[str], now: int) -> list[str]:
    """The month in focus, the same month of the years around it, and the ends where they do not crowd those."""
    marked = [i for i in range(len(every)) if (i - now) % 12 == 0]
    for end in (0, len(every) - 1):
        if all(abs(end - i) >= 5 for i in marked):
            marked.append(end)
    return [every[i] for i in sorted(marked)]


def _say(ind: Any, value: float) -> str:
    return str(fmt.fmt_value(ind, value))
