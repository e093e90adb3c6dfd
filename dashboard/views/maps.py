"""The one map: what the browser needs to paint it (no polygons: those are static files), its layer switch and its legend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard import format as fmt
from dashboard.views import marks, timeline
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.scale import Classes, classes
from dashboard.warehouse.types import Area, Figure


def data(view: View) -> dict[str, Any]:
    """Everything the map paints, as one small value.

    ``areas``: code → [class 0–4 or None, name, value, detail, address]; ``points``: [lng, lat, shape, tone, name, detail, address];
    ``time``: the same marks in every month, see ``timeline.course``; ``fit``: codes whose bounds fill the map; ``here``: the area in focus, before which the others step back.
    """
    stage, layer = view.stage, view.layer
    shown = view.stage_children or [view.area]
    figures = {area.code: figure for area, figure in view.by_child}
    if not view.stage_children and view.focus in view.figures:
        figures = {view.area.code: view.figures[view.focus]}
    colour = layer is not None and layer.kind == "area" and bool(view.focus)
    scale = _scale(view, list(figures.values()))
    here = view.area if stage is not view.area else None
    link = view.place.areas()
    return {
        "url": view.geo_url(shown[0].level),
        "outline": [view.geo_url(2), stage.code] if stage.level == 2 and view.stage_children else None,
        "areas": {a.code: _area(view, a, figures.get(a.code), scale, colour, link) for a in shown},
        "points": points(view) if layer is not None and (layer.kind != "area" or view.area.level > 1) else [],
        "time": timeline.course(view),
        "fit": [here.code] if here else [a.code for a in shown],
        "here": here.code if here else "",
        "label": _aria(view),
    }


def _area(view: View, area: Area, figure: Figure | None, scale: Classes, colour: bool, link: Callable[[str], str]) -> list[Any]:
    value, detail = "", ""
    if figure is not None and colour and view.counted_below:
        ind = view.ind(view.focus)
        value = fmt.fmt_value(ind, figure, unit=False)
        detail = f"{ind.label} {fmt.fmt_value(ind, figure)}"
        if ind.whole is not None and ind.kind == "ratio":
            detail += f"（{fmt.fmt_number(figure.part)} / {fmt.fmt_number(figure.whole)}）"
    step = scale.of(figure.value) if figure is not None and colour else None
    return [step, area.short_name, value, detail, link(area.code)]


def points(view: View) -> list[list[Any]]:
    """Provider markers of the area: by exit state on that layer, else by star."""
    by_exit = view.layer is not None and view.layer.kind == "exits"
    out = []
    details = view.place.subjects("/providers")
    if view.layer is not None and view.layer.spots is not None:
        out = [
            [p["lng"], p["lat"], mark.shape, mark.tone, p["name"], f"{p.get('kind') or ''} · {said}", details(p["provider_id"])]
            for p, mark, said in view.layer.spots(view) if p.get("lng") is not None and p.get("lat") is not None
        ]  # fmt: skip
        return _on_top(out)
    for p in view.providers:
        if p.get("lng") is None or p.get("lat") is None:
            continue
        state = p.get("exit_state") or "normal"
        if by_exit:
            mark = fmt.EXIT_STATES.get(state, fmt.EXIT_STATES["normal"])
            shape, tone, word = mark.shape, mark.tone, mark.word
        else:
            key = p.get("star") if p.get("star") in marks.STAR_SHAPES else None
            shape, tone, word = marks.STAR_SHAPES[key], marks.STAR_TONES[key], fmt.star_word(key)
        out.append([p["lng"], p["lat"], shape, tone, p["name"], f"{p.get('kind') or ''} · {word}", details(p["provider_id"])])
    return _on_top(out)


def _on_top(points: list[list[Any]]) -> list[list[Any]]:
    """The marks that call for action lie on top."""
    order = {"none": 0, "good": 1, "plain": 2, "warn": 3, "bad": 4}
    return sorted(points, key=lambda item: order.get(item[3], 0))


def _scale(view: View, figures: list[Figure]) -> Classes:
    ind = view.ind(view.focus) if view.focus else None
    if ind is None:
        return classes([])
    target = next((f.target for f in figures if f.target is not None), None)
    if target is None and ind.whole is not None:
        # A share's target holds at every level; a count's is the district's alone.
        own = view.figures.get(view.focus)
        target = own.target if own else None
    return classes([f.value for f in figures], target, ind.better, ind.decimals)


def head(view: View) -> Node:
    """The panel's title and the switch between layers."""
    below = {1: "街道", 2: "社区", 3: "社区"}[view.stage.level] if view.stage_children else "社区"
    layer = view.layer
    if layer is None:
        return None
    if layer.kind == "area" and view.focus:
        ind = view.ind(view.focus)
        title = f"{ind.name}（{ind.unit}），按{below}" if ind.unit else f"{ind.name}，按{below}"
    else:
        title = {"stars": "服务单位星级", "exits": "服务单位退出状态"}.get(layer.kind, layer.title)
    hint = {1: "点按进入街道", 2: "点按进入社区"}.get(view.area.level, "点按单位查看详情")
    if layer.kind == "area" and not view.counted_below:
        title, hint = title.partition("，")[0], f"{view.counted_to}；{hint}"
    if view.page.layout.asked:
        away = h("a", "收起地图", href=view.place.url(layer=None, group=view.place.get("group") or view.ind(layer.key).group), cls="btn small")
        return [h("h2", title), h("span", hint, cls="hint"), away]
    options = [
        h("a", _layer_title(view, one), href=view.place.url(layer=one.key), aria_current="true" if one == layer else None)
        for one in view.page.layout.layers
        if one.kind != "area" or view.knows(one.key)
    ]
    return [h("h2", title), h("span", hint, cls="hint"), h("nav", options, cls="seg", aria_label="地图图层")]


def detail_head(view: View) -> Node:
    """The title over a provider's map."""
    return [h("h2", "所在位置"), h("span", f"{view.area.name}及周边单位", cls="hint")]


def _layer_title(view: View, layer: Any) -> str:
    return layer.title or view.ind(layer.key).label


def legend(view: View) -> Node:
    """What the colours and the shapes mean."""
    parts: list[Node] = []
    layer = view.layer
    if layer is None:
        return None
    if layer.kind == "area" and view.by_child and view.counted_below:
        parts.append(_ramp(view))
    parts.append(timeline.slider(view))
    if layer.kind == "spots":
        parts.append(h("ul", [h("li", marks.chip(mark)) for mark in layer.legend], cls="marks", aria_label=layer.title))
    elif layer.kind == "exits":
        parts.append(
            h("ul", [h("li", marks.chip(mark)) for mark in fmt.EXIT_STATES.values()], cls="marks", aria_label="退出状态")
        )
    elif layer.kind == "stars" or view.area.level > 1:
        parts.append(marks.star_legend())
    return parts


def _ramp(view: View) -> Node:
    ind = view.ind(view.focus)
    scale = _scale(view, [f for _, f in view.by_child])
    n = len(scale.cuts)
    if not n:
        return None

    def say(value: float) -> str:
        return fmt.fmt_wan(value) if ind.unit == fmt.MONEY_UNIT else fmt.fmt_number(value, _places(value))

    lower = scale.better == "lower" and scale.target is not None
    words = [("≤ " if lower else "< ") + say(scale.cuts[0])]
    words += [f"{say(a)}–{say(b)}" for a, b in zip(scale.cuts, scale.cuts[1:], strict=False)]
    words.append(("> " if lower else "≥ ") + say(scale.cuts[-1]))
    if scale.target is not None:
        reached = 0 if lower else n
        words[reached] += " 达标"
    rows = [
        h("li", h("i", cls=f"c{scale.base + k}", aria_hidden="true"), h("span", word, cls="num")) for k, word in enumerate(words)
    ]
    if any(f.value is None for _, f in view.by_child):
        rows.append(h("li", h("i", cls="cn", aria_hidden="true"), "无数据"))
    return h("ul", rows, cls="ramp", aria_label="颜色分级")


def _places(value: float) -> int:
    return 0 if abs(value - round(value)) < 1e-9 else 1 if abs(value * 10 - round(value * 10)) < 1e-9 else 2


def _aria(view: View) -> str:
    what = view.ind(view.focus).name if view.focus else "服务单位"
    return f"{view.area.name}地图：{what}。同样的数据见右侧排名和下方表格，可用键盘操作。"
