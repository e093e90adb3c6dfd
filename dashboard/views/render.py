"""From an address to a whole view: the slots of the shell, as plain dicts. No framework, no request: a function of reader and URL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog

from dashboard.views import figures, frame, maps, marks, person, ranking, trend
from dashboard.views.context import View, counts
from dashboard.views.drawer import drawer, record
from dashboard.views.page import Layer, find
from dashboard.views.place import Place
from dashboard.warehouse.types import Expired, Unknown

SLOTS = ("stamp", "as-of", "rail", "bar", "strip", "map-head", "legend", "side", "trend-head", "attention", "caption", "below", "over")
"""Slots that hold components. Beside them a view answers ``map`` (data of the map), ``trend`` (a chart's figure) with ``trend-alt``,
``kind`` (class of the page, with ``failed`` where it must not be kept) and ``title``."""

log = structlog.get_logger(__name__)


def render(
    w: Any, pathname: Any, search: Any, geo_url: Callable[[int], str], then: Callable[[str], Any] | None = None, desk: Any = None
) -> dict[str, Any]:
    """One view for one reader. Never raises for what an address may hold: unknown and forbidden give the same page.

    ``then`` gives the reader's warehouse over the snapshot of an earlier run, which an address may ask for with ``as_of``.
    """
    place = Place.parse(pathname, search)
    try:
        at = w
        if place.get("as_of"):
            if then is None:
                raise Unknown("snapshot")
            at = then(place.get("as_of"))
        return _render(at, place, geo_url, desk)
    except Expired:
        return _plain(w, frame.expired(place.url(as_of=None)), "快照已不保留", "", desk)
    except Unknown:
        page = find(place.path)  # what is not there today may be there in a minute, where the ledger says what there is
        return _plain(w, frame.missing("/"), "没有找到", "live" if page and page[0].live and w.scope.may(page[0].right) else "", desk)
    except Exception as error:
        # Neither the address nor the error's words: both may hold a person's number. The lines it came from are enough.
        log.error("view_failed", error=type(error).__name__, exc_info=error)
        return _plain(w, frame.trouble("/"), "暂时无法显示", "failed", desk)


def _render(w: Any, place: Place, geo_url: Callable[[int], str], desk: Any) -> dict[str, Any]:
    found = find(place.path)
    if found is None:
        raise Unknown("page")
    page, ident = found
    if not w.scope.may(page.right):
        raise Unknown("page")
    root, latest = w.root, w.latest_month
    area, month = w.area(place.get("area") or root.code), place.get("month") or latest
    if month not in w.months:
        raise Unknown("month")
    home = {"area": root.code, "month": latest}
    place = replace(place, params={**place.params, "area": area.code, "month": month}, home=home)
    view = View(w, place, page, area, month, ident, geo_url, desk)
    rail = frame.rail(frame.pages_for(w.scope), place, page.path, counts(desk))
    return _detail(view, rail) if ident else _subject(view, rail)


def _subject(view: View, rail: Any) -> dict[str, Any]:
    layout = view.page.layout
    mapped = view.layer is not None
    course = trend.draw(view) if mapped and layout.trend else None
    return {
        "stamp": frame.stamp(view.w.snapshot),
        "as-of": frame.as_of(view),
        "rail": rail,
        "bar": frame.bar(view),
        "strip": figures.strip(view),
        "map-head": maps.head(view),
        "map": maps.data(view) if mapped else None,
        "legend": maps.legend(view),
        "side": ranking.panel(view) if mapped else None,
        **_trend(course),
        "attention": layout.attention(view) if mapped and layout.attention else None,
        "caption": frame.caption(view) if mapped else None,
        "below": [node for node in (panel(view) for panel in layout.below) if node],
        "over": _over(view),
        "kind": f"page {view.page.key} {'mapped' if mapped else 'unmapped'}{'' if layout.trend else ' trendless'}{_live(view)}",
        "title": f"{view.page.title} · {view.area.name} · 颐观",
    }


def _detail(view: View, rail: Any) -> dict[str, Any]:
    detail = view.page.detail
    if detail is None:
        raise Unknown("detail")
    at = View(view.w, view.place, view.page, view.w.area(detail.area(view)), view.month, view.ident, view.geo_url, view.desk)
    at.layer = Layer("stars", "stars")
    drawn = detail.draw(at)
    painted = drawn.map
    if painted is None:
        painted = maps.data(at)
        painted["points"] = [[*point, f"/{drawn.marked or view.ident}" in point[6]] for point in painted["points"]]
    return {
        "stamp": frame.stamp(view.w.snapshot),
        "as-of": frame.as_of(at),
        "rail": rail,
        "bar": frame.bar(at, drawn.name),
        "strip": drawn.head,
        "map-head": drawn.map_head or maps.detail_head(at),
        "map": painted,
        "legend": drawn.legend or marks.star_legend(),
        "side": [node for node in drawn.side if node],
        **_trend(None),
        "attention": None,
        "caption": None,
        "below": [node for node in drawn.below if node],
        "over": _over(at),
        "kind": f"page {view.page.key} mapped detail{_live(view)}",
        "title": f"{drawn.name} · 颐观",
    }


def _live(view: View) -> str:
    return " live" if view.page.live else ""


def _trend(course: trend.Trend | None) -> dict[str, Any]:
    if course is None:
        return {"trend-head": None, "trend": None, "trend-alt": ""}
    return {"trend-head": course.head, "trend": course.figure, "trend-alt": course.alt}


def _over(view: View) -> Any:
    if view.place.get("rec") and view.ident:
        return record(view)
    return person.panel(view) if view.place.get("one") and view.place.get("rows") else drawer(view)


def _plain(w: Any, body: Any, title: str, kind: str = "", desk: Any = None) -> dict[str, Any]:
    """A view without map and figures."""
    rail = frame.rail(frame.pages_for(w.scope), Place(), "", counts(desk)) if w is not None else None
    empty = dict.fromkeys(SLOTS)
    return {
        **empty,
        "stamp": frame.stamp(w.snapshot) if w is not None else None,
        "rail": rail,
        "below": [body],
        "map": None,
        "trend": None,
        "trend-alt": "",
        "kind": f"page plain unmapped {kind}".strip(),
        "title": f"{title} · 颐观",
    }
