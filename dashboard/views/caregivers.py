"""Panels of the caregivers page: certificates by level, what expires, and every provider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.attention import bar
from dashboard.views.context import View
from dashboard.views.h import Node, h
from dashboard.views.page import Panel, code_of
from dashboard.views.tables import Col, arranged, empty, panel, table
from etl.indicators import Indicator

_HALF = 5
"""More figures than this beside each other need the page's whole width."""


def by_level(levels: Sequence[Indicator | str], everyone: Indicator | str) -> Panel:
    """Caregivers by highest valid certificate, level five to one and none, as shares of ``everyone``."""
    codes, whole = [code_of(i) for i in levels], code_of(everyone)

    def draw(view: View) -> Node:
        known = [c for c in codes if view.knows(c)]
        if not known or not view.knows(whole):
            return None
        figures = view.w.figures([*known, whole], view.area.code, view.month)
        staff = figures[whole].value or 0
        rows = []
        for code in known:
            figure, ind = figures[code], view.ind(code)
            count = figure.part
            share = (count or 0) / staff * 100 if staff else None
            rows.append(h(
                "li", h("span", ind.label, cls="name"), bar(share or 0),
                h("a", fmt.fmt_number(count), href=view.place.rows(code), cls="num", aria_label=f"{ind.name} {fmt.fmt_number(count)} 人"),
                h("span", fmt.fmt_share(count, staff), cls="num share"),
            ))  # fmt: skip
        note = f"在岗 {fmt.fmt_number(staff)} 人，按最高有效证书"
        return panel(view, "持证等级", h("ul", rows, cls="bars wide"), note=note, sheet="levels", cls="half")

    return draw


def by_street(*indicators: Indicator | str, sheet: str = "areas") -> Panel:
    """Several figures for each area of the next level."""

    def draw(view: View) -> Node:
        known = [c for c in map(code_of, indicators) if view.knows(c)]
        if not view.stage_children or not known:
            return None
        found = view.w.by_child_many(known, view.stage.code, view.month)
        below = "街道" if view.stage.level == 1 else "社区"
        cols = [Col(below)] + [Col(f"{view.ind(c).label}（{view.ind(c).unit}）", "n", note=view.ind(c).definition) for c in known]
        rows = [
            [h("a", a.name, href=view.place.url(area=a.code, rows=None))]
            + [fmt.fmt_value(view.ind(c), found[a.code][c], unit=False) for c in known]
            for a in view.stage_children
        ]
        own = view.w.figures(known, view.stage.code, view.month)
        foot = [view.stage.name, *(fmt.fmt_value(view.ind(c), own[c], unit=False) for c in known)]
        codes, width = known if sheet == "areas" else (), "half" if len(known) <= _HALF else "full"
        return panel(view, f"按{below}", table(cols, rows, caption=f"按{below}", foot=foot), sheet=sheet, codes=codes, cls=width)

    return draw


def by_provider(*indicators: Indicator | str, title: str = "按服务单位") -> Panel:
    """Every provider of the area with its figures and star, sortable by each."""

    def draw(view: View) -> Node:
        known = [c for c in map(code_of, indicators) if view.knows(c)]
        rows = [r for r in view.w.by_provider(known, view.area.code, view.month) if any(_of(r, c) is not None for c in known)]
        if not rows:
            return panel(view, title, empty("本区域本月没有可列的单位。" + view.upwards("可返回上级区域查看。")))
        keys: dict[str, Any] = {"name": lambda r: r["name"], "star": lambda r: r.get("star"), "street": lambda r: r.get("street")}
        keys.update({c: (lambda r, c=c: _of(r, c)) for c in known})
        worst = ("-" if view.ind(known[0]).better == "lower" else "") + known[0]  # known is not empty: rows have one of them
        rows = arranged(rows, view.place.get("sort"), keys, worst)
        cols = [Col("单位", sort="name"), Col("类型"), Col("街道", sort="street"), Col("社区")]
        for c in known:
            ind = view.ind(c)
            cols.append(Col(f"{ind.label}（{ind.unit}）" if ind.unit else ind.label, "n", c, ind.definition))
        cols += [Col("星级", sort="star")]
        body = []
        details = view.place.subjects("/providers")
        shown = [(c, view.ind(c), view.place.rows_by_provider(c)) for c in known]
        for r in rows:
            ident = r["provider_id"]
            cells: list[Node] = [h("a", r["name"], href=details(ident)), r.get("kind"), r.get("street"), r.get("community")]
            for c, ind, address in shown:
                figure = r[c]
                text = fmt.fmt_value(ind, figure, unit=False)
                cells.append(text if figure.value is None else h("a", text, href=address(ident)))
            body.append([*cells, marks.star(r.get("star"))])
        return panel(
            view,
            title,
            table(cols, body, caption=title, view=view, cls="tall"),
            note=f"{len(rows)} 家",
            sheet="providers",
            cls="full",
        )

    return draw


def _of(row: dict[str, Any], code: str) -> Any:
    return getattr(row.get(code), "value", None)
