"""Where a figure comes from, drawn: source tables with the columns that decide it, the marts between, the indicator; and back again.

Boxes are placed on the server: across in percent, down in pixels; the lines lie behind them in one SVG that is stretched to the same size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard import format as fmt
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.tables import panel
from etl.martfile import titles

DEFAULT = "caregiver_cert_rate"
MOST_COLUMNS = 9
HEAD, LINE, FOOT, AIR, STEP, SMALL = 44, 19, 22, 14, 46, 28
TOP = 30
MANY = 12
DEEPEST = 3
"""A longer way is drawn without what lies between the sources and the marts that are counted."""
SOURCE_PIXELS, STEP_PIXELS, GAP_PIXELS = 300, 196, 44
"""No column becomes narrower than this; a longer way is scrolled."""


@dataclass(slots=True)
class Box:
    """One node: ``column`` counts from the sources; ``body`` is what stands in it; ``top`` and ``height`` in pixels."""

    key: str
    column: int
    height: int
    body: Node
    cls: str
    top: float = 0.0


def lineage(view: View) -> Node:
    """The picture asked for: of an indicator (``ind``) or from a source table (``table``)."""
    table = view.place.get("table")
    if table:
        way = view.w.way_from(table)
        source = way.sources[0] if way.sources else None
        title = f"{source.title if source else table}：用到它的指标"
        note = f"{len(way.indicators)} 个指标，经 {len(way.steps)} 张汇总表"
    else:
        code = view.place.get("ind") or (DEFAULT if view.knows(DEFAULT) else next(iter(view.w.snapshot.indicators)))
        way = view.w.way(code)
        title = f"{view.ind(code).name}：从来源到指标"
        note = f"{len(way.sources)} 张来源表，{sum(len(s.columns) for s in way.sources)} 列，经 {len(way.steps)} 张汇总表"
    return panel(
        view, title, h("p", "由汇总程序自动推导。点按来源表看用到它的指标，点按指标看它的来源。", cls="hint"), _picture(view, way, bool(table)),
        note=note, tools=[_indicators(view), _tables(view)], cls="full lineage",
    )  # fmt: skip


def _indicators(view: View) -> Node:
    """All indicators by group."""
    groups: dict[str, list[Any]] = {}
    for ind in view.w.snapshot.indicators.values():
        groups.setdefault(ind.group, []).append(ind)
    items: list[Node] = []
    for name, found in groups.items():
        items.append(h("b", name))
        items += [h("a", i.name, href=view.place.url(ind=i.code, table=None)) for i in found]
    return h("details", h("summary", "选择指标", cls="btn small"), h("div", items, cls="pop list"), cls="menu")


def _tables(view: View) -> Node:
    items: list[Node] = []
    for m in sorted(view.w.modules(), key=lambda m: m["module"]):
        items.append(h("b", m["title"]))
        for t in view.w.contract(m["module"]).tables:
            items.append(h("a", t.title, href=view.place.url(table=f"{m['module']}_{t.name}", ind=None)))
    return h("details", h("summary", "选择来源表", cls="btn small"), h("div", items, cls="pop list"), cls="menu")


def _picture(view: View, way: Any, backwards: bool) -> Node:
    long = backwards or max(way.steps.values(), default=0) > DEEPEST
    steps, found_edges = _short(way) if long else (way.steps, way.edges)
    last = max(steps.values(), default=0) + 1
    boxes = {s.table: _source(view, s, way, backwards) for s in way.sources}
    boxes |= {m: Box(m, depth, STEP, _step(m), "step") for m, depth in steps.items()}
    for code in way.indicators:
        boxes[code] = _indicator(view, code, last, backwards)
    edges = [(a, b) for a, b in found_edges if a in boxes and b in boxes]
    columns = [[b for b in boxes.values() if b.column == c] for c in range(last + 1)]
    columns = [c for c in columns if c]
    lefts, widths = _across(len(columns))
    at = {b.key: k for k, found in enumerate(columns) for b in found}
    height = (_up if backwards else _down)(columns, edges, boxes)
    names = ["来源表与列", *["汇总表"] * (len(columns) - 2), "指标"] if len(columns) > 1 else ["来源表与列"]
    heads = [h("b", name, style={"left": f"{lefts[k]}%", "width": f"{widths[k]}%"}) for k, name in enumerate(names) if k in (0, 1, len(names) - 1)]
    lines = []
    for a, b in edges:
        x1, x2 = (lefts[at[a]] + widths[at[a]]) * 10, lefts[at[b]] * 10
        y1, y2 = boxes[a].top + boxes[a].height / 2, boxes[b].top + boxes[b].height / 2
        bend = (x2 - x1) / 2 if x2 > x1 else 30
        lines.append(h("path", d=f"M{x1:.0f} {y1:.0f}C{x1 + bend:.0f} {y1:.0f} {x2 - bend:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"))
    drawn = [
        h("div", b.body, cls=f"node {b.cls}",
          style={"left": f"{lefts[at[b.key]]}%", "width": f"{widths[at[b.key]]}%", "top": f"{b.top:.0f}px", "height": f"{b.height}px"})
        for b in boxes.values() if b.key in at
    ]  # fmt: skip
    svg = h("svg", lines, viewBox=f"0 0 1000 {height:.0f}", preserveAspectRatio="none", aria_hidden="true", focusable="false")
    wide = f"{SOURCE_PIXELS + (len(columns) - 1) * STEP_PIXELS}px"
    return h("div", h("div", svg, heads, drawn, cls="way", style={"height": f"{height:.0f}px", "minWidth": wide}), cls="scroll")


def _short(way: Any) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Only the marts that indicators are counted from, whatever lies between them and the sources: (marts, edges)."""
    known = set(way.indicators)
    ends = {a for a, b in way.edges if b in known}
    behind: dict[str, set[str]] = {}
    for a, b in way.edges:
        behind.setdefault(b, set()).add(a)

    def origins(mart: str) -> set[str]:
        seen: set[str] = set()
        todo = [mart]
        while todo:
            more = behind.get(todo.pop(), set()) - seen
            seen |= more
            todo += more
        return seen

    edges = [(s.table, mart) for mart in sorted(ends) for s in way.sources if s.table in origins(mart)]
    return dict.fromkeys(sorted(ends), 1), edges + [(a, b) for a, b in way.edges if b in known]


def _across(columns: int) -> tuple[list[float], list[float]]:
    """Left edges and widths in percent: the sources are wider, since they hold lists."""
    if columns == 1:
        return [0.0], [30.0]
    unit = 100 / (SOURCE_PIXELS + (columns - 1) * STEP_PIXELS)
    gap = GAP_PIXELS * unit
    widths = [SOURCE_PIXELS * unit, *[STEP_PIXELS * unit - gap] * (columns - 1)]
    lefts = [sum(widths[:k]) + gap * k for k in range(columns)]
    return [round(x, 3) for x in lefts], [round(x, 3) for x in widths]


def _down(columns: list[list[Box]], edges: list[tuple[str, str]], boxes: dict[str, Box]) -> float:
    """Give every box its place: sources one under the other, the rest at the height of what feeds them; the whole height."""
    tallest = _stack(columns[0])
    for found in columns[1:]:
        tallest = _level(found, edges, boxes, 0, tallest)
    return tallest


def _up(columns: list[list[Box]], edges: list[tuple[str, str]], boxes: dict[str, Box]) -> float:
    """The same from the other end: indicators one under the other, grouped by mart; marts at the height of what they feed; the source on top."""
    by_mart: dict[str, str] = {}
    for mart, key in edges:
        by_mart.setdefault(key, mart)
    if len(columns) > 1:
        columns[-1].sort(key=lambda b: (boxes[by_mart[b.key]].column, by_mart[b.key]) if b.key in by_mart else (0, ""))
    tallest = max(_stack(columns[-1]), _stack(columns[0]))
    for found in reversed(columns[1:-1]):
        tallest = max(tallest, _level(found, edges, boxes, 1, tallest))
    return tallest


def _stack(found: list[Box]) -> float:
    below, air = float(TOP), 6 if len(found) > MANY else AIR
    for box in found:
        box.top, below = below, below + box.height + air
    return below


def _level(found: list[Box], edges: list[tuple[str, str]], boxes: dict[str, Box], end: int, tallest: float) -> float:
    """Place a column at the mean height of its neighbours (``end`` 0: what feeds it, 1: what it feeds), without overlap; the height needed."""

    def middle(box: Box) -> float:
        others = [edge[end] for edge in edges if edge[1 - end] == box.key]
        centres = [boxes[o].top + boxes[o].height / 2 for o in others if boxes[o].top]
        return sum(centres) / len(centres) if centres else 0.0

    wishes = {box.key: middle(box) for box in found}
    found.sort(key=lambda box: wishes[box.key])
    floor, need = float(TOP), TOP + sum(b.height + AIR for b in found)
    for k, box in enumerate(found):
        rest = sum(b.height + AIR for b in found[k:])
        # As high as its neighbours, but never so low that those after it would lengthen the picture.
        box.top = max(floor, min(wishes[box.key] - box.height / 2, max(tallest, need) - rest))
        floor = box.top + box.height + AIR
    return max(tallest, floor)


def _source(view: View, source: Any, way: Any, backwards: bool) -> Box:
    shown = source.columns[:MOST_COLUMNS]
    more = len(source.columns) - len(shown)
    counts = way.counts.get(source.table)
    lines = [
        h("li", h("span", heading, h("small", name) if name != heading else None, title=f"{heading} {name}"), h("i", roles))
        for name, heading, roles in shown
    ]
    if more > 0:
        lines.append(h("li", h("span", f"另 {more} 列", cls="quiet")))
    if not lines:
        lines.append(h("li", h("span", "决定计入哪些记录", cls="quiet")))
    said = None
    if counts:
        said = f"读取 {counts['read']:,}　入库 {counts['loaded']:,}　隔离 {counts['quarantined']:,}"
    owner = next((m["title"] for m in view.w.modules() if m["module"] == source.module), source.module)
    title = h("a", source.title, href=view.place.url(table=source.table, ind=None)) if not backwards else h(
        "a", source.title, href=view.place.subject("/data/contract", module=source.module)
    )  # fmt: skip
    body = [h("h3", title, h("small", f"{owner} · {source.source_table}")), h("ul", lines), h("p", said, cls="num") if said else None]
    return Box(source.table, 0, HEAD + LINE * len(lines) + (FOOT if said else 4), body, "source")


def _step(mart: str) -> Node:
    """A mart by its title, with the name that it bears in the warehouse below."""
    title = titles().get(mart, mart)
    return h("span", title, h("small", mart) if title != mart else None, title=f"汇总表 {title} {mart}")


def _indicator(view: View, code: str, column: int, backwards: bool) -> Box:
    ind = view.ind(code)
    if backwards:
        return Box(code, column, SMALL, h("a", ind.name, href=view.place.url(ind=code, table=None), title=ind.definition), "ind small")
    figure = view.w.figures([code], view.area.code, view.month)[code]
    body = [
        h("h3", h("a", ind.name, href=view.place.rows(code))),
        h("b", fmt.fmt_value(ind, figure), cls="num"),
        h("small", f"{view.area.name} · {fmt.fmt_month(view.month)}"),
        h("p", ind.definition),
    ]
    return Box(code, column, 150, body, "ind")
