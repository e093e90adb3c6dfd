"""One view being drawn: who reads, where he is, and the figures that several panels share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dashboard.views.page import Layer, Page
from dashboard.views.place import Place
from dashboard.warehouse.types import Area, Figure, Unknown


def only_to(ind: Any) -> str:
    """In words, the lowest level at which an indicator holds."""
    return f"只统计到{LEVELS[max(ind.levels)]}"


def counts(desk: Any) -> dict[str, int]:
    """What waits for the reader, as the application says; nothing where a view is drawn without one."""
    return {} if desk is None else dict(desk.counts())


LEVELS = {1: "区", 2: "街道", 3: "社区"}


@dataclass(eq=False)
class View:
    """Passed to every panel. ``w`` is the reader's Warehouse, ``ident`` the id of a detail page (else empty).

    ``desk`` is what pages that are ``live`` may ask besides: the services of this request, with the reader's account and the ledger.
    """

    w: Any
    place: Place
    page: Page
    area: Area
    month: str
    ident: str = ""
    geo_url: Callable[[int], str] = "/geo/{}.json".format
    desk: Any = None

    @property
    def waiting(self) -> dict[str, int]:
        """What waits for the reader, by the path of the page where it is done."""
        return counts(self.desk)

    @cached_property
    def path(self) -> list[Area]:
        """The areas from the reader's root down to here."""
        return list(self.w.path(self.area.code))

    @cached_property
    def children(self) -> list[Area]:
        """The areas of the next level."""
        return list(self.w.children(self.area.code))

    @cached_property
    def stage(self) -> Area:
        """The area whose children the map and the ranking show: here, or for a community the street above it, if the reader sees it."""
        if self.children or len(self.path) < 2:
            return self.area
        return self.path[-2]

    @cached_property
    def layer(self) -> Layer | None:
        """The map layer asked for, or the page's first whose figure holds here: budgets, for one, end at the street."""
        layers = [layer for layer in self.page.layout.layers if layer.kind != "area" or self.knows(layer.key)]
        wanted = self.place.get("layer")
        if self.page.layout.asked:
            return next((layer for layer in layers if layer.key == wanted), None)
        here = (layer for layer in layers if layer.kind != "area" or self.area.level in self.ind(layer.key).levels)
        return next((layer for layer in layers if layer.key == wanted), None) or next(here, layers[0] if layers else None)

    @cached_property
    def focus(self) -> str:
        """The indicator that map, ranking and trend are about: the layer's, or the page's own."""
        layer = self.layer
        if layer and layer.kind == "area":
            return layer.key
        if self.page.layout.asked:
            return ""
        return self.page.layout.ranking if self.page.layout.ranking and self.knows(self.page.layout.ranking) else ""

    def knows(self, code: str) -> bool:
        """Whether the running version declares an indicator."""
        try:
            return self.w.indicator(code) is not None
        except Unknown:
            return False

    def ind(self, code: str) -> Any:
        """The declaration of an indicator."""
        return self.w.indicator(code)

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """The figures of the strip and of the focus, here and now."""
        codes = tuple(dict.fromkeys((*self.page.layout.strip, *([self.focus] if self.focus else []))))
        return dict(self.w.figures([c for c in codes if self.knows(c)], self.area.code, self.month))

    @cached_property
    def by_child(self) -> list[tuple[Area, Figure]]:
        """The focus indicator of each area on the stage; empty where there is none below."""
        return list(self.w.by_child(self.focus, self.stage.code, self.month)) if self.focus and self.stage_children else []

    @property
    def counted_below(self) -> bool:
        """Whether the focus indicator holds for the areas on the stage: a street's budget, for one, is not divided among its communities."""
        return not self.focus or not self.stage_children or self.stage_children[0].level in self.ind(self.focus).levels

    @property
    def counted_to(self) -> str:
        """In words, the lowest level at which the focus indicator holds; '' where it holds on the stage."""
        return "" if self.counted_below else f"本指标{only_to(self.ind(self.focus))}"

    def upwards(self, said: str) -> str:
        """``said`` for whoever can go up from here; nothing for a reader who has no area above."""
        return said if len(self.path) > 1 else ""

    @cached_property
    def stage_children(self) -> list[Area]:
        """The areas drawn on the map."""
        return self.children if self.stage is self.area else list(self.w.children(self.stage.code))

    @cached_property
    def providers(self) -> list[dict[str, Any]]:
        """Providers of this area in this month."""
        return list(self.w.providers(self.area.code, self.month))

    @property
    def scope(self) -> Any:
        """What the reader may do (``scope.may("export")``); for links and buttons: the routes check for themselves."""
        return self.w.scope

    def sources(self, codes: Iterable[str]) -> list[tuple[str, str, str, Any]]:
        """Modules behind the indicators, each once: (module, title, owner, data date)."""
        found: dict[str, tuple[str, str, str, Any]] = {}
        for code in codes:
            if self.knows(code):
                for source in self.w.source_of(code):
                    found.setdefault(source[0], tuple(source))  # type: ignore[arg-type]
        return list(found.values())
