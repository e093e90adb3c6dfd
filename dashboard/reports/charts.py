"""Charts of a report as PNG (Word) or SVG (PDF).

Figure objects only, never pyplot, so that any number of threads may draw at once."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any, Literal

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import FuncFormatter, MaxNLocator

from dashboard.format import fmt_number
from dashboard.reports.fonts import MISSING_MARK, families, missing
from dashboard.reports.model import Chart, Series, clean

matplotlib.rcParams["svg.hashsalt"] = "yiguan"  # the same chart gives the same SVG, so that a report can be compared byte by byte

# The same chart gives the same SVG, so that reports can be compared byte by byte.
matplotlib.rcParams["svg.hashsalt"] = "yiguan"

BLUE, LIGHT, GREY, DARK, RED = "#1f5fbf", "#9dbde8", "#c9ced6", "#333d4b", "#b3261e"
FILLS = (BLUE, LIGHT, GREY, "#6b7785")
HATCHES = ("", "///", "", "...")
WIDTH = 6.1
"""Inches: the text width of the page, 156 mm."""


def draw(chart: Chart, fmt: Literal["png", "svg"]) -> bytes:
    """The chart as a picture of the page's text width: PNG at 200 dpi, or SVG with outlined text (needs no fonts to show)."""
    chart = _printable(chart)
    font = FontProperties(family=families(), size=9)
    height = max(1.7, 0.62 + 0.25 * len(chart.categories)) if chart.kind == "bar" else 2.6
    figure = Figure(figsize=(WIDTH, height), dpi=200, layout="constrained")
    axes = figure.add_subplot()
    {"bar": _bars, "column": _columns, "line": _lines}[chart.kind](axes, chart, font)
    _finish(axes, chart, font)
    text: Any
    for text in figure.findobj(lambda artist: hasattr(artist, "set_fontproperties") and hasattr(artist, "get_text")):
        text.set_parse_math(False)  # a "$" in a name is a character, not mathematics
    out = io.BytesIO()
    if fmt == "png":
        FigureCanvasAgg(figure).print_png(out, metadata={"Software": None})
    else:
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _printable(chart: Chart) -> Chart:
    """The chart with 〓 for every character that no font has."""
    lost = missing(clean(text) for text in (chart.title, chart.unit, *chart.categories, *(s.name for s in chart.series)))
    table = str.maketrans(dict.fromkeys(lost, MISSING_MARK))

    def shown(text: str) -> str:
        return clean(text).translate(table)

    return replace(
        chart,
        title=shown(chart.title),
        categories=tuple(map(shown, chart.categories)),
        series=tuple(replace(s, name=shown(s.name)) for s in chart.series),
    )


def _bars(axes: Any, chart: Chart, font: FontProperties) -> None:
    values = [v if v is not None else 0.0 for v in chart.series[0].values]
    places = range(len(values))
    axes.barh(places, values, color=BLUE, height=0.62)
    top = max([*values, 0.0]) or 1.0
    for place, value in zip(places, chart.series[0].values, strict=True):
        text = fmt_number(value, chart.decimals) + (chart.unit if value is not None and len(chart.unit) == 1 else "")
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        axes.text((value or 0) + top * 0.01, place, text, va="center", fontproperties=font, color=DARK, bbox=box, zorder=4)
    axes.set_yticks(list(places), [_short(c) for c in chart.categories])
    axes.invert_yaxis()
    target = _of_style(chart, "target")
    if target and target.values and target.values[0] is not None:
        axes.axvline(target.values[0], color=RED, linewidth=1, linestyle=(0, (4, 2)))
        axes.text(
            target.values[0],
            -0.62,
            f"{target.name} {fmt_number(target.values[0], chart.decimals)}",
            ha="right",
            va="bottom",
            fontproperties=font,
            color=RED,
        )
        top = max(top, target.values[0])
    axes.set_xlim(0, top * 1.12)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _columns(axes: Any, chart: Chart, font: FontProperties) -> None:
    bars = [s for s in chart.series if s.style == "solid"]
    width = 0.78 / max(len(bars), 1)
    for i, series in enumerate(bars):
        places = [p + (i - (len(bars) - 1) / 2) * width for p in range(len(chart.categories))]
        heights = [v or 0.0 for v in series.values]
        drawn = axes.bar(
            places,
            heights,
            width * 0.92,
            color=FILLS[i % 4],
            hatch=HATCHES[i % 4],
            edgecolor="white",
            linewidth=0.4,
            label=series.name,
        )
        if len(bars) == 1:  # side by side the labels would overlap; the table beside the chart has the numbers
            labels = [fmt_number(v, chart.decimals) if v else "" for v in series.values]
            axes.bar_label(drawn, labels, padding=1, fontproperties=font, color=DARK)
    axes.set_xticks(range(len(chart.categories)), [_short(c) for c in chart.categories])
    axes.margins(y=0.14)
    _value_axis(axes)


def _lines(axes: Any, chart: Chart, font: FontProperties) -> None:
    places = list(range(len(chart.categories)))
    for series in chart.series:
        values = [float("nan") if v is None else v for v in series.values]
        if series.style == "target":
            axes.plot(places, values, color=RED, linewidth=1, linestyle=(0, (4, 2)), label=series.name)
        elif series.style == "dashed":
            axes.plot(places, values, color=BLUE, linewidth=1.2, linestyle=(0, (2, 2)), label=series.name)
        else:
            axes.plot(places, values, color=BLUE, linewidth=1.6, marker="o", markersize=2.6, label=series.name)
            _label_last(axes, chart, series, font)
    step = max(1, (len(places) + 7) // 8)
    shown = places[::-1][::step][::-1]
    axes.set_xticks(shown, [chart.categories[i] for i in shown])
    axes.margins(y=0.18)
    _value_axis(axes)


def _label_last(axes: Any, chart: Chart, series: Series, font: FontProperties) -> None:
    known = [(i, v) for i, v in enumerate(series.values) if v is not None]
    if known:
        place, value = known[-1]
        text = fmt_number(value, chart.decimals) + (chart.unit if len(chart.unit) == 1 else "")
        axes.annotate(
            text, (place, value), xytext=(0, 6), textcoords="offset points", ha="center", fontproperties=font, color=BLUE
        )


def _value_axis(axes: Any) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.10g}"))
    axes.grid(axis="y", color="#e3e7ee", linewidth=0.6)
    axes.set_axisbelow(True)


def _finish(axes: Any, chart: Chart, font: FontProperties) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#9aa3b0")
    axes.tick_params(length=0, colors=DARK)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(font)
    if chart.kind != "bar":
        axes.set_title(f"单位：{chart.unit}", loc="left", fontproperties=font, color=DARK, pad=4)
        if len(chart.series) > 1:
            axes.legend(
                prop=font, frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(chart.series), borderaxespad=0.1
            )


def _of_style(chart: Chart, style: str) -> Series | None:
    return next((s for s in chart.series if s.style == style), None)


def _short(name: str) -> str:
    return name if len(name) <= 12 else name[:11] + "…"
