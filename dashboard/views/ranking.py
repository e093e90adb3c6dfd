"""Areas in order of a figure: dots on one scale with the target as a line (a bar that does not start at zero would lie)."""

from __future__ import annotations

from dashboard import format as fmt
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.scale import axis


def panel(view: View) -> Node:
    """The ranking beside the map; each row leads into its area."""
    if not view.focus or not view.by_child:
        return None
    ind = view.ind(view.focus)
    below = "街道" if view.stage.level == 1 else "社区"
    if not view.counted_below:
        said = h("p", f"{view.counted_to}，{below}之间不作比较。", cls="empty")
        return h("section", h("div", h("h2", f"{below}排名", h("small", ind.label)), cls="row"), said, cls="panel ranking", aria_label=f"{below}排名")
    sign = 1 if ind.better == "lower" else -1
    rows = sorted(view.by_child, key=lambda item: (item[1].value is None, sign * (item[1].value or 0), item[0].code))
    target = next((f.target for _, f in rows if f.target is not None), None)
    own = view.figures.get(view.focus)
    if target is None and ind.whole is not None and own:
        target = own.target
    scale = axis([f.value for _, f in rows], target)
    items, link = [], view.place.areas()
    for area, figure in rows:
        reached = (
            target is not None
            and figure.value is not None
            and (
                round(figure.value, ind.decimals) >= target
                if ind.better != "lower"
                else round(figure.value, ind.decimals) <= target
            )
        )
        dot = "dot met" if reached else "dot" if target is not None else "dot plain"
        track = h(
            "span",
            h("i", cls=dot, style={"left": f"{scale.at(figure.value)}%"}) if figure.value is not None else None,
            cls="track",
        )
        name = h("span", area.short_name, cls="name")
        value = h("span", fmt.fmt_value(ind, figure, unit=False), cls="num")
        here = area.code == view.area.code
        row = h(
            "a", name, track, value, href=link(area.code),
            aria_current="true" if here else None, title=f"{area.name} {fmt.fmt_value(ind, figure)}" + ("，已达标" if reached else ""),
        )  # fmt: skip
        items.append(h("li", row))
    line, key = None, None
    if target is not None:
        line = h("div", h("div", h("i", style={"left": f"{scale.at(target)}%"})), cls="goal", aria_hidden="true")
        key = h("span", h("i", aria_hidden="true"), "目标 " + fmt.fmt_target(ind, target), cls="key num")
    width = max(len(fmt.fmt_value(ind, f, unit=False)) for _, f in rows)
    wide = max(len(a.short_name) for a, _ in rows)
    return h(
        "section", h("div", h("h2", f"{below}排名", h("small", f"{ind.label}（{ind.unit}）")), key, cls="row"),
        h("div", h("div", line, h("ol", items), cls="sheet"), cls="dots", style={"--name": f"{min(wide, 8) + 0.3}em", "--value": f"{width + 1}ch"}),
        cls="panel ranking", aria_label=f"{below}排名",
    )  # fmt: skip
