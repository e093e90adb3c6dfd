"""Figures as a list: value, what it is made of, its changes, its target, and beside it what it means and where it comes from.

The page 指标 shows the whole catalogue so, a group at a time; pages of one subject show their own figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.context import View, only_to
from dashboard.views.figures import change, goal, plain
from dashboard.views.frame import lacking
from dashboard.views.h import Node, h
from dashboard.views.page import Panel, code_of
from dashboard.views.tables import Col, empty, panel, table
from dashboard.warehouse.types import Figure
from etl.indicators import Indicator, catalogue

GROUPS = ("老年人", "床位", "设施", "护理人员", "服务", "医养", "资金", "监管", "互助", "联盟", "智慧", "适老化", "任务", "数据")
"""The groups of the catalogue in the order of the page; others follow."""
RIGHTS = {"数据": "data"}
"""Groups that only readers with a right of its own see."""
_COLS = (
    Col("指标"), Col("数值", "n"), Col("分子/分母", "n"), Col("环比", "n"), Col("同比", "n"), Col("目标", "n"), Col("进度"),
    Col("口径", "w"), Col("来源和数据时点", "w"),
)  # fmt: skip


def catalogue_panel(view: View) -> Node:
    """One group of the catalogue, with the way to the others."""
    groups = groups_of(view)
    if not groups:
        return panel(view, "全部指标", empty("数据中还没有指标。"), cls="full")
    layer = view.layer
    asked = view.place.get("group") or (view.ind(layer.key).group if layer else "")
    group = asked if asked in groups else next(iter(groups))
    links = [
        h("a", name, href=view.place.url(group=name, layer=None, rows=None), aria_current="true" if name == group else None) for name in groups
    ]
    codes = groups[group]
    tabs = h("nav", links, cls="seg wrap", aria_label="指标分组")
    note = f"{len(codes)} 项，共 {sum(map(len, groups.values()))} 项；点指标名看地图、排名和走势，点数值看明细"
    return panel(view, group, tabs, listed(view, codes, group), note=note, sheet="figures", codes=codes, cls="full")


def groups_of(view: View) -> dict[str, list[str]]:
    """The groups that the reader sees, each with its indicators as they were declared."""
    found: dict[str, list[str]] = {g: [] for g in GROUPS}
    declared, there = catalogue(), view.w.snapshot.indicators
    for code in (*(c for c in declared if c in there), *(c for c in there if c not in declared)):
        found.setdefault(view.ind(code).group, []).append(code)
    return {g: codes for g, codes in found.items() if codes and (g not in RIGHTS or view.scope.may(RIGHTS[g]))}


def figures_of(title: str, *indicators: Indicator | str, note: str = "") -> Panel:
    """A panel with these figures."""
    codes = [code_of(i) for i in indicators]

    def draw(view: View) -> Node:
        known = [c for c in codes if view.knows(c)]
        if not known:
            return None
        return panel(view, title, listed(view, known, title), note=note, sheet="figures", codes=known, cls="full")

    return draw


def listed(view: View, codes: Sequence[str], caption: str) -> Node:
    """The table itself."""
    figures = view.w.figures(codes, view.area.code, view.month)
    return table(_COLS, [_row(view, code, figures[code]) for code in codes], caption=caption, cls="figures")


def _row(view: View, code: str, figure: Figure) -> list[Node]:
    ind = view.ind(code)
    held = view.area.level in ind.levels
    text = fmt.fmt_value(ind, figure)
    value: Node = h("a", text, href=view.place.rows(code)) if figure.value is not None and view.scope.may("rows") else text
    parts = f"{plain(figure.part)} / {plain(figure.whole)}" if ind.kind == "ratio" and figure.whole is not None else None
    target = goal(ind, figure.target) if figure.target is not None else None
    return [
        h("a", ind.name, href=view.place.subject("/indicators", group=ind.group, layer=code), title="看地图、排名和走势"), value, parts,
        change(ind, figure), fmt.fmt_delta(ind, figure, figure.year_ago, unit=False), target,
        marks.verdict(figure.verdict) if figure.verdict else None, _means(view, ind, code, held, figure), origin(view, code),
    ]  # fmt: skip


def _means(view: View, ind: Any, code: str, held: bool, figure: Figure) -> Node:
    """The definition, and why there is no figure where there is none."""
    why = f"{only_to(ind)}。" if not held else "涉及的人很少，不显示。" if figure.hidden else lacking(view, code)
    return h("span", h("em", why) if why else None, ind.definition)


def origin(view: View, code: str) -> str:
    """Modules, owners and data date: the same for every area and month of a snapshot."""
    return str(view.w.snapshot.once(f"listed origin {code}", lambda: _said(view.w.source_of(code))))


def _said(sources: Sequence[tuple[str, str, str, Any]]) -> str:
    dates = sorted(str(date)[:10] for *_, date in sources if date)
    return fmt.few([title for _, title, _, _ in sources], what="个数据模块") + (f"，{dates[0]}" if dates else "")
