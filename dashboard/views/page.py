"""A page says what is on it, and nothing else; this module holds what can be said and finds the pages that say it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from dashboard.access.rights import known
from dashboard.format import Mark

if TYPE_CHECKING:
    from dashboard.views.context import View
    from dashboard.views.details import Detailed
    from dashboard.views.h import Node
    from etl.indicators import Indicator

Panel = Callable[["View"], "Node"]
"""From a view to one panel of it; None where there is nothing to show."""


Spots = Callable[["View"], "list[tuple[dict[str, Any], Mark, str]]"]
"""From a view to the providers that a layer marks: the provider's row, its mark, and the rest of its label."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One way to look at the map. ``key`` stands in the URL; ``title`` is the button's text, empty for the indicator's own label.

    Kind ``spots`` marks providers as ``spots`` says, with ``legend`` beside the map.
    """

    key: str
    kind: Literal["area", "stars", "exits", "spots"]
    title: str = ""
    spots: Spots | None = None
    legend: tuple[Mark, ...] = ()


def code_of(indicator: Indicator | str) -> str:
    """The code of a declaration; a code is its own."""
    return indicator if isinstance(indicator, str) else indicator.code


def by_area(indicator: Indicator | str, title: str = "") -> Layer:
    """Areas coloured by an indicator."""
    return Layer(code_of(indicator), "area", title)


provider_stars = Layer("stars", "stars", "单位星级")
exit_states = Layer("exits", "exits", "退出状态")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a page shows: a strip of figures, the map's layers, ranking and trend beside it, then panels across the page.

    ``strip``, ``ranking`` and ``trend`` are indicator codes.  ``attention`` is the small panel under the trend; ``below`` follow the map.
    ``sheets`` names the tables offered for download, as table name → title.  ``asked``: there is no map until a layer is asked for; the page's own
    table leads to the layers, and no switch stands over the map.
    """

    strip: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()
    ranking: str = ""
    trend: str = ""
    attention: Panel | None = None
    below: tuple[Panel, ...] = ()
    sheets: Mapping[str, str] = field(default_factory=dict)
    asked: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        """Every indicator the page names."""
        named = (*self.strip, self.ranking, self.trend, *(layer.key for layer in self.layers if layer.kind == "area"))
        return tuple(dict.fromkeys(code for code in named if code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A registered page. ``detail`` is what stands at ``path/<id>``; ``right`` is what a reader needs to open it (``access.rights``).

    ``parent`` is the path of the subject that a page belongs to: it is reached from there and has no place of its own in the navigation.
    ``live``: what it shows depends on the ledger, the clock or the very account, so that no answer is kept.
    """

    module: str
    path: str
    title: str
    order: int
    layout: Subject
    detail: Detailed | None = None
    right: str = "figures"
    parent: str = ""
    live: bool = False

    @property
    def key(self) -> str:
        """The page's name in download addresses: ``overview``, ``caregivers``, …"""
        return self.path.strip("/").partition("/")[0] or "overview"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A page outside the subjects, drawn by a route of its own (``views.desk``): accounts, the audit trail. ``right`` opens it."""

    path: str
    title: str
    right: str
    order: int
    parent: str = ""


_pages: dict[str, Page] = {}
_desks: dict[str, Desk] = {}


def subject(
    *,
    strip: Sequence[Indicator | str] = (),
    layers: Sequence[Layer] = (),
    ranking: Indicator | str = "",
    trend: Indicator | str | None = "",
    attention: Panel | None = None,
    below: Sequence[Panel] = (),
    sheets: Mapping[str, str] | None = None,
    asked: bool = False,
) -> Subject:
    """The layout of a subject page; ranking and trend default to the first area layer's indicator, None stands for no trend."""
    first = next((layer.key for layer in layers if layer.kind == "area"), "")
    return Subject(
        strip=tuple(map(code_of, strip)), layers=tuple(layers), ranking=code_of(ranking) or first, trend="" if trend is None else code_of(trend) or first, attention=attention,
        below=tuple(below), sheets=MappingProxyType(dict(sheets or {})), asked=asked,
    )  # fmt: skip


def register_page(
    module: str,
    *,
    path: str,
    title: str,
    layout: Subject,
    order: int = 100,
    detail: Detailed | None = None,
    right: str = "figures",
    parent: str = "",
    live: bool = False,
) -> None:
    """Called once by each file of ``pages/``; a path taken by another file is an error."""
    taken = _pages.get(path)
    if taken and taken.module != module:
        raise ValueError(f"{module} and {taken.module} both register {path}")
    _pages[path] = Page(module=module, path=path, title=title, order=order, layout=layout, detail=detail, right=known(right),
                        parent=parent, live=live)  # fmt: skip


def register_desk(path: str, title: str, right: str, order: int = 200, parent: str = "") -> None:
    """Give a page outside the subjects its place in the navigation; its route declares the same right."""
    _desks[path] = Desk(path=path, title=title, right=known(right), order=order, parent=parent)


def desks() -> list[Desk]:
    """The pages outside the subjects, in the order of the navigation."""
    return sorted(_desks.values(), key=lambda d: (d.order, d.path))


@cache
def registry() -> Mapping[str, Page]:
    """All pages by path in the order of the navigation, found by walking ``pages/``."""
    package = importlib.import_module("pages")  # by name: pages stand above views and import them

    for info in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{info.name}")
    return MappingProxyType(dict(sorted(_pages.items(), key=lambda item: (item[1].order, item[0]))))


def find(path: str) -> tuple[Page, str] | None:
    """The page at a path and the id behind it, if the path is that of a detail; None for no such page."""
    pages = registry()
    if path in pages:
        return pages[path], ""
    head, _, ident = path.rpartition("/")
    page = pages.get(head)
    return (page, ident) if page and page.detail and ident else None
