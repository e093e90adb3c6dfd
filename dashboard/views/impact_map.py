"""The map of an assessment: communities by how many elders are concerned, the provider, and where they would go."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from dashboard.impact import Impact
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.scale import Classes, classes
from dashboard.warehouse.types import Area


def communities(view: View) -> list[Area]:
    """The communities that the reader sees."""
    todo, out = [view.w.root], []
    while todo:
        area = todo.pop()
        below = view.w.children(area.code)
        if area.level == 3:
            out.append(area)
        todo += below
    return out


def data(view: View, impact: Impact, provider: dict[str, Any]) -> dict[str, Any]:
    """As ``maps.data``, with ``lines``: [lng, lat, lng, lat, width, name, detail] from the provider to each receiver; ``sparse``: names only where there is a number."""
    areas, scale = communities(view), _scale(impact)
    there = view.place.subjects("/providers")
    points: list[list[Any]] = []
    lines: list[list[Any]] = []
    most = max(impact.receiving.values(), default=1)
    for key, n in sorted(impact.receiving.items(), key=lambda item: item[1]):
        at = impact.points.get(key)
        if at is None:
            continue
        said = f"接收 {n} 项"
        points.append([*at, "■", "good", impact.names[key], said, there(key)])
        if impact.point:
            lines.append([*impact.point, *at, round(0.6 + 1.8 * n / most, 1), impact.names[key], said])
    if impact.point:
        mark = marks.STAR_TONES.get(provider.get("star"), "none")
        points.append([*impact.point, "◆", mark if mark != "good" else "bad", impact.name, f"近 90 日服务 {impact.total} 人", there(impact.provider_id), True])
    people = impact.by_community
    concerned = [a.code for a in areas if a.code in people]
    return {
        "url": view.geo_url(3),
        "outline": None,
        "areas": {
            a.code: [scale.of(people[a.code]), a.short_name, f"{people[a.code]}", f"服务对象 {people[a.code]} 人", view.place.url(offset=None)]
            if a.code in people
            else [None, a.short_name, "", "没有服务对象", view.place.url(offset=None)]
            for a in areas
        },
        "points": points,
        "lines": lines,
        "fit": concerned or [a.code for a in areas],
        "here": "",
        "sparse": True,
        "label": f"{impact.name}服务对象所在社区与接收单位地图。同样的数据见下方表格，可用键盘操作。",
    }  # fmt: skip


def _scale(impact: Impact) -> Classes:
    return classes([float(n) for n in impact.by_community.values()])


def head() -> Node:
    """The title over the map."""
    return [h("h2", "服务对象与接收单位"), h("span", "颜色为服务对象人数，线越粗接收越多", cls="hint")]


def legend(impact: Impact) -> Node:
    """What the colours and the shapes mean."""
    scale = _scale(impact)
    cuts = scale.cuts
    words = [f"< {cuts[0]:g} 人", *(f"{a:g}–{b:g}" for a, b in pairwise(cuts)), f"≥ {cuts[-1]:g} 人"] if cuts else []
    ramp = [h("li", h("i", cls=f"c{scale.base + k}", aria_hidden="true"), h("span", word, cls="num")) for k, word in enumerate(words)]
    shapes = [
        h("li", h("span", h("i", "◆", aria_hidden="true"), "被评估单位", cls="chip bad")),
        h("li", h("span", h("i", "■", aria_hidden="true"), "接收单位", cls="chip good")),
    ]
    return [h("ul", ramp, cls="ramp", aria_label="服务对象人数") if ramp else h("span"), h("ul", shapes, cls="marks", aria_label="单位")]
